"""One archive for a classroom without network: the book, its slides, student notebooks, and the packages.

    python -m tools.bundle                                  # for this platform and this Python
    python -m tools.bundle win_amd64 macosx_12_0_arm64      # for these platforms, too
    python -m tools.bundle --wheels                         # only fetch the wheels of the whole lock

The archive appears in _build, whole or not at all. MovieLens is never inside: the lecturer fetches it, and
``course.py`` in the archive (which is ``classroom.py`` here) verifies and places it.
"""

import importlib.metadata
import re
import shutil
import string
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from pathlib import Path

from packaging.utils import parse_wheel_filename

from recdl.files import replacing
from tools import cells, classroom, editions, films, packages
from tools.command import command, tell
from tools.project import Project

START = Path(__file__).with_name("start_here.html")
NATIVE = sysconfig.get_platform().replace("-", "_").replace(".", "_")
PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"
PATCHES = [
    f"{PYTHON}.0",
    f"{PYTHON}.99",
]  # the first and the last Python 3.x.y: the lock may tell them apart
SYSTEMS = {  # as uv calls what pip calls so
    "win": "pc-windows-msvc",
    "macosx": "apple-darwin",
    "manylinux": "unknown-linux-gnu",
}
PROCESSORS = {"amd64": "x86_64", "arm64": "aarch64"}
# A rating in u.data, RecBole's and the course's files: user, film, 1 to 5, and a second of 1997 or 1998.
RATING = re.compile(rb"\d[\t,]\d{1,4}[\t,][1-5](?:\.0)?[\t,]8[789]\d{7}\b")
SHOWN = 100  # ratings that a page may show


class NoWheel(Exception):  # noqa: N818 - the name says what happened
    """A package has no wheel for a platform."""


# What a platform needs


def target(platform: str) -> str:
    """Return how uv calls a platform that pip calls so."""
    found = re.fullmatch(r"(win|macosx|manylinux)[\d_]*?_(\D\w*)", platform)
    if not found:
        refuse(platform)
    return f"{PROCESSORS.get(found[2], found[2])}-{SYSTEMS[found[1]]}"


def refuse(platform: str):
    """Stop because a platform does not exist."""
    sys.exit(
        f"{platform} is no platform that pip knows. Examples: win_amd64, macosx_12_0_arm64, "
        "manylinux_2_28_x86_64"
    )


def resolved(project: Project, platform: str, python: str, *sources) -> set[str]:
    """Return what these sources, and pip, need on a platform, as ``name==version`` of the lock.

    If all the wheels are there already, they are not looked for elsewhere.
    """
    lines = f"jupyterlab\npip=={importlib.metadata.version('pip')}\n"
    asked = ["pip", "compile", "--quiet", "--no-header", "--no-annotate", *sources, "-"]
    asked += ["--only-binary=:all:", f"--constraint={project.lock}"]
    asked += [f"--python={sys.executable}", f"--python-version={python}"]
    asked += [] if platform == NATIVE else [f"--python-platform={target(platform)}"]
    macos = re.match(r"macosx_(\d+)_(\d+)", platform)
    variables = {"MACOSX_DEPLOYMENT_TARGET": ".".join(macos.groups())} if macos else {}
    options = {"input": lines, "env": variables, "capture_output": True}
    here = ["--no-index", f"--find-links={folder_for(project, platform)}"]
    for where in (here, []):
        done = packages.uv(*asked, *where, **options)
        if done.returncode == 0:
            return set(re.findall(r"^\w\S*==\S+", done.stdout, flags=re.M))
    if "--python-platform" in done.stderr:
        refuse(platform)
    absent = re.search(r"Because (\S+) has no (?:usable )?wheels", done.stderr)
    if absent:
        raise NoWheel(absent[1])
    packages.stop("uv did not find the packages. Is there a network?", done.stderr)


def wheels_in(folder: Path) -> dict[str, Path]:
    """Return the wheels of a folder by ``name==version``."""
    paths = sorted(folder.glob("*.whl"))
    parsed = [parse_wheel_filename(path.name) for path in paths]
    return {
        f"{name}=={release}": path
        for (name, release, *_), path in zip(parsed, paths, strict=True)
    }


# Fetching


def folder_for(project: Project, platform: str) -> Path:
    """Return where the wheels for a platform lie, which may be nowhere yet."""
    return project.build / "wheels" / f"python{PYTHON}-{platform}"


def download(folder: Path, wanted: set[str], platform: str, python: str):
    """Let pip fetch the wheels of these packages, and of nothing that they need."""
    options = ["--no-deps", "--only-binary=:all:", "--progress-bar=off"]
    options += [f"--python-version={python}", f"--dest={folder}"]
    options += [] if platform == NATIVE else [f"--platform={platform}"]
    try:
        packages.pip(
            sys.executable, "download", *options, *sorted(wanted), total=len(wanted)
        )
    except subprocess.CalledProcessError as error:
        absent = re.search(r"No matching distribution found for (\S+)", error.output)
        if absent:
            raise NoWheel(absent[1]) from None
        packages.stop(
            "pip could not fetch the wheels; its last lines stand above.", error.output
        )


def fetch(project: Project, platform: str, *sources) -> dict[str, Path]:
    """Fetch what these sources need on a platform, as far as it is not there; return the wheels."""
    folder, wanted = folder_for(project, platform), set()
    tell(f"Fetching the wheels for Python {PYTHON} on {platform} …")
    folder.mkdir(parents=True, exist_ok=True)
    for python in PATCHES:
        needed = resolved(project, platform, python, *sources)
        if missing := needed - set(wheels_in(folder)):
            download(folder, missing, platform, python)
        wanted |= needed
    found = {key: path for key, path in wheels_in(folder).items() if key in wanted}
    size = sum(path.stat().st_size for path in found.values()) / 1e6
    tell(f"  {len(found)} wheels, {size:.0f} MB")
    return found


