"""A progress bar that stays readable everywhere: terminal, Jupyter, Colab, and the printed book.

tqdm's own notebook bar is a widget, which a static page cannot show without fetching scripts. This one
writes its line into the cell's output as text; the last state stays there.
"""

import io
import json
import os
import pathlib
import sys
import tempfile

from tqdm import tqdm

from recdl.files import replacing

STATUS_VARIABLE = (
    "RECDL_STATUS"  # names the file in which this process says how far it is
)


class Status:
    """How far another process is: a file that it writes to and this one reads.

    Examples
    --------
    >>> with Status() as status:
    ...     process = subprocess.Popen(command, env=status.environment())
    ...     print(status.read()["line"])
    """

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="recdl-")
        self.path = pathlib.Path(self.folder.name) / "status.json"
        return self

    def __exit__(self, *error):
        self.folder.cleanup()

    def environment(self) -> dict[str, str]:
        """Return the environment variables for the other process."""
        return os.environ | {STATUS_VARIABLE: str(self.path)}

    def read(self) -> dict:
        """Return ``line``, what it says, and of a `Progress` also ``steps`` and ``note``."""
        try:
            return json.loads(self.path.read_text(encoding="utf-8"))
        except (FileNotFoundError, PermissionError):  # on Windows: written just now
            return {"line": "starting"}


def tell_status(line: str, **more):
    """Say how far this process is, if another one wants to know: one line of text, and details."""
    path = os.environ.get(STATUS_VARIABLE)
    if path:
        with replacing(path) as unfinished:
            unfinished.write_text(json.dumps({"line": line} | more), encoding="utf-8")


def _in_notebook() -> bool:
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return type(shell).__name__ not in ("NoneType", "TerminalInteractiveShell")


class _TextBar(tqdm):
    """tqdm whose line is a piece of text in the output of a notebook cell."""

    handle = None

    def __init__(self, **options):
        super().__init__(
            **options, ascii=False, file=io.StringIO()
        )  # nothing to standard error

    def display(self, msg=None, pos=None):
        """Replace the text that stands in the cell's output by the current line."""
        from IPython.display import Pretty, display

        line = Pretty(str(self) if msg is None else msg)
        if self.handle is None:
            self.handle = display(line, display_id=True)
        else:
            self.handle.update(line)


class Progress:
    """Count steps of a long piece of work, with the time left and a figure of interest.

    Parameters
    ----------
    total : int
        The number of steps.
    description : str
        What is being done, for example ``"NeuMF"``.
    unit : str
        What a step is, for example ``"epoch"``.

    Examples
    --------
    >>> with Progress(total=2, description="training", unit="epoch") as progress:
    ...     for loss in (0.5, 0.4):
    ...         progress.step(f"loss {loss:.4f}")
    """

    def __init__(self, total, description, unit):
        kind = _TextBar if _in_notebook() else tqdm
        self.bar = kind(
            total=total, desc=description, unit=f" {unit}", ncols=80, mininterval=0.5
        )

    def step(self, note="", steps=1):
        """Advance by some steps and show a note behind the bar."""
        self.bar.set_postfix_str(note, refresh=False)
        self.bar.update(steps)
        tell_status(str(self.bar), steps=self.bar.n, note=note)

    def follow(self, status: Status):
        """Advance to where the `Progress` of another process is."""
        found = status.read()
        if (steps := found.get("steps", 0)) > self.bar.n:
            self.step(found["note"], steps - self.bar.n)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.bar.refresh()  # the last state, which mininterval may have left out
        self.bar.close()
