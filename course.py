"""The commands of this course, for any computer with Python; `make book` calls `python3 course.py book`.

    python course.py            # lists them
    python course.py book       # makes the environment in .venv, if it is not there, and then the book
    python course.py book PYTHON=python3.12     # makes it with this Python

This is the one list of them. It needs no package, and even an old Python can read it in order to say that it
is too old, Python 2 among them: so there is nothing here but ASCII and the oldest syntax.
"""

import glob
import os
import shlex
import shutil
import signal
import subprocess
import sys

ROOT = os.path.dirname(os.path.abspath(__file__))
SCHEMA = "-m uv tool run check-jsonschema==0.39.0 --builtin-schema "

# A step is what the environment's Python is called with, or begins with "remove"; * is any name of a file.
TARGETS = [
    ("book", "execute the notebooks that changed and build the HTML book",
     ["-m tools.run", "-m tools.book"]),
    ("test", "unit tests, every notebook executed, results compared with the paper's, pages checked",
     ["-m tools.unit_tests", "-m pytest -q tests/text", "-m tools.run --all", "-m tools.book",
      "-m pytest -q tests/notebooks tests/book"]),
    ("unit", "the unit tests alone, which need neither network nor data",
     ["-m tools.unit_tests"]),
    ("quick", "the same notebooks with few epochs, each alone in an empty folder",
     ["-m tools.run --quick"]),
    ("experiments", "the long runs of chapters 7 to 9, what is missing of them, row by row; "
     "about five hours on two cores",
     ["-m tools.experiments"]),
    ("experiments-1m", "the same for chapters 8 and 9 on a second data set, in about a day: "
     "ZIP=/path/to/ml-1m.zip",
     ["-m tools.experiments --"]),
    ("results", "the executed run as one JSON object on standard output",
     ["-m tools.run --print-results"]),
    ("slides", "the chapters as slides, into _build/slides",
     ["-m tools.run", "-m tools.slides"]),
    ("print", "the whole book as one PDF for paper, into _build; needs Chromium, Chrome or Edge",
     ["-m tools.run", "-m tools.book", "-m tools.print_edition"]),
    ("look", "what is cut or cannot be read in the built pages and slides; needs the same",
     ["-m tools.look"]),
    ("student", "notebooks with holes instead of solutions, into _build/student, and as one archive",
     ["-m tools.editions student", "-m tools.handout"]),
    ("student-book", "the HTML book without solutions and the part for teachers, into _build/student-html",
     ["-m tools.run", "-m tools.student_book"]),
    ("instructor", "notebooks with solutions and notes for the teacher, into _build/instructor",
     ["-m tools.editions instructor"]),
    ("grade", "a folder of handed-in notebooks, which it runs, with the verdicts of check: DIR=handed_in",
     ["-m tools.grade --"]),
    ("bundle", "one archive for a classroom without network; win_amd64 macosx_12_0_arm64 adds others",
     ["-m tools.run", "-m tools.book", "-m tools.bundle --"]),
    ("wheelhouse", "the packages of the lock as wheels, for a computer without network; prints their folder",
     ["-m tools.bundle --wheels"]),
    ("bench", "the library against this package, growth to 32 million ratings, one worker and two; "
     "ends with one ratio a line",
     ["benchmarks/growth.py", "benchmarks/larger_sets.py --generated", "benchmarks/workers.py",
      "benchmarks/speed.py"]),
    ("scale", "a larger set through the whole course, into a table: RECDL_MOVIELENS=ml-32m.zip; without a "
     "zip on generated ratings",
     ["benchmarks/larger_sets.py"]),
    ("colab", "every chapter in an imitation of Colab; prints the seconds of set-up and run",
     ["-m pytest -q -n 0 tests/colab"]),
    ("lint", "ruff on the package, the tests and the notebooks",
     ["-m ruff check .", "-m ruff format --check ."]),
    ("lint-workflows", "the files for GitHub and CITATION.cff against their schemas, the workflows for holes",
     [SCHEMA + "vendor.github-workflows .github/workflows/*.yml",
      SCHEMA + "custom.github-workflows-require-timeout .github/workflows/*.yml",
      SCHEMA + "vendor.dependabot .github/dependabot.yml",
      SCHEMA + "vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml",
      SCHEMA + "vendor.github-issue-forms "
      ".github/ISSUE_TEMPLATE/cell.yml .github/ISSUE_TEMPLATE/sentence.yml",
      SCHEMA + "vendor.citation-file-format CITATION.cff",
      "-m uv tool run zizmor==1.32.0 --offline --quiet --persona pedantic "
      "--config .github/zizmor.yml .github"]),
    ("lock", "requirements.txt from pyproject.toml",
     ["-m uv pip compile --universal --python-version 3.11 --only-binary :all: --all-extras "
      "--emit-build-options --no-annotate --custom-compile-command 'make lock' --upgrade -q "
      "pyproject.toml -o requirements.txt"]),
    ("lowest", "the unit tests with the oldest versions that pyproject.toml allows, on every Python found",
     ["-m tools.versions lowest"]),
    ("newest", "the same with the newest",
     ["-m tools.versions newest"]),
    ("audit", "known vulnerabilities of the packages in requirements.txt",
     ["-m uv tool run pip-audit --strict --no-deps --disable-pip --progress-spinner off "
      "-r requirements.txt"]),
    ("coverage", "which lines of the package and the commands the tests and the chapters run",
     ["remove .coverage .coverage.* _build/quick",
      "-m coverage run -m pytest -q tests/unit tests/text", "-m coverage run -m tools.run --quick",
      "-m coverage run -m pytest -q tests/notebooks/test_exercise_answers.py",
      "-m coverage combine -q", "-m coverage report"]),
    ("set-repository", "write this clone's address, or https://github.com/<owner>/<name>, into all files",
     ["-m tools.repository --"]),
    ("changed-pages", "which pages of the book a change touches, compared with a branch or a commit",
     ["-m tools.changed_pages --"]),
    ("env", "the virtual environment in .venv", []),
    ("clean", "remove everything that the others made", ["remove .venv _build"]),
]  # fmt: skip
STEPS = {name: steps for name, _, steps in TARGETS}
# Those that take words of their own, or in their place NAME=words, as make has it; and what holds without.
NAMES = {
    "bundle": "PLATFORMS",
    "grade": "DIR",
    "set-repository": "URL",
    "changed-pages": "BASE",
    "experiments-1m": "ZIP",
}
DEFAULTS = {
    "PLATFORMS": "",
    "DIR": "",
    "URL": "",
    "ZIP": "",
    "BASE": "main",
    "PYTHON": "",
}
WITHOUT_ENVIRONMENT = ("set-repository", "clean")
SORRY = {"audit": "No clean audit: the last line above says why.\n"}