def fetch_all(project: Project) -> Path:
    """Fetch the wheels of the whole lock for this platform, and return their folder."""
    found, folder = fetch(project, NATIVE, project.lock), folder_for(project, NATIVE)
    for path in set(folder.glob("*.whl")) - set(found.values()):  # of an older lock
        path.unlink()
    return folder


def fetch_needed(project: Project, platform: str) -> set[Path]:
    """Fetch what a student needs on a platform, without the tools that make the book; return the wheels."""
    train = ("--extra", "train", project.root / "pyproject.toml")
    return {*fetch(project, platform, *train).values(), own_wheel(project)}


def own_wheel(project: Project) -> Path:
    """Build this package's wheel, from a copy, so that the sources stay as they are; return its path."""
    folder = project.build / "wheels"
    with tempfile.TemporaryDirectory(prefix="recdl-") as copy:
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(project.root / name, copy)
        ignore = shutil.ignore_patterns("*.egg-info", "__pycache__")
        shutil.copytree(project.root / "src", Path(copy, "src"), ignore=ignore)
        options = [
            "--no-deps",
            "--no-index",
            "--no-build-isolation",
            f"--wheel-dir={folder}",
        ]
        try:
            packages.pip(
                sys.executable, "wheel", *options, copy, SOURCE_DATE_EPOCH="315532800"
            )  # 1980
        except subprocess.CalledProcessError as error:
            packages.stop("pip could not build this package's wheel.", error.output)
    [path] = folder.glob(f"recdl-{project.about()['version']}-*.whl")
    return path


# Packing


def notebooks(project: Project) -> dict[str, bytes]:
    """Return the student notebooks without any output, by file name."""
    found = {}
    for notebook in project.notebooks():
        content = editions.student(notebook.content())
        found[notebook.path.name] = cells.as_text(content).encode()
    return found


def members(
    project: Project, wheels: set[Path], offers: list[str]
) -> dict[str, Path | bytes]:
    """Return what goes into the archive, by name: a file, or a content."""
    texts = {"version": project.about()["version"], "offers": " and ".join(offers)}
    page = string.Template(START.read_text(encoding="utf-8")).substitute(texts)
    found = {
        "START-HERE.html": page.encode(),
        "course.py": Path(classroom.__file__),
        "LICENSE": project.root / "LICENSE",
        "wheels/lock.txt": project.lock,
    }
    for name, content in notebooks(project).items():
        found[f"notebooks/{name}"] = content
    for path in project.html.rglob("*"):
        if path.is_file() and not path.name.startswith("."):
            found[f"book/{path.relative_to(project.html).as_posix()}"] = path
    return found | {f"wheels/{path.name}": path for path in wheels}


def refuse_ratings(name: str, content: bytes):
    """Stop if a member of the archive holds more ratings of MovieLens than a page shows, or `tools.films`."""
    if len(RATING.findall(content)) > SHOWN:
        sys.exit(
            f"{name} holds ratings of MovieLens, which may not be passed on. No archive was made."
        )
    if films.MARK.encode() in content:
        sys.exit(
            f"{name} holds data of MovieLens, which may not be passed on. No archive was made. "
            "Build the pages without them: make book"
        )


def pack(content: dict[str, Path | bytes], target: Path):
    """Write the archive, whole or not at all; the same content gives the same bytes."""
    with (
        replacing(target) as unfinished,
        zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for name, source in sorted(content.items()):
            member = zipfile.ZipInfo(f"{target.stem}/{name}")  # of 1980
            member.external_attr = 0o100644 << 16
            if name.endswith(".whl"):  # compressed already, and as it was published
                with open(source, "rb") as file, archive.open(member, "w") as packed:
                    shutil.copyfileobj(file, packed, 1 << 20)
            else:
                data = source if isinstance(source, bytes) else source.read_bytes()
                refuse_ratings(name, data)
                archive.writestr(member, data, zipfile.ZIP_DEFLATED)


def bundle(project: Project, platforms: list[str]) -> Path:
    """Make the archive for this platform and, where all wheels exist, for others; return its path."""
    project.built_book()
    wheels, offers = {}, []
    for platform in dict.fromkeys([NATIVE, *platforms]):
        try:
            found = fetch_needed(project, platform)
        except NoWheel as error:
            if platform == NATIVE:
                raise
            tell(f"Without {platform}: there is no wheel of {error} for it.")
            continue
        wheels |= {path.name: path for path in found if path.name not in wheels}
        offers.append(f"{platform} with Python {PYTHON}")
    target = project.build / f"recdl-{project.about()['version']}-bundle.zip"
    tell("Packing …")
    pack(members(project, set(wheels.values()), offers), target)
    tell(f"_build/{target.name}: {target.stat().st_size / 1e6:.0f} MB")
    return target


@command(
    {
        "platforms": {"nargs": "*", "help": "other platforms, as pip names them"},
        "--wheels": {"action": "store_true", "help": "only fetch the wheels"},
    },
    lock="run",
    kept="What is fetched is kept; the same command continues.",
)
def main(root: Path, platforms: list[str], wheels: bool):
    """Make an archive for a classroom, or only fetch the wheels of the lock and print their folder."""
    project = Project(root)
    try:
        if wheels:
            print(fetch_all(project))
        else:
            bundle(project, platforms)
    except NoWheel as error:
        sys.exit(f"There is no wheel of {error} for this computer. Is there a network?")


if __name__ == "__main__":
    main()
