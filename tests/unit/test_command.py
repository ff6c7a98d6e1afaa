"""The frame of every command: one at a time, and a sentence in place of a traceback."""

import ast
import importlib
import pathlib
import sys

import pytest

from processes import start
from tools import ROOT, command, environment

OLD = [  # read by the system's Python, which may be as old as 3.6
    *(ROOT / "tools" / f"{n}.py" for n in ("__init__", "command", "environment", "packages", "pythons")),
    ROOT / "course.py",
    *(ROOT / "src" / "recdl" / f"{n}.py" for n in ("__init__", "files")),
]  # fmt: skip


@pytest.mark.parametrize("path", OLD, ids=lambda path: path.name)
def test_what_runs_before_the_installation_can_be_read_by_python_3_6(path):
    ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 6))


def test_what_environment_imports_is_among_them():
    names = {
        "tools",
        "tools.command",
        "tools.packages",
        "tools.pythons",
        environment.__name__,
    }
    imported = set()
    for path in OLD[:6]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module.startswith("tools"):
                inner = {f"{node.module}.{alias.name}" for alias in node.names}
                imported |= {node.module, *(n for n in inner if n in sys.modules)}
    assert imported <= names


def test_every_expected_error_exists():
    for name in command.EXPECTED:
        module, _, error = name.rpartition(".")
        assert issubclass(getattr(importlib.import_module(module), error), Exception)


@pytest.mark.parametrize("name", sorted(command.EXPECTED))
def test_an_expected_error_ends_with_its_message(name, tmp_path):
    module, _, error = name.rpartition(".")

    @command.command()
    def main(root):
        raise getattr(importlib.import_module(module), error)("Do this.")

    with pytest.raises(SystemExit, match=r"^Do this\.$"):
        main([], tmp_path)


def test_another_error_shows_where_it_was(tmp_path):
    @command.command()
    def main(root):
        return 1 / 0

    with pytest.raises(ZeroDivisionError):
        main([], tmp_path)


def test_an_interrupt_ends_with_a_sentence(tmp_path):
    @command.command(lock="work", kept="All is kept.")
    def main(root):
        raise KeyboardInterrupt

    with pytest.raises(SystemExit, match=r"^Interrupted\. All is kept\.$"):
        main([], tmp_path)


def test_no_other_module_meets_an_interrupt_but_the_one_that_is_shipped_alone():
    catching = {
        path.name
        for path in (ROOT / "tools").glob("*.py")
        if "except KeyboardInterrupt" in path.read_text(encoding="utf-8")
    }
    assert catching == {"command.py", "classroom.py"}


def test_arguments_come_by_name_and_with_the_project(tmp_path):
    @command.command({"what": {}, "--more": {"action": "store_true"}})
    def main(root, what, more):
        return root, what, more

    assert main(["a", "--more"], tmp_path) == (tmp_path, "a", True)


def test_two_processes_do_not_work_at_once(tmp_path):
    code = f"""
import pathlib, sys
from tools.command import alone
with alone("run", pathlib.Path({str(tmp_path)!r})):
    print("begin", flush=True)
    sys.stdin.readline()
    print("end", flush=True)
"""
    first, second = start(code, stdin=-1), None
    assert first.stdout.readline() == "begin\n"
    second = start(code, stdin=-1)
    assert "Another make is at work in this folder" in second.stderr.readline()
    assert first.poll() is None  # the second one has waited for it
    first.communicate("go on\n", timeout=20)
    assert second.communicate("go on\n", timeout=20)[0] == "begin\nend\n"


def test_where_nothing_can_be_written_a_sentence_says_so(tmp_path, monkeypatch):
    @command.command(lock="work")
    def main(root):
        raise AssertionError("it must not begin")

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(pathlib.Path, "mkdir", refuse)
        with pytest.raises(
            SystemExit, match=r"written into .* \(Permission denied\)\. Copy"
        ):
            main([], tmp_path)
    (tmp_path / "_build").write_text("a file")
    with pytest.raises(SystemExit, match=r"Nothing can be written into"):
        main([], tmp_path)


def test_an_error_within_the_work_is_not_taken_for_that(tmp_path):
    @command.command(lock="work")
    def main(root):
        raise PermissionError(13, "Permission denied")

    with pytest.raises(PermissionError):
        main([], tmp_path)


def test_windows_locks_in_its_own_way(tmp_path, monkeypatch):
    free, asked = [False, False, True], []

    class Windows:
        LK_NBLCK = 2

        @staticmethod
        def locking(number, how, n_bytes):
            asked.append((how, n_bytes))
            if not free[len(asked) - 1]:
                raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(command, "fcntl", None)
    monkeypatch.setattr(command, "msvcrt", Windows, raising=False)
    with command.alone("work", tmp_path):
        assert asked == [(2, 1)] * 3


def test_no_command_has_two_ways_to_speak():
    for path in pathlib.Path(command.__file__).parent.glob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "file=sys.stderr" not in text or path.name == "command.py", path.name
