"""One archive for a classroom without network: the book, its slides, student notebooks, and the packages.

    python -m tools.bundle                                  # for this platform and this Python
    python -m tools.bundle win_amd64 macosx_12_0_arm64      # for these platforms, too
    python -m tools.bundle --wheels                         # only fetch the wheels of the whole lock

The archive appears in _build, whole or not at all. MovieLens is never inside: the lecturer fetches it, and
``course.py`` in the archive (which is ``classroom.py`` here) verifies and places it.
"""

import argparse
import email
import importlib.metadata
import json
import os
import re
import shutil
import string
import subprocess
import sys
import sysconfig
import tempfile
import tomllib
import zipfile
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

from tools import classroom, editions, run
from tools.book import HTML
from tools.environment import LOCK, alone

WHEELS = run.BUILD / "wheels"
START = Path(__file__).with_name("start_here.html")
NATIVE = sysconfig.get_platform().replace("-", "_").replace(".", "_")
PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"
SYSTEMS = {
    "win": {"sys_platform": "win32", "os_name": "nt", "platform_system": "Windows"},
    "macosx": {
        "sys_platform": "darwin",
        "os_name": "posix",
        "platform_system": "Darwin",
    },
    "manylinux": {
        "sys_platform": "linux",
        "os_name": "posix",
        "platform_system": "Linux",
    },
}
# What a student needs; the tools that make the book stay at home. pip, because Debian's Python has none.
ROOTS = [("recdl", "train"), ("recdl", ""), ("jupyterlab", ""), ("pip", "")]
# A rating in u.data, RecBole's and the course's files: user, film, 1 to 5, and a second of 1997 or 1998.
RATING = re.compile(rb"\d[\t,]\d{1,4}[\t,][1-5](?:\.0)?[\t,]8[789]\d{7}\b")
SHOWN = 100  # ratings that a page may show


