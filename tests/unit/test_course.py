"""course.py is the list of all commands, for computers with and without make."""

import ast
import os
import re
import shlex
import shutil
import subprocess
import sys

import pytest

import course
from processes import has_ended, send, signals, start, wait_for, wait_for_pid
from tools import ROOT, command, environment

SOURCE = ROOT / "course.py"


@pytest.fixture
def steps(monkeypatch, tmp_path):
    """Return a function that gives the commands other steps; they work in an odd folder."""
    root = tmp_path / "Kurs [neu] Übung"
    root.mkdir()
    monkeypatch.setattr(course, "ROOT", str(root))
    monkeypatch.setattr(environment, "main", lambda _: sys.executable)

    def give(**steps):
        monkeypatch.setattr(course, "STEPS", steps)
        return root

    return give


def writes(text):
    return shlex.join(["-c", f"open('said', 'a').write({text!r})"])


# The list


def test_without_words_it_lists_all_commands(capsys):
    calls = (
        [],
        ["help"],
        ["book", "--help"],
        ["set-repository", "-h"],
        ["bundle", "help"],
    )
    for words in calls:
        assert course.main(words) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(calls) * (1 + len(course.TARGETS))
    for (name, about, _), line in zip(course.TARGETS, lines[1:], strict=False):
        assert line.split(maxsplit=1) == [name, about]


def test_what_a_command_runs_is_there():
    for name, _, steps in course.TARGETS:
        for words in map(shlex.split, steps):
            if words[0].endswith(".py"):
                assert (ROOT / words[0]).exists(), name
            for module in re.findall(r"^tools\.\w+$", "\n".join(words), re.M):
                assert (ROOT / f"{module.replace('.', '/')}.py").exists(), name
            if words[0] == "remove":
                assert set(words[1:]) <= {
                    "_build",
                    "_build/quick",
                    ".venv",
                    ".coverage",
                    ".coverage.*",
                }


@pytest.mark.parametrize(
    "words", [["bok"], ["book", "bok"], ["--quick"], ["book", "COLOUR=red"]]
)
def test_another_word_is_refused_with_a_sentence_before_anything_is_done(words, steps):
    root = steps(book=[writes("a")])
    with pytest.raises(SystemExit, match=r"no command .*lists them: python course\.py"):
        course.main(words)
    assert not list(root.iterdir())


# Doing it


def test_the_steps_of_several_commands_are_done_in_order(steps):
    root = steps(book=[writes("a"), writes("b")], test=[writes("c")])
    assert course.main(["test", "book"]) == 0
    assert (root / "said").read_text() == "cab"


def test_a_step_that_fails_is_the_last_one(steps, capfd):
    fails = "-c 'import sys; sys.exit(3)'"
    root = steps(audit=[writes("a"), fails, writes("b")], test=[writes("c")])
    assert course.main(["audit", "test"]) == 3
    assert (root / "said").read_text() == "a"
    assert capfd.readouterr().err == "No clean audit: the last line above says why.\n"


@pytest.mark.parametrize(
    ("words", "passed"),
    [
        (["changed-pages"], ["main"]),
        (["changed-pages", "-x y"], ["-x y"]),
        (["changed-pages", "BASE=HEAD^1"], ["HEAD^1"]),
        (["set-repository"], [""]),
        (["set-repository", "URL=none"], ["none"]),
        (
            ["URL=https://h.example/a?b=c", "set-repository"],
            ["https://h.example/a?b=c"],
        ),
        (["bundle"], []),
        (["bundle", "a", "b"], ["a", "b"]),
        (["bundle", "PLATFORMS=a b"], ["a", "b"]),
    ],
)
def test_some_commands_take_words(words, passed, steps):
    says = shlex.join(["-c", "import sys; open('said', 'w').write(repr(sys.argv[2:]))"])
    root = steps(**{name: [f"{says} --"] for name in course.NAMES if name in words})
    assert course.main(words) == 0
    assert (root / "said").read_text() == repr(passed)


@pytest.mark.parametrize(
    "words", [["book", "PYTHON=/a b/py"], ["PYTHON=/a b/py", "book"]]
)
def test_a_python_that_is_named_makes_the_environment(words, steps, monkeypatch):
    steps(book=[])
    asked = []
    monkeypatch.setattr(environment, "main", asked.append)
    assert course.main(words) == course.main(["book"]) == 0
    assert asked == [["--python", "/a b/py"], []]


def test_a_star_is_any_file(steps):
    root = steps(
        lint=['-c \'import sys; open("said", "w").write(str(sys.argv[1:]))\' *.yml']
    )
    for name in ("b.yml", "a.yml", "c.txt"):
        (root / name).touch()
    assert course.main(["lint"]) == 0
    assert (root / "said").read_text() == "['a.yml', 'b.yml']"


def test_what_is_removed_is_gone_and_nothing_else(steps, monkeypatch):
    root = steps(clean=["remove .venv _build .coverage.*"])
    monkeypatch.setattr(environment, "main", None)  # cleaning makes no environment
    (root / "_build" / "full").mkdir(parents=True)
    for name in (".coverage.1", ".coverage", "_build/full/a"):
        (root / name).touch()
    for _ in range(2):
        assert course.main(["clean"]) == 0
        assert [path.name for path in root.iterdir()] == [".coverage"]


