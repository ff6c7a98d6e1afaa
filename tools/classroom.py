"""Set up the course from this folder and start it. Needs Python and no network.

    python3 course.py data /path/to/ml-100k.zip     # once on each computer: set up, place the data, check
    python3 course.py                               # open the notebooks in JupyterLab

``make bundle`` puts this file into the archive for a classroom, as course.py. It runs with the system's
Python before anything is installed, so it uses the standard library only and syntax that Python 3.6 can
still read, in order to say that it is too old.
"""

import contextlib
import hashlib
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
WHEELS = HERE / "wheels"
ENVIRONMENT = HERE / ".venv"
READY = ENVIRONMENT / "ready"
DATA = HERE / "data"
DISK_GB = 4
SYSTEMS = {"linux": "Linux", "win": "Windows", "macosx": "macOS"}
TAGS = re.compile(
    r"-cp3(\d+)-cp3\d+-(?:many)?(linux|win|macosx)(?:_\d+_\d+|\d+)?_([a-z0-9_]+)"
)
LICENCE = (
    "The MovieLens data belong to GroupLens, who allow their use for research and forbid to pass them on. "
    "Keep them on this computer; they belong neither on a stick that goes round nor on a website."
)


def say(text):
    """Print a line of progress."""
    print(text, flush=True)


def here():
    """Return this Python and platform as wheels' names have them, such as ``("11", "linux", "x86_64")``."""
    system, _, machine = sysconfig.get_platform().replace("-", "_").partition("_")
    if system == "macosx":  # where the Python may be for two processors
        machine = platform.machine()
    return str(sys.version_info[1]), system, machine


def offered():
    """Return for which Pythons and platforms there are packages: those that TensorFlow is there for."""
    names = (path.name for path in WHEELS.glob("tensorflow-*.whl"))
    return sorted(TAGS.search(name).groups() for name in names)


def check_python():
    """Stop with a sentence when the packages in this folder are not for this Python."""
    offers = offered()
    if not offers:
        sys.exit(
            "Beside {} there are no packages. Unpack the whole archive, then start course.py in the "
            "unpacked folder.".format(HERE / "course.py")
        )
    if here() in offers and sys.version_info[0] == 3:
        return
    minors = [
        minor for minor, system, machine in offers if (system, machine) == here()[1:]
    ]
    if minors:
        call = "py -3.{} course.py" if os.name == "nt" else "python3.{} course.py"
        remedy = "Install that Python and try: " + call.format(minors[-1])
    else:
        remedy = (
            "Ask for an archive made for this computer, or open the chapters in Colab."
        )
    mine = "Python {}.{} on {}".format(*sys.version_info[:2], _words(*here()[1:]))
    theirs = [f"Python 3.{o[0]} on {_words(*o[1:])}" for o in offers]
    sys.exit(
        f"The packages here are for {' or '.join(theirs)}; this is {mine}. {remedy}"
    )


def _words(system, machine):
    return f"{SYSTEMS.get(system, system)} ({machine})"


def python():
    """Return the path of the environment's Python."""
    return ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def fingerprint():
    """Return what the environment depends on: the interpreter, the packages, and the place."""
    names = sorted(path.name for path in WHEELS.iterdir())
    parts = [sys.version, str(HERE), *names]
    return hashlib.sha256(
        "\0".join(parts).encode("utf-8", "surrogateescape")
    ).hexdigest()