def listed():
    """Return what `python course.py` prints."""
    lines = ["  {0:<16}{1}".format(name, about) for name, about, _ in TARGETS]
    return "\n".join(["Write one of these behind python course.py:"] + lines)


def expanded(word):
    """Return the names of files that a word with a star stands for, or the word."""
    if "*" not in word:
        return [word]
    return sorted(
        os.path.relpath(p, ROOT)
        for p in glob.glob(os.path.join(glob.escape(ROOT), word))
    )


def remove(words):
    """Remove files and folders when no command is at work, or stop with a sentence."""
    import pathlib

    from tools.command import undisturbed

    for path in (os.path.join(ROOT, name) for word in words for name in expanded(word)):
        with undisturbed(pathlib.Path(ROOT)):
            if os.path.basename(path) != "_build":
                delete(path)
        delete(path)  # the locks are in _build, and Windows removes no open file


def delete(path):
    """Remove a file or a folder, or stop with a sentence; what is not there is removed already."""
    try:
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        elif os.path.lexists(path):
            os.remove(path)
    except OSError as error:
        remedy = "Close the programs that use it, and try again."
        what = "{0} could not be removed ({1}). {2}"
        sys.exit(what.format(path, error.strerror, remedy))


def run(command):
    """Run a program in this folder, hand on the signals that come meanwhile, and return how it ended."""
    # The encoding that Windows prefers does not have every letter of the pages.
    more = {"PYTHONUTF8": "1"} if os.name == "nt" else {}
    sys.stdout.flush()
    process = subprocess.Popen(command, cwd=ROOT, env=dict(os.environ, **more))

    def hand_on(number, _):
        # Ctrl-C in a terminal reaches the program by itself; what it does then takes its time.
        if number != signal.SIGINT:
            process.send_signal(number)

    names = ("SIGINT", "SIGTERM", "SIGHUP")
    numbers = [getattr(signal, n) for n in names if hasattr(signal, n)]
    before = [(number, signal.signal(number, hand_on)) for number in numbers]
    code = process.wait()
    for number, handler in before:
        signal.signal(number, handler)
    return code if code >= 0 else 128 - code


def make(name, words, named):
    """Do the steps of a target, one behind the other, until one fails; return how the last one ended."""
    from tools import environment, pythons

    python = None
    if name not in WITHOUT_ENVIRONMENT:
        python = str(environment.main(["--python", named] if named else []))
    for step in STEPS[name]:
        command = [part for word in shlex.split(step) for part in expanded(word)]
        if command[0] == "remove":
            remove(command[1:])
            continue
        command += words if command[-1] == "--" else []
        code = run([python or pythons.fitting().path] + command)
        if code:
            sys.stderr.write(SORRY.get(name, ""))
            return code
    return 0


def understood(words):
    """Return the commands, each with words of its own, and the Python that is named, or stop."""
    values, calls, rest = dict(DEFAULTS), [], []
    for word in words:
        name, is_value, value = word.partition("=")
        if is_value and name in values:
            values[name] = value
        else:
            rest.append(word)
    while rest:
        name, rest, own = rest[0], rest[1:], []
        if name not in STEPS:
            lists = "This lists them: python course.py"
            sys.exit("There is no command {0}. {1}".format(name, lists))
        if name in NAMES:
            value = values[NAMES[name]]
            own = rest or (value.split() if name == "bundle" else [value])
            rest = []
        calls.append((name, own))
    return calls, values["PYTHON"]


def main(words):
    """Do what the command line says; return an exit status."""
    if not words or {"help", "-h", "--help"}.intersection(words):
        print(listed())
        return 0
    calls, named = understood(words)
    for name, own in calls:
        code = make(name, own, named)
        if code:
            return code
    return 0


if __name__ == "__main__":
    if sys.version_info < (3, 6):
        sys.exit(
            "{0} is Python {1}.{2}, which is too old to start anything here. Name a newer one: "
            "python3 course.py".format(sys.executable, *sys.version_info[:2])
        )
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("Interrupted. The same command begins again.")