@pytest.mark.parametrize("lock", ["environment", "run"])
def test_nothing_is_removed_while_a_command_is_at_work(lock, tmp_path):
    (tmp_path / ".venv").mkdir()
    with command.alone(lock, tmp_path):
        process = start(
            f"import course; course.ROOT = {str(tmp_path)!r}; course.main(['clean'])"
        )
        assert "waiting for it" in process.stderr.readline()
        assert (tmp_path / ".venv").exists()
        assert (tmp_path / "_build").exists()
    assert process.communicate(timeout=20) == ("", "")
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_removed_is_named(steps, monkeypatch):
    root = steps(clean=["remove a"])
    (root / "a").touch()

    def refuse(_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(course.os, "remove", refuse)
    with pytest.raises(
        SystemExit, match=r"a could not be removed \(Permission denied\)"
    ):
        course.main(["clean"])


def test_windows_reads_and_writes_every_letter(steps, monkeypatch):
    root = steps(
        book=[shlex.join(["-c", "import sys; open(str(sys.flags.utf8_mode), 'w')"])]
    )
    windows = type("os", (), {**vars(os), "name": "nt"})
    monkeypatch.setattr(course, "os", windows)
    assert course.main(["book"]) == 0
    assert [path.name for path in root.iterdir()] == ["1"]


# Interrupts


@signals
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_signal_ends_the_step_too(name, tmp_path):
    pid = tmp_path / "pid"
    step = f"import os, time; open({str(pid)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    process = start(f"""
import shlex, sys
import course
from tools import environment
environment.main = lambda _: sys.executable
course.STEPS = {{"book": [shlex.join(["-c", {step!r}])]}}
sys.exit(course.main(["book"]))
""")
    number = wait_for_pid(pid)
    send(process, name)
    assert process.returncode > 128
    wait_for(lambda: has_ended(number))


@signals
def test_after_ctrl_c_the_step_ends_in_its_own_time_and_has_the_last_word(tmp_path):
    pid = tmp_path / "pid"
    step = f"""
import os, signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    open({str(pid)!r}, 'w').write(str(os.getpid()))
    time.sleep(60)
except KeyboardInterrupt:
    time.sleep(1)
    sys.exit("Interrupted. All is kept.")
"""
    process = start(
        f"""
import shlex, sys
import course
from tools import environment
environment.main = lambda _: sys.executable
course.STEPS = {{"book": [shlex.join(["-c", {step!r}])]}}
sys.exit(course.main(["book"]))
""",
        start_new_session=True,
    )
    wait_for_pid(pid)
    os.killpg(process.pid, course.signal.SIGINT)  # as a terminal does it
    assert process.communicate(timeout=20)[1] == "Interrupted. All is kept.\n"
    assert process.returncode == 1


# An old Python


def test_even_python_2_can_read_it():
    text = SOURCE.read_text(encoding="ascii")
    new = (ast.JoinedStr, ast.Starred, ast.AnnAssign, ast.NamedExpr, ast.Nonlocal)
    found = [n for n in ast.walk(without_calls(ast.parse(text))) if isinstance(n, new)]
    assert found == []
    functions = [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.FunctionDef)]
    assert len(functions) > 5
    assert not any(f.args.kwonlyargs or f.returns for f in functions)


def without_calls(tree):
    """Take the star from the last argument of calls: `f(*words)` is as old as Python."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and node.args
            and isinstance(node.args[-1], ast.Starred)
        ):
            node.args[-1] = node.args[-1].value
    return tree


@pytest.mark.parametrize("version", [(2, 7, 18), (3, 5, 10)])
def test_a_python_too_old_for_anything_gets_a_sentence(version):
    code = f"import runpy, sys; sys.version_info = {version}; "
    code += f"runpy.run_path({str(SOURCE)!r}, None, '__main__')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    old = "{}.{}".format(*version[:2])
    assert re.search(rf"^.+ is Python {old}, which is too old", done.stderr)
    assert done.stderr.endswith("Name a newer one: python3 course.py\n")
    assert done.returncode == 1


# make


@pytest.mark.skipif(os.name == "nt", reason="make is what Windows lacks")
@pytest.mark.parametrize(
    ("words", "called"),
    [
        ([], "book"),
        (["test"], "test"),
        (["book"], "book"),  # there is a folder of this name
        (["help"], "help"),
        (["changed-pages"], 'changed-pages "main"'),
        (["changed-pages", "BASE=a b"], 'changed-pages "a b"'),
        (
            ["set-repository", "URL=https://h.example/a/b"],
            'set-repository "https://h.example/a/b"',
        ),
        (["set-repository"], 'set-repository ""'),
        (["bundle", "PLATFORMS=a b"], "bundle a b"),
    ],
)
def test_make_calls_the_same(words, called):
    makes = [shutil.which("make"), "-n", *words]
    about = {"cwd": ROOT, "capture_output": True, "text": True}
    # These tests may themselves be run by make, which tells so in the environment.
    of_make = ("MAKELEVEL", "MAKEFLAGS", "MFLAGS", "PYTHON")
    clean = {name: v for name, v in os.environ.items() if name not in of_make}
    # A Python that the system names starts course.py; one that the reader names makes the environment, too.
    done = subprocess.run(makes, env=clean | {"PYTHON": "/a b/python3"}, **about)
    assert done.stdout.split() == f'"/a b/python3" course.py {called}'.split()
    done = subprocess.run([*makes, "PYTHON=/ä b/py"], env=clean, **about)
    said = f'"/ä b/py" course.py PYTHON="/ä b/py" {called}'
    assert (done.stdout.split(), done.stderr) == (said.split(), "")