def version() -> str:
    """Return the version of the course."""
    text = (run.ROOT / "pyproject.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)["project"]["version"]


# What a platform needs


def environments(platform: str) -> list[dict[str, str]]:
    """Return the values of the lock's conditions on a platform: for the first and the last Python 3.x.y."""
    found = default_environment() | {"python_version": PYTHON}
    if platform != NATIVE:
        match = re.fullmatch(r"(win|macosx|manylinux)[\d_]*?_(\D\w*)", platform)
        if not match:
            sys.exit(
                f"{platform} is no platform that pip knows. Examples: win_amd64, macosx_12_0_arm64, "
                "manylinux_2_28_x86_64"
            )
        machine = match[2].upper() if match[1] == "win" else match[2]
        found |= SYSTEMS[match[1]] | {"platform_machine": machine}
    return [found | {"python_full_version": f"{PYTHON}.{last}"} for last in (0, 99)]


def pins(environment: dict[str, str]) -> dict[str, str]:
    """Return the packages that the lock names for these conditions, with their versions, and pip."""
    found = {"pip": importlib.metadata.version("pip")}
    for line in LOCK.read_text(encoding="utf-8").splitlines():
        if re.match(r"\w", line):
            requirement = Requirement(line)
            if not requirement.marker or requirement.marker.evaluate(environment):
                name = canonicalize_name(requirement.name)
                found[name] = str(requirement.specifier).removeprefix("==")
    return found


def wheels_in(folder: Path) -> dict[tuple[str, str], Path]:
    """Return the wheels of a folder by name and version."""
    paths = sorted(folder.glob("*.whl"))
    parsed = [parse_wheel_filename(path.name) for path in paths]
    keys = [(name, str(release)) for name, release, *_ in parsed]
    return dict(zip(keys, paths, strict=True))


def requirements(wheel: Path) -> list[Requirement]:
    """Return what a wheel says that it needs."""
    with zipfile.ZipFile(wheel) as content:
        names = content.namelist()  # some hold other packages' metadata further down
        [name] = [n for n in names if re.fullmatch(r"[^/]+\.dist-info/METADATA", n)]
        metadata = email.message_from_bytes(content.read(name))
    return [Requirement(text) for text in metadata.get_all("Requires-Dist", [])]


def needed(
    wheels: dict[tuple[str, str], Path], environment: dict[str, str]
) -> tuple[set[Path], dict[str, str]]:
    """Follow what the wheels need, from `ROOTS` on.

    Returns
    -------
    set of Path, dict
        The wheels; and the names and versions of what is needed and not among them.
    """
    versions = pins(environment) | {"recdl": version()}
    found, missing, done, waiting = set(), {}, set(), list(ROOTS)
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in done:
            continue
        done.add((name, extra))
        wheel = wheels.get((name, versions[name]))
        if not wheel:
            missing[name] = versions[name]
            continue
        found.add(wheel)
        for wanted in requirements(wheel):
            marker = wanted.marker
            if not marker or marker.evaluate(environment | {"extra": extra}):
                dependency = canonicalize_name(wanted.name)
                waiting += [(dependency, e) for e in ("", *wanted.extras)]
    return found, missing


# Fetching


class NoWheel(Exception):  # noqa: N818 - the name says what happened
    """A package has no wheel for a platform."""


def folder_for(platform: str) -> Path:
    """Return where the wheels for a platform lie, which may be nowhere yet."""
    return WHEELS / f"python{PYTHON}-{platform}"


def download(packages: dict[str, str], platform: str, python: str):
    """Let pip fetch the wheels of these packages, and of nothing that they need."""
    folder, output, count = folder_for(platform), [], 0
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download"]
    command += ["--no-deps", "--only-binary=:all:", "--progress-bar=off"]
    command += [f"--python-version={python}", f"--dest={folder}"]
    command += [] if platform == NATIVE else [f"--platform={platform}"]
    command += sorted("==".join(package) for package in packages.items())
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        for line in process.stdout:
            output.append(line)
            begins = line.startswith(("Collecting ", "Processing "))
            count += begins
            if begins and count % 25 == 0:
                run.tell(f"  about {count} of {len(packages)}")
    if process.returncode:
        absent = re.search(r"No matching distribution found for (\S+)", output[-1])
        if absent:
            raise NoWheel(absent[1])
        run.tell("".join(output[-20:]))
        sys.exit("pip could not fetch the wheels; its last lines stand above.")


def fetch_all() -> Path:
    """Fetch the wheels of the whole lock for this platform, and return their folder."""
    run.tell(f"Fetching the wheels of the lock for Python {PYTHON} on {NATIVE} …")
    folder, wanted = folder_for(NATIVE), set()
    for environment in environments(NATIVE):
        packages = set(pins(environment).items()) - wanted
        download(dict(packages), NATIVE, environment["python_full_version"])
        wanted |= packages
    for key, path in wheels_in(folder).items():
        if key not in wanted:  # of an older lock
            path.unlink()
    return folder


def fetch_needed(platform: str) -> set[Path]:
    """Fetch what a student needs on a platform, and return the wheels."""
    run.tell(f"Fetching the wheels for Python {PYTHON} on {platform} …")
    folder, all_found = folder_for(platform), set()
    folder.mkdir(parents=True, exist_ok=True)
    own_wheel(folder)
    for environment in environments(platform):
        found, missing = needed(wheels_in(folder), environment)
        while missing:  # what a wheel needs is known when it is there
            run.tell(f"  {len(found)} here, {len(missing)} to fetch")
            download(missing, platform, environment["python_full_version"])
            found, missing = needed(wheels_in(folder), environment)
        all_found |= found
    size = sum(path.stat().st_size for path in all_found) / 1e6
    run.tell(f"  {len(all_found)} wheels, {size:.0f} MB")
    return all_found


def own_wheel(folder: Path):
    """Build this package's wheel into a folder, from a copy, so that the sources stay as they are."""
    with tempfile.TemporaryDirectory(prefix="recdl-") as copy:
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(run.ROOT / name, copy)
        ignore = shutil.ignore_patterns("*.egg-info", "__pycache__")
        shutil.copytree(run.ROOT / "src", Path(copy, "src"), ignore=ignore)
        command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel"]
        command += ["--no-deps", "--no-index", "--no-build-isolation", copy]
        done = subprocess.run(
            [*command, f"--wheel-dir={folder}"],
            env=os.environ
            | {"SOURCE_DATE_EPOCH": "315532800"},  # 1980, as in the archive
            capture_output=True,
            text=True,
        )
    if done.returncode:
        sys.exit(f"pip could not build this package's wheel:\n{done.stderr[-2000:]}")


# Packing


def notebooks() -> dict[str, bytes]:
    """Return the student notebooks without any output, by file name."""
    found = {}
    for notebook in run.notebooks():
        content = editions.student(notebook.content())
        for cell in content["cells"]:
            if cell["cell_type"] == "code":
                cell["outputs"], cell["execution_count"] = [], None
        text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
        found[notebook.path.name] = text.encode()
    return found


def members(
    html: Path, wheels: set[Path], offers: list[str]
) -> dict[str, Path | bytes]:
    """Return what goes into the archive, by name: a file, or a content."""
    texts = {"version": version(), "offers": " and ".join(offers)}
    page = string.Template(START.read_text(encoding="utf-8")).substitute(texts)
    found = {
        "START-HERE.html": page.encode(),
        "course.py": Path(classroom.__file__),
        "LICENSE": run.ROOT / "LICENSE",
        "wheels/lock.txt": LOCK,
    }
    found |= {f"notebooks/{name}": content for name, content in notebooks().items()}
    for path in html.rglob("*"):
        if path.is_file() and not path.name.startswith("."):
            found[f"book/{path.relative_to(html).as_posix()}"] = path
    return found | {f"wheels/{path.name}": path for path in wheels}


def refuse_ratings(name: str, content: bytes):
    """Stop if a member of the archive holds more ratings of MovieLens than a page shows."""
    if len(RATING.findall(content)) > SHOWN:
        sys.exit(
            f"{name} holds ratings of MovieLens, which may not be passed on. No archive was made."
        )


def pack(content: dict[str, Path | bytes], target: Path):
    """Write the archive, whole or not at all; the same content gives the same bytes."""
    unfinished = target.with_suffix(".unfinished")
    try:
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, source in sorted(content.items()):
                member = zipfile.ZipInfo(f"{target.stem}/{name}")  # of 1980
                member.external_attr = 0o100644 << 16
                if name.endswith(".whl"):  # compressed already, and as it was published
                    with (
                        open(source, "rb") as file,
                        archive.open(member, "w") as packed,
                    ):
                        shutil.copyfileobj(file, packed, 1 << 20)
                else:
                    data = source if isinstance(source, bytes) else source.read_bytes()
                    refuse_ratings(name, data)
                    archive.writestr(member, data, zipfile.ZIP_DEFLATED)
        os.replace(unfinished, target)
    finally:
        unfinished.unlink(missing_ok=True)


def bundle(platforms: list[str]) -> Path:
    """Make the archive for this platform and, where all wheels exist, for others; return its path."""
    if not (HTML / "index.html").exists():
        sys.exit("There is no built book in _build/html. Run: make book")
    wheels, offers = set(), []
    for platform in dict.fromkeys([NATIVE, *platforms]):
        try:
            found = fetch_needed(platform)
        except NoWheel as error:
            if platform == NATIVE:
                raise
            run.tell(f"Without {platform}: there is no wheel of {error} for it.")
            continue
        names = {path.name for path in wheels}
        wheels |= {path for path in found if path.name not in names}
        offers.append(f"{platform} with Python {PYTHON}")
    target = run.BUILD / f"recdl-{version()}-bundle.zip"
    run.tell("Packing …")
    pack(members(HTML, wheels, offers), target)
    run.tell(f"_build/{target.name}: {target.stat().st_size / 1e6:.0f} MB")
    return target


def main():
    """Read the command line and do what it says."""
    parser = argparse.ArgumentParser(description="Make an archive for a classroom.")
    parser.add_argument(
        "platforms", nargs="*", help="other platforms, as pip names them"
    )
    parser.add_argument("--wheels", action="store_true", help="only fetch the wheels")
    arguments = parser.parse_args()
    try:
        with alone("run"):
            if arguments.wheels:
                print(fetch_all())
            else:
                bundle(arguments.platforms)
    except NoWheel as error:
        sys.exit(f"pip finds no wheel of {error}. Is there a network?")
    except KeyboardInterrupt:
        sys.exit("Interrupted. What is fetched is kept; the same command continues.")


if __name__ == "__main__":
    main()
