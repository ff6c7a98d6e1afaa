"""The repository's address: `_config.yml` holds it, and all other files agree with it.

    python3 -m tools.repository https://github.com/me/my-course      # make set-repository URL=…

This changes every file that names the address, and nothing else in them. It runs with the system's Python,
before anything is installed, so it uses the standard library only.
"""

import pathlib
import re
import shutil
import sys
import urllib.parse

from recdl.files import replacing
from tools import ROOT
from tools.command import command

CONFIG = "_config.yml"
PLACES = (  # where the address may stand; a unit test proves that it stands nowhere else
    "*.md",
    "*.cff",
    "book/**/*.md",
    "book/**/*.ipynb",
    ".github/**/*.yml",
    CONFIG,  # the last: until it is changed, an interrupted change can be repeated
)
ADDRESS = re.compile(r"https://[\w.-]+(:\d+)?(/[\w-][\w.-]*){2,}", flags=re.ASCII)


def address(root: pathlib.Path = ROOT) -> str:
    """Return the address that `_config.yml` holds."""
    text = (root / CONFIG).read_text(encoding="utf-8")
    found = re.search(r"^repository:\n(?:  .*\n)*?  url: (\S+)$", text, flags=re.M)
    if not found:
        sys.exit("_config.yml has no `url:` under `repository:`. Write it there.")
    return found[1]


def valid(url: str) -> str:
    """Return a repository's address without what people copy with it; stop with a sentence if it is none."""
    short = url.strip().removesuffix("/").removesuffix(".git")
    if not ADDRESS.fullmatch(short):
        sys.exit(
            f"{url or 'Nothing'} is not the address of a repository. Type it as the browser shows it:\n"
            "    make set-repository URL=https://github.com/owner/name"
        )
    return short


def files(root: pathlib.Path = ROOT) -> list[pathlib.Path]:
    """Return the files in which the address may stand, `_config.yml` last."""
    return [path for place in PLACES for path in sorted(root.glob(place))]


def replaced(content: bytes, old: str, new: str) -> bytes:
    """Return a file's content with the new address; a longer one that begins with the old one stays."""
    ends = rb"(?![\w-]|\.(?!git\b)\w)"  # the end of a sentence, or .git, may follow
    return re.sub(re.escape(old.encode()) + ends, lambda _: new.encode(), content)


def change(new: str, root: pathlib.Path = ROOT) -> list[str]:
    """Write the new address in place of the old one, and return the names of the files that changed."""
    old, changed = address(root), []
    for path in files(root):
        before = path.read_bytes()
        after = replaced(before, old, new)
        if after != before:
            with replacing(path) as unfinished:
                unfinished.write_bytes(after)
                shutil.copymode(path, unfinished)
            changed.append(path.relative_to(root).as_posix())
    return changed


def fit(config: dict):
    """Adapt the book's configuration to the repository's host: its buttons lead there, or are left out."""
    host = urllib.parse.urlsplit(config["repository"]["url"]).hostname
    if host != "github.com":
        config["launch_buttons"].pop("colab_url", None)  # Colab opens GitHub alone
    if host not in ("github.com", "gitlab.com"):  # the theme writes Binder a wrong link
        config["launch_buttons"].pop("binderhub_url", None)
    # The theme wants to know whose paths the links have. Other hosts than these two mostly have GitHub's.
    provider = "gitlab" if "gitlab" in host else "github"
    config["sphinx"]["config"]["html_theme_options"]["repository_provider"] = provider


@command({"url": {"nargs": "*", "help": "the new address"}})
def main(root: pathlib.Path, url: list[str]):
    """Change the address of the repository, everywhere."""
    new = valid(" ".join(url))
    changed = change(new, root)
    if not changed:
        print(f"The address is {new} already.")
        return
    print(f"{new} now stands in {len(changed)} files: {', '.join(changed)}.")
    print(
        "No result depends on it: the next make book makes the pages anew, and executes nothing."
    )


if __name__ == "__main__":
    main()