def set_up():
    """Create the environment in .venv from the wheels, unless it is there."""
    if READY.exists() and READY.read_text(encoding="utf-8") == fingerprint():
        return
    begin = time.time()
    free = shutil.disk_usage(str(HERE)).free / 1e9
    if free < DISK_GB:
        sys.exit(f"{free:.1f} GB are free in {HERE}; {DISK_GB} are needed. Make room.")
    say("Setting up in .venv, without network: two to five minutes …")
    command = [sys.executable, "-m", "venv", "--clear", "--without-pip"]
    if subprocess.call([*command, str(ENVIRONMENT)]):
        sys.exit(
            f"Python could not make an environment in {HERE}. Unpack the archive on the computer's own "
            "disk, not on a stick, in a folder that you may write to."
        )
    _pip("install", "--no-compile", "recdl[train]", "jupyterlab", "pip")
    say("  compiling them to bytecode …")
    subprocess.call(
        [str(python()), "-m", "compileall", "-q", "-j", "0", str(ENVIRONMENT)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    READY.write_text(fingerprint(), encoding="utf-8")
    say(f"Set up after {time.time() - begin:.0f} s.")


def _pip(*arguments):
    """Run the pip that lies among the wheels, and let nothing but the wheels count."""
    wheel = str(next(WHEELS.glob("pip-*.whl")))
    command = [str(python()), wheel + "/pip", "--isolated", *arguments]
    command += ["--disable-pip-version-check", "--no-index", "--no-cache-dir"]
    command += ["--find-links", str(WHEELS), "--constraint", str(WHEELS / "lock.txt")]
    command += ["--progress-bar", "off"]
    output, count = [], 0
    variables = dict(os.environ, PIP_CONFIG_FILE=os.devnull)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with subprocess.Popen(
        command, env=variables, universal_newlines=True, **pipes
    ) as process:
        for line in process.stdout:
            output.append(line)
            found = line.startswith("Processing ")
            count += found
            if found and count % 50 == 0:
                say(f"  {count} packages looked at")
            elif line.startswith("Installing collected packages"):
                say("  installing {} packages …".format(line.count(",") + 1))
    if process.returncode:
        say("".join(output[-20:]))
        sys.exit("The packages were not installed; pip's last lines stand above.")


def place(source):
    """Verify the ratings, films and users of MovieLens-100k and put them into the folder data, or stop."""
    from recdl import download, movielens  # this runs in the environment
    from recdl.columns import DataError
    from recdl.files import replacing

    with tempfile.TemporaryDirectory() as cache, replacing(DATA) as unfinished:
        os.environ["RECDL_CACHE"] = cache
        try:
            movielens.load_ratings(source)
            movielens.load_movies(source), movielens.load_users(source)
        except (DataError, download.DataUnavailable) as error:
            found = str(error).replace(download.BY_HAND, "")
            sys.exit(
                f"{found}Download {download.GROUPLENS_URL} in a browser and name that file."
            )
        unfinished.mkdir()
        found = download.obtain(source)
        for names in download.FILES.values():
            table = next(found / name for name in names if (found / name).exists())
            shutil.copy(table, unfinished)
    say(f"The data are verified and lie in {DATA}")


def variables():
    """Return the environment variables that let the notebooks find the data."""
    return dict(os.environ, RECDL_MOVIELENS=str(DATA)) if DATA.exists() else None


def data(source):
    """Set up, place the data, and check this computer; return an exit status."""
    source = os.path.abspath(os.path.expanduser(source))
    if not os.path.exists(source):
        sys.exit(f"There is no {source}.")
    set_up()
    say(LICENCE)
    status = subprocess.call([str(python()), str(HERE / "course.py"), "place", source])
    command = [str(python()), "-m", "recdl.course.check_setup"]
    return status or subprocess.call(command, env=variables(), cwd=str(HERE))


def start(options):
    """Open JupyterLab in the folder with the notebooks; return its exit status."""
    set_up()
    if not DATA.exists() and "RECDL_MOVIELENS" not in os.environ:
        say(
            "There are no data yet. Place them: python3 course.py data /path/to/ml-100k.zip"
        )
    command = [str(python()), "-m", "jupyterlab", "--notebook-dir"]
    command += [str(HERE / "notebooks"), *options]
    with subprocess.Popen(command, env=variables()) as process:
        while process.poll() is None:
            with contextlib.suppress(KeyboardInterrupt):  # it reaches JupyterLab, too
                process.wait()
    return process.returncode


def main(arguments):
    """Do what the command line says; return an exit status."""
    if arguments[:1] == ["place"]:
        return place(arguments[1])
    if arguments[:1] == ["data"] and len(arguments) != 2:
        sys.exit("Name the file: python3 course.py data /path/to/ml-100k.zip")
    check_python()
    try:
        return data(arguments[1]) if arguments[:1] == ["data"] else start(arguments)
    except KeyboardInterrupt:
        sys.exit("Interrupted. The same command begins again.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
