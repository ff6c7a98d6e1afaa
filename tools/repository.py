"""The repository's address: `_config.yml` holds it, and all other files agree with it.

    python3 -m tools.repository https://github.com/<owner>/<name>   # make set-repository URL=…
    python3 -m tools.repository             # of the clone in this folder, as `git remote get-url` says it
    python3 -m tools.repository none        # takes it out of all files

The course comes without one: whoever registers an invented name decides what its readers install. This
changes every file that names the address, and nothing else in them. It runs with the system's Python, before
anything is installed, so it uses the standard library only.
"""

import pathlib
import re
import shutil
import subprocess
import sys
import urllib.parse

from recdl.files import replacing
from tools import ROOT
from tools.command import command

CONFIG = "_config.yml"
RUN = "{0}/actions/workflows/weekly.yml"
PLACES = (  # files, what stands there without an address, and what with it
    ("README.md", "<!-- no badge -->", f"[![Weekly run]({RUN}/badge.svg)]({RUN})"),
    ("CITATION.cff", "# repository-code: none", "repository-code: {0}"),
    ("book/setup.md", "git clone <address> recdl", "git clone {0} recdl"),
    ("book/*.ipynb", r"SOURCE = \"\"", r"SOURCE = \"git+{0}\""),
    (CONFIG, '\n  url: ""', "\n  url: {0}"),  # the last, so that it tells what is done
)
TWO_PARTS = r"(?:github\.com|(?:codeberg|bitbucket)\.org)"  # owner and name; others have groups in groups
ADDRESS = re.compile(
    rf"https://(?!{TWO_PARTS}(?:/[^/]*){{3}})"
    r"[\w.-]+(:\d+)?(/(?!-(?:/|$))[\w-][\w.-]*){2,}",  # GitLab has a repository's pages below /-/
    flags=re.ASCII,
)
SECOND_NAME = re.compile(
    rf"(?<=^https://)(?:www|(?:alt)?ssh)\.(?={TWO_PARTS}/|gitlab\.com/)"
)
HOST = r"([\w-]+(?:\.[\w-]+)+)"  # with a dot: a name of ssh's own settings has none
SSH = re.compile(rf"(?:ssh://(?:[^/@]+@)?{HOST}(?::\d+)?|(?:[^/@:]+@)?{HOST}:)/?(.+)")
TYPE_IT = (
    "Type that of its first page, as the browser shows it:\n"
    "    make set-repository URL=https://github.com/<owner>/<name>"
)


def address(root: pathlib.Path = ROOT) -> str:
    """Return the address that `_config.yml` holds; an empty one while none is set."""
    text = (root / CONFIG).read_text(encoding="utf-8")
    found = re.search(r"^repository:\n(?:  .*\n)*?  url: (\S+)", text, flags=re.M)
    if not found:
        sys.exit("_config.yml has no `url:` under `repository:`. Write it there.")
    return found[1].strip("\"'")


def valid(url: str, whose: str = "") -> str:
    """Return a repository's address without what people copy with it; stop with a sentence if it is none."""
    short = url.strip().removesuffix("/").removesuffix(".git")
    short = re.sub("^https://[^/]*", lambda host: host[0].lower(), short, flags=re.I)
    short = SECOND_NAME.sub("", short)
    if not ADDRESS.fullmatch(short):
        sys.exit(f"{whose}{url} is not the address of a repository. {TYPE_IT}")
    return short


def of_clone(root: pathlib.Path = ROOT) -> str:
    """Return the address from which this folder was cloned, as a browser shows it; stop if there is none."""
    top = _git(root, "rev-parse", "--show-toplevel")
    if not top or pathlib.Path(top).resolve() != root.resolve():
        sys.exit(f"Which address? git knows of no clone in this folder. {TYPE_IT}")
    remotes = _git(root, "remote").split()
    if "origin" not in remotes and len(remotes) != 1:
        has = f"the remotes {', '.join(remotes)}, none of them origin"
        has = has if remotes else "no remote"
        sys.exit(f"Which address? This clone has {has}. {TYPE_IT}")
    name = "origin" if "origin" in remotes else remotes[0]
    url = _git(root, "remote", "get-url", name)
    url = re.sub(r"^(https?://)[^/]*@", r"\1", url)  # no name or password of anybody
    ssh = SSH.fullmatch(url)
    if ssh:
        url = f"https://{ssh[1] or ssh[2]}/{ssh[3]}"
    return valid(url, f"This clone's remote {name}, ")


