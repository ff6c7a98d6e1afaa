import pathlib
import shutil
import subprocess
import sys
import types

import psutil
import pytest

from processes import signals
from recdl import download, movielens, ratings
from recdl.course import check_setup
from recdl.course.check_setup import Problem


def python(code):
    return [sys.executable, "-c", code]


def fails():
    raise Problem("it is too small", "Buy a larger one.")


# The report


def test_a_ready_machine_gets_a_line_for_each_check_and_status_0(monkeypatch, capsys):
    monkeypatch.setattr(
        check_setup, "CHECKS", {"disk": lambda: "5 GB", "data": lambda: "all"}
    )
    assert check_setup.main() == 0
    assert capsys.readouterr().out.splitlines() == [
        "disk       ok       5 GB",
        "data       ok       all",
        "",
        "This machine is ready for the course.",
    ]


def test_a_problem_is_told_with_its_remedy_and_the_other_checks_go_on(
    monkeypatch, capsys
):
    monkeypatch.setattr(check_setup, "CHECKS", {"disk": fails, "data": lambda: "all"})
    assert check_setup.main() == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "disk       problem  it is too small"
    assert lines[1].split(maxsplit=1) == ["remedy", "Buy a larger one."]
    assert lines[2] == "data       ok       all"
    assert lines[-1].startswith("1 of 2 checks found a problem.")


def test_an_error_that_nobody_expected_is_a_problem_too(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(check_setup, "CHECKS", {"disk": lambda: 1 / 0})
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ".venv"))
    assert check_setup.main() == 1
    out = capsys.readouterr().out
    assert "problem  ZeroDivisionError: division by zero" in out
    assert "remedy   Run the set-up cell of a chapter once more." in out
    (tmp_path / "requirements.txt").touch()
    assert check_setup.main() == 1
    assert "remedy   In the course's folder: make env." in capsys.readouterr().out


def test_without_any_package_it_reports_and_shows_no_traceback():
    source = str(pathlib.Path(check_setup.__file__).parents[2])
    code = (
        f"import sys; sys.path.insert(0, {source!r})\n"
        "from recdl.course import check_setup\n"
        "check_setup.WORKER[1:1] = ['-S']\n"
        "sys.exit(check_setup.main())"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    assert "packages   problem  ModuleNotFoundError" in done.stdout
    assert "MovieLens  problem  ModuleNotFoundError" in done.stdout
    assert "training   problem  ModuleNotFoundError" in done.stdout


# The checks


@pytest.mark.parametrize("version", [(3, 10, 9), (3, 14, 0)])
def test_another_python_is_a_problem(version, monkeypatch):
    monkeypatch.setattr(sys, "version_info", version)
    with pytest.raises(Problem, match=r"the course needs 3\.11 to 3\.13") as caught:
        check_setup.check_python()
    assert "python3 course.py env" in caught.value.remedy


def test_the_projects_own_environment_has_the_right_packages():
    assert "in the right version, among them numpy" in check_setup.check_packages()


@pytest.mark.parametrize(
    ("requirement", "fault"),
    [
        ("numpy>=99", r"numpy is [\d.]+; needed is >=99"),
        ("no-such-package", "no-such-package is missing"),
    ],
)
def test_a_package_that_is_wrong_or_missing_is_named(requirement, fault, monkeypatch):
    monkeypatch.setattr("importlib.metadata.requires", lambda _: [requirement])
    with pytest.raises(Problem, match=fault):
        check_setup.check_packages()


def test_a_package_that_is_there_and_broken_is_named(monkeypatch):
    monkeypatch.setattr("importlib.metadata.requires", lambda _: ["tqdm"])
    monkeypatch.setitem(check_setup.MODULES, "tqdm", "a_module_that_does_not_exist")
    with pytest.raises(Problem, match="tqdm cannot be imported"):
        check_setup.check_packages()


def test_packages_for_building_the_book_are_not_asked_for(monkeypatch):
    monkeypatch.setattr(
        "importlib.metadata.requires", lambda _: ['nothing; extra == "book"', "numpy"]
    )
    assert check_setup.check_packages().startswith("1 in the right version")


def test_too_little_memory_is_a_problem(monkeypatch):
    little = types.SimpleNamespace(available=0.5e9)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: little)
    with pytest.raises(Problem, match=r"0\.5 GB free"):
        check_setup.check_memory()


def test_too_little_disk_is_a_problem(monkeypatch):
    little = types.SimpleNamespace(free=0.2e9)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: little)
    with pytest.raises(Problem, match=r"0\.2 GB free in"):
        check_setup.check_disk()


@pytest.mark.parametrize("error", [download.DataUnavailable, ratings.DataError])
def test_data_that_are_wrong_or_cannot_be_had_are_a_problem(error, monkeypatch):
    def refuse():
        raise error("No source has MovieLens-100k.\n- Cache: empty")

    monkeypatch.setattr(movielens, "load_ratings", refuse)
    with pytest.raises(Problem, match="No source") as caught:
        check_setup.check_data()
    assert "in a browser" in caught.value.remedy


def test_two_steps_of_training_give_the_loss_of_a_model_that_knows_nothing():
    assert check_setup.two_steps() == pytest.approx(0.693, abs=0.01)


def test_training_that_works_is_ok(monkeypatch):
    monkeypatch.setattr(check_setup, "WORKER", python("print('a note'); print(0.6932)"))
    assert check_setup.check_training().endswith("loss 0.693")


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("raise OSError('broken')", "OSError: broken"),
        ("import sys; sys.exit(3)", "no message"),
        ("print(float('nan'))", "the loss is nan"),
        ("print(0.9)", "must be near 0.693"),
        pytest.param(
            "import os; os.kill(os.getpid(), 9)",
            "stopped by SIGKILL",
            marks=signals,
        ),
    ],
)
def test_training_that_fails_is_a_problem(code, found, monkeypatch):
    monkeypatch.setattr(check_setup, "WORKER", python(code))
    with pytest.raises(Problem, match=found):
        check_setup.check_training()


def test_what_another_program_has_chosen_for_keras_does_no_harm(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    (tmp_path / "keras.json").write_text('{"backend": "torch", "floatx": "float16"}')
    assert "loss 0.69" in check_setup.check_training()


def test_settings_with_which_keras_cannot_start_are_named(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "keras.json").write_text('{"floatx": "float7"}')
    with pytest.raises(Problem, match=r"keras\.json: correct them, or delete the file"):
        check_setup.check_training()


def test_training_that_hangs_is_a_problem(monkeypatch):
    monkeypatch.setattr(check_setup, "TRAINING_S", 0.1)
    monkeypatch.setattr(check_setup, "WORKER", python("import time; time.sleep(60)"))
    with pytest.raises(Problem, match="not done after"):
        check_setup.check_training()


def test_training_that_is_slow_is_a_problem(monkeypatch):
    monkeypatch.setattr(check_setup, "TRAINING_S", 0.2)
    monkeypatch.setattr(
        check_setup, "WORKER", python("import time; time.sleep(0.4); print(0.693)")
    )
    with pytest.raises(Problem, match="took"):
        check_setup.check_training()
