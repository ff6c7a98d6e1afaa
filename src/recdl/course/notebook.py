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

MIME = "application/vnd.recdl.record+json"


def record(name: str, value):
    """Store a result in the notebook under a name.

    Parameters
    ----------
    name : str
        The result's name; a later value of the same name replaces an earlier one.
    value : number, str, bool, None, or list or dict of these
        NumPy numbers become plain ones.

    Raises
    ------
    TypeError
        If the value cannot be written as JSON; NaN and infinities cannot.
    """
    from IPython.display import display

    if isinstance(value, numbers.Integral) and not isinstance(value, bool):
        value = int(value)
    elif isinstance(value, numbers.Real) and not isinstance(value, bool):
        value = float(value)
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"The result {name!r} cannot be stored as JSON: {value!r} ({error})."
        ) from error
    text = f"{name} = {value:.6f}" if isinstance(value, float) else f"{name} = {value}"
    display({MIME: {"name": name, "value": value}, "text/plain": text}, raw=True)


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


def check_parameters(**numbers: int):
    """Stop a chapter at once, with a sentence, when one of its parameters makes no sense.

    Raises
    ------
    ValueError
        If ``SEED`` is negative or another parameter is below 1.
    """
    for name, value in numbers.items():
        least = 0 if name == "SEED" else 1
        if value < least:
            raise ValueError(
                f"{name} must be at least {least}; received {value}. Change it in the cell of parameters."
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
