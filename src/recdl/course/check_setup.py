"""Check whether this machine can run the course; it takes ten to thirty seconds.

    python -m recdl.course.check_setup

Prints one line for each check, and a remedy below it where something is wrong; the exit status is 1 then.
Only the standard library is imported at the top, so it can still speak where packages are missing.
"""

import importlib
import importlib.metadata
import math
import pathlib
import platform
import re
import shutil
import signal
import subprocess
import sys
import time

MEMORY_GB = 2  # one chapter needs less; see book/setup.md
DISK_GB = 1  # beside the environment, which is there when this runs
TRAINING_S = 60  # usual are 10 to 20
STEPS = "from recdl.course import check_setup; print(check_setup.two_steps())"
WORKER = [sys.executable, "-c", STEPS]
MODULES = {"ipython": "IPython"}  # where a package is imported by another name
IMPORTED_BY_WORKER = {"keras", "tensorflow", "tf-slim"}
COLAB = "Or open the chapters in Colab, which needs nothing on this machine."


class Problem(Exception):  # noqa: N818 - the name says what it is
    """A check found something wrong: what, and what to do."""

    def __init__(self, found: str, remedy: str):
        super().__init__(found)
        self.remedy = remedy


def check_python() -> str:
    """Compare this Python with those that all packages of the course have wheels for."""
    version, allowed = platform.python_version(), importlib.metadata.metadata("recdl")
    first, end = sorted(map(int, re.findall(r"3\.(\d+)", allowed["Requires-Python"])))
    if first <= sys.version_info[1] < end:
        return version
    raise Problem(
        f"{version}; the course needs 3.{first} to 3.{end - 1}",
        "In the course's folder: python3 course.py env. It finds another Python or says how to get one.",
    )


def check_packages() -> str:
    """Look for every package that the chapters import, compare its version, and import it."""
    from packaging.requirements import Requirement

    named = map(Requirement, importlib.metadata.requires("recdl"))
    wanted = [r for r in named if not r.marker or r.marker.evaluate({"extra": "train"})]
    faults = [fault for requirement in wanted if (fault := _fault(requirement))]
    if faults:
        raise Problem("; ".join(faults), _install_again())
    versions = (f"{p} {importlib.metadata.version(p)}" for p in ("numpy", "tensorflow"))
    return f"{len(wanted)} in the right version, among them {', '.join(versions)}"


def _fault(requirement):
    name = requirement.name
    try:
        version = importlib.metadata.version(name)
        if not requirement.specifier.contains(version, prereleases=True):
            return f"{name} is {version}; needed is {requirement.specifier}"
        if name not in IMPORTED_BY_WORKER:
            importlib.import_module(MODULES.get(name, name))
    except importlib.metadata.PackageNotFoundError:
        return f"{name} is missing"
    except Exception as error:
        return f"{name} cannot be imported ({type(error).__name__}: {error})"
    return None


def _install_again():
    if (pathlib.Path(sys.prefix).parent / "requirements.txt").exists():
        return "In the course's folder: make env. If that changes nothing: make clean, then make env."
    return "Run the set-up cell of a chapter once more."


def check_memory() -> str:
    """Compare the memory that is free now with what a chapter needs."""
    import psutil

    free = psutil.virtual_memory().available / 1e9
    if free < MEMORY_GB:
        raise Problem(
            f"{free:.1f} GB free; {MEMORY_GB} are needed",
            f"Close other programs, a browser with many tabs first. {COLAB}",
        )
    return f"{free:.1f} GB free"


def check_disk() -> str:
    """Compare the free disk space with what the executed chapters and the book need."""
    place = pathlib.Path.cwd()
    free = shutil.disk_usage(place).free / 1e9
    if free < DISK_GB:
        raise Problem(
            f"{free:.1f} GB free in {place}; {DISK_GB} is needed",
            "Make room. Much of it may be pip's cache: python -m pip cache purge",
        )
    return f"{free:.1f} GB free in {place}"


def check_data() -> str:
    """Load MovieLens-100k, obtaining it where necessary, which verifies every rating."""
    import pooch

    from recdl import download, movielens, ratings

    pooch.get_logger().setLevel("WARNING")  # its notes would break the line
    try:
        table = movielens.load_ratings()
        movielens.load_movies(), movielens.load_users()
    except (ratings.DataError, download.DataUnavailable) as error:
        found = str(error).replace(download.BY_HAND, "").rstrip("\n- ")
        raise Problem(found, download.BY_HAND) from error
    return f"{len(table):,} ratings, verified, in {download.obtain()}"


def check_training() -> str:
    """Let another process, which may crash or hang, start TensorFlow and train the paper's model."""
    begin = time.perf_counter()
    try:
        done = subprocess.run(
            WORKER, capture_output=True, text=True, timeout=5 * TRAINING_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise Problem(f"not done after {5 * TRAINING_S} s", COLAB) from None
    seconds = time.perf_counter() - begin
    if done.returncode < 0:
        raise Problem(
            f"stopped by {signal.Signals(-done.returncode).name}",
            "SIGKILL: memory ran out; close other programs. SIGILL or SIGABRT: the processor is too old for "
            f"TensorFlow, which needs AVX. {COLAB}",
        )
    if done.returncode:
        said = done.stderr.strip() or "no message"
        raise Problem(said.splitlines()[-1], _install_again())
    loss = float(done.stdout.split()[-1])
    if not abs(loss - math.log(2)) < 0.02:
        raise Problem(f"the loss is {loss}; it must be near 0.693", _install_again())
    if seconds > TRAINING_S:
        raise Problem(
            f"took {seconds:.0f} s; at most {TRAINING_S} are expected",
            f"The course will run, slowly. Close other programs and try again. {COLAB}",
        )
    return f"two steps of NeuMF, with TensorFlow's start, in {seconds:.0f} s; loss {loss:.3f}"


def two_steps() -> float:
    """Train the paper's NeuMF on two random batches and return the loss: near log 2, for it knows nothing."""
    import numpy as np

    from recdl import models, training

    rng = np.random.default_rng(42)
    n_users, n_items, shape = 943, 1597, (2, 256)
    users, items, labels = (rng.integers(n, size=shape) for n in (n_users, n_items, 2))
    train = training.compiled_epoch(models.NeuMF(n_users, n_items), training.adam())
    return float(
        train(users.astype("int32"), items.astype("int32"), labels.astype("float32"))
    )


CHECKS = {
    "Python": check_python,
    "packages": check_packages,
    "memory": check_memory,
    "disk": check_disk,
    "MovieLens": check_data,
    "training": check_training,
}


def main() -> int:
    """Run all checks, say what they found, and return how many found a problem, at most 1."""
    problems = 0
    for name, check in CHECKS.items():
        print(f"{name:<10} ", end="", flush=True)  # some checks take seconds
        try:
            print(f"ok       {check()}")
        except Exception as error:
            problems += 1
            expected = isinstance(error, Problem)
            found = str(error) if expected else f"{type(error).__name__}: {error}"
            remedy = error.remedy if expected else _install_again()
            print(f"problem  {_indented(found)}\n{'':<11}remedy   {_indented(remedy)}")
    if problems:
        print(
            f"\n{problems} of {len(CHECKS)} checks found a problem. "
            "More help: the book's page Troubleshooting."
        )
    else:
        print("\nThis machine is ready for the course.")
    return min(problems, 1)


def _indented(text):
    return text.replace("\n", f"\n{'':<20}")


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="replace")  # a folder's name may have any letter
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("Interrupted.")
