import json

import numpy as np
import pytest

from recdl import progress
from recdl.course import notebook
from recdl.course.notebook import MIME


@pytest.fixture
def shown(monkeypatch):
    """Return the list of what a cell displays."""
    displayed = []
    monkeypatch.setattr(
        "IPython.display.display", lambda data, **_: displayed.append(data)
    )
    return displayed


def notebook_with(tmp_path, *outputs):
    cells = [
        {"cell_type": "markdown"},
        *({"cell_type": "code", "outputs": [{"data": o}]} for o in outputs),
    ]
    path = tmp_path / "executed.ipynb"
    path.write_text(json.dumps({"cells": cells}))
    return path


@pytest.mark.parametrize("value", [0.25, 3, "text", True, None, [1, 2], {"a": 1.5}])
def test_a_recorded_value_is_read_back(shown, tmp_path, value):
    notebook.record("thing", value)
    found = notebook.read(notebook_with(tmp_path, *shown))["thing"]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (np.float64(0.5), float),
        (np.int64(7), int),
        (np.float32(0.5), float),
        (np.float64(0.3) > 0.2, bool),
    ],
)
def test_numpy_numbers_become_plain(shown, value, plain):
    notebook.record("thing", value)
    assert type(shown[0][MIME]["value"]) is plain


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ([np.float32(0.5)], [0.5]),
        (
            {"hits": np.int64(3), "all": (np.True_, None)},
            {"hits": 3, "all": [True, None]},
        ),
        (np.arange(3), [0, 1, 2]),
        ({"curve": [np.array([[1.5, 2]])]}, {"curve": [[[1.5, 2.0]]]}),
    ],
)
def test_numpy_values_within_others_become_plain(shown, tmp_path, value, plain):
    notebook.record("thing", value)
    assert notebook.read(notebook_with(tmp_path, *shown)) == {"thing": plain}


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        float("inf"),
        object(),
        [np.nan],
        {"a": np.array([np.inf])},
        1j,
        np.datetime64("2020"),
    ],
)
def test_what_json_cannot_hold_is_refused(shown, value):
    with pytest.raises(TypeError, match="'thing' cannot be stored"):
        notebook.record("thing", value)


def test_the_last_value_of_a_name_counts_and_other_outputs_do_not(shown, tmp_path):
    notebook.record("thing", 1)
    notebook.record("thing", 2)
    assert notebook.read(notebook_with(tmp_path, {"text/plain": "hello"}, *shown)) == {
        "thing": 2
    }


def test_source_is_shown_with_the_first_paragraph_of_its_docstring():
    source = 'def f(x):\n    """Do it.\n\n    Parameters\n    ----------\n    """\n    return x  # why\n'
    assert (
        notebook._shortened(source)
        == 'def f(x):\n    """Do it."""\n    return x  # why'
    )


def test_source_of_a_class_is_shown_with_its_methods():
    method = '\n\n    def f(self):\n        """Do it."""\n        return 1'
    source = 'class A:\n    """Be.\n\n    More.\n    """' + method
    assert notebook._shortened(source) == 'class A:\n    """Be."""' + method


def test_progress_is_told_to_the_file_that_another_process_reads(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv(progress.STATUS_VARIABLE, str(tmp_path / "status"))
    with progress.Progress(total=4, description="work", unit="steps") as bar:
        bar.step("loss 0.5")
        assert "1/4" in (tmp_path / "status").read_text()
        assert "loss 0.5" in (tmp_path / "status").read_text()
    assert "1/4" in capsys.readouterr().err


def test_progress_in_a_notebook_is_one_text_that_changes(monkeypatch, capsys):
    class Handle:
        lines: list = []  # noqa: RUF012

        def update(self, line):
            self.lines.append(line.data)

    monkeypatch.setattr(progress, "_in_notebook", lambda: True)
    monkeypatch.setattr("IPython.display.display", lambda line, display_id: Handle())
    with progress.Progress(total=2, description="work", unit="steps") as bar:
        bar.step("first")
        bar.step("second")
    assert "2/2" in Handle.lines[-1]
    assert "second" in Handle.lines[-1]
    assert capsys.readouterr() == ("", "")


def test_sensible_parameters_pass():
    notebook.check_parameters(EPOCHS=1, K=10, SEED=0)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"EPOCHS": 0}, "EPOCHS must be at least 1; received 0"),
        ({"K": -3}, "K must be at least 1; received -3"),
        ({"SEED": -1}, "SEED must be at least 0; received -1"),
        ({"EPOCHS": 2.5}, "EPOCHS must be a whole number, such as 2; received 2.5"),
        ({"EPOCHS": 2.0}, "EPOCHS must be a whole number, such as 2; received 2.0"),
        ({"EPOCHS": "2"}, "EPOCHS must be a whole number, such as 2; received '2'"),
        ({"SEED": float("nan")}, "SEED must be a whole number, .*; received nan"),
        ({"K": None}, "K must be a whole number"),
        ({"K": True}, "K must be a whole number"),
    ],
)
def test_an_absurd_parameter_is_refused_by_name(parameters, words):
    with pytest.raises(ValueError, match=words):
        notebook.check_parameters(N_NEGATIVES=4, **parameters)
