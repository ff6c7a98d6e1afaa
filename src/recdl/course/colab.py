"""Install in Colab what the chapters need and Colab does not ship, and leave its own packages as they are.

The set-up cell of every chapter installs this package without its dependencies, then calls `install`.
"""

import importlib
import importlib.metadata
import pathlib
import tempfile
from collections.abc import Iterable

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from recdl.pip import PipError, pip

# recommenders names fifteen packages; with them, pip would replace some of Colab's by older ones. This is
# what the course's path through it imports: the NCF, the split and the evaluation.
ALONE = "recommenders"
IMPORTED_BY_IT = ("numpy", "pandas", "scikit-learn", "tensorflow", "tf-slim", "tqdm")
EXTRAS = ("train", "scale")  # that chapters use
RUNTIME = "Runtime → Change runtime type → Runtime version"


def needed() -> list[Requirement]:
    """Return what the chapters need, one requirement a package."""
    found = {name: Requirement(name) for name in IMPORTED_BY_IT}
    for requirement in map(Requirement, importlib.metadata.requires("recdl")):
        marker = requirement.marker
        if not marker or any(marker.evaluate({"extra": e}) for e in EXTRAS):
            found[requirement.name] = requirement
    return list(found.values())


def installed() -> dict[str, str]:
    """Return the version of every package that is installed, by its name."""
    versions = {}
    for distribution in importlib.metadata.distributions():
        try:
            version = str(Version(distribution.version))
        except (InvalidVersion, TypeError):
            continue  # tools of the system, whose versions pip cannot read either
        versions.setdefault(canonicalize_name(distribution.name), version)
    return versions


def missing(wanted: Iterable[Requirement], there: dict[str, str]) -> list[Requirement]:
    """Return the requirements of which no version is installed."""
    return [r for r in wanted if canonicalize_name(r.name) not in there]


def notes(wanted: Iterable[Requirement], there: dict[str, str]) -> list[str]:
    """Return a sentence for each package that is there in a version that the course was not tested with."""
    return [
        f"Colab has {r.name} {version}, and the course was tested with {r.specifier}. If a cell fails, "
        f"choose an older version under {RUNTIME}."
        for r in wanted
        if (version := there.get(canonicalize_name(r.name)))
        and not r.specifier.contains(version, prereleases=True)
    ]


def install():
    """Install what is missing, and change the version of nothing that is there.

    Raises
    ------
    RuntimeError
        If pip cannot; with pip's reason, and what to do.
    """
    wanted, there = needed(), installed()
    absent = missing(wanted, there)
    _install([r for r in absent if r.name == ALONE], "--no-deps")
    with tempfile.TemporaryDirectory() as folder:
        fixed = pathlib.Path(folder, "installed.txt")
        fixed.write_text("".join(f"{n}=={v}\n" for n, v in there.items()), "utf-8")
        _install([r for r in absent if r.name != ALONE], "--constraint", str(fixed))
    importlib.invalidate_caches()  # this process may have looked for them already
    for note in notes(wanted, there):
        print(note)


def _install(requirements, *options):
    if not requirements:
        return
    try:
        pip("install", *options, *(f"{r.name}{r.specifier}" for r in requirements))
    except PipError as error:
        names = ", ".join(r.name for r in requirements)
        raise RuntimeError(
            f"pip could not install {names}. Run this cell again; if that changes nothing, choose an older "
            f"version under {RUNTIME}. {error}"
        ) from error
