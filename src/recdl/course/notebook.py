"""What every chapter's notebook calls: `check_parameters` first, then `say`, `show_source` and `record`.

`record("map", 0.045)` is the one way in which a result leaves a notebook. It stores a value in the output of
the cell that calls it, so it travels inside the executed notebook. Tests, the landing page and `make results`
read it from there with `read`.
"""

import ast
import inspect
import json
import numbers
import os
import textwrap

import numpy as np

MIME = "application/vnd.recdl.record+json"


def record(name: str, value):
    """Store a result in the notebook under a name.

    Parameters
    ----------
    name : str
        The result's name; a later value of the same name replaces an earlier one.
    value : number, str, bool, None, or list or dict of these
        What is NumPy's becomes plain: numbers, truth values, and arrays, which become lists.

    Raises
    ------
    TypeError
        If the value cannot be written as JSON; NaN and infinities cannot.
    """
    from IPython.display import display

    value = _plain(value)
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"The result {name!r} cannot be stored as JSON: {value!r} ({error})."
        ) from error
    text = f"{name} = {value:.6f}" if isinstance(value, float) else f"{name} = {value}"
    display({MIME: {"name": name, "value": value}, "text/plain": text}, raw=True)


def _plain(value):
    if isinstance(value, dict):
        return {_plain(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return value
    return int(value) if isinstance(value, numbers.Integral) else float(value)


def read(path: str | os.PathLike) -> dict:
    """Return the results that an executed notebook recorded, by name."""
    with open(path, encoding="utf-8") as file:
        notebook = json.load(file)
    outputs = (
        output for cell in notebook["cells"] for output in cell.get("outputs", [])
    )
    records = (
        output["data"][MIME] for output in outputs if MIME in output.get("data", {})
    )
    return {entry["name"]: entry["value"] for entry in records}


def check_parameters(**parameters: int):
    """Stop a chapter at once, with a sentence, when one of its parameters makes no sense.

    Raises
    ------
    ValueError
        If ``SEED`` is negative, another parameter is below 1, or one is not a whole number: 2.0 is none, as
        what counts with it further down would stop in the middle of the chapter.
    """
    where = "Change it in the cell of parameters."
    for name, value in parameters.items():
        least = 0 if name == "SEED" else 1
        if isinstance(value, bool) or not isinstance(value, numbers.Integral):
            raise ValueError(
                f"{name} must be a whole number, such as 2; received {value!r}. {where}"
            )
        if value < least:
            raise ValueError(
                f"{name} must be at least {least}; received {value}. {where}"
            )


def say(sentence: str):
    """Show a sentence, in Markdown, that carries numbers of this run."""
    from IPython.display import Markdown, display

    display(Markdown(sentence))


def show_source(*things):
    """Show the package's own code of functions and classes, where the code is the lesson.

    Of a long docstring only the first paragraph is shown: `help(thing)` has the rest.
    """
    from IPython.display import Code, display

    sources = [textwrap.dedent(inspect.getsource(thing)) for thing in things]
    display(Code("\n\n".join(map(_shortened, sources)), language="python"))


def _shortened(source: str) -> str:
    lines = source.splitlines()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
            begin, end = node.body[0].lineno - 1, node.body[0].end_lineno - 1
            docstring = "\n".join(lines[begin : end + 1])
            paragraph = docstring.split("\n\n")[0].rstrip().removesuffix('"""')
            lines[begin : end + 1] = [paragraph + '"""', *[None] * (end - begin)]
    return "\n".join(line for line in lines if line is not None)