def _git(root, *arguments):
    """Return what git says in a folder: nothing if it fails, or is not there."""
    command = ["git", "-C", str(root), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return "" if done.returncode else done.stdout.strip()


def files(root: pathlib.Path = ROOT) -> list[pathlib.Path]:
    """Return the files in which the address may stand, `_config.yml` last."""
    return [path for place, *_ in PLACES for path in sorted(root.glob(place))]


def text(without: str, having: str, url: str) -> str:
    """Return what stands in a place: the words with this address, or those without one."""
    alien = RUN in having and urllib.parse.urlsplit(url).hostname != "github.com"
    return having.format(url) if url and not alien else without


def places(root: pathlib.Path):
    """Yield each file that names the address, what stands there without and with one, and their pattern."""
    for place, without, having in PLACES:
        any_address = re.escape(having).replace(r"\{0\}", r'"?[^\s"\\<>()]*"?')
        pattern = re.compile(f"{re.escape(without)}|{any_address}".encode())
        for path in sorted(root.glob(place)):
            yield path, without, having, pattern


def change(new: str, root: pathlib.Path = ROOT) -> list[str]:
    """Write this address, or none, in all places; return the names of the files that changed."""
    address(root)  # stops while nothing has changed
    changed = []
    for path, without, having, pattern in places(root):
        name, now = path.relative_to(root).as_posix(), text(without, having, new)
        try:
            before = path.read_bytes()
            after, found = pattern.subn(lambda _, now=now: now.encode(), before)
            if not found:
                wanted = without.strip().replace("\\", "")
                print(
                    f"{name} has no place for the address. Write `{wanted}` there, and repeat the command."
                )
            elif after != before:
                with replacing(path) as unfinished:
                    unfinished.write_bytes(after)
                    shutil.copymode(path, unfinished)
                changed.append(name)
        except OSError as error:  # a folder that is read only, a full disk
            sys.exit(
                f"{name} could not be changed ({error.strerror}). Can you write into its folder, "
                f"{path.parent}, and has the disk room? Mend that, then repeat the command."
            )
    return changed


def fit(config: dict):
    """Adapt the book's configuration to the repository's host: its buttons lead there, or are left out."""
    url = config["repository"]["url"]
    if not url:
        del config["repository"], config["launch_buttons"]
        for name in [n for n in config["html"] if n.endswith("_button")]:
            del config["html"][name]
        return
    host = urllib.parse.urlsplit(valid(url, "In _config.yml, ")).hostname
    if host != "github.com":
        config["launch_buttons"].pop("colab_url", None)  # Colab opens GitHub alone
    if host not in ("github.com", "gitlab.com"):  # the theme writes Binder a wrong link
        config["launch_buttons"].pop("binderhub_url", None)
    # The theme wants to know whose paths the links have. Other hosts than these two mostly have GitHub's.
    provider = "gitlab" if "gitlab" in host else "github"
    config["sphinx"]["config"]["html_theme_options"]["repository_provider"] = provider


@command({"url": {"nargs": "*", "help": "the new address, or none"}})
def main(root: pathlib.Path, url: list[str]):
    """Change the address of the repository, everywhere; without one, take that of this clone."""
    said = " ".join(url).strip()
    new = "" if said == "none" else valid(said) if said else of_clone(root)
    changed = change(new, root)
    if not changed:
        print(f"The address is {new} already." if new else "No address is set.")
        return
    what = f"The address is {new} now" if new else "No address is set now"
    print(f"{what}. Changed are {len(changed)} files: {', '.join(changed)}.")
    print(
        "No result depends on it: the next make book makes the pages anew, and executes nothing."
    )


if __name__ == "__main__":
    main()
