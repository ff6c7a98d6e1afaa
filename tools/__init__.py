"""The commands behind course.py, for example `python -m tools.run`; they work on this folder."""

import importlib.util
import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]

if importlib.util.find_spec("recdl") is None:  # nothing is installed yet
    sys.path.insert(0, str(ROOT / "src"))


def is_foreign(path):
    """Tell whether a path is none of the project's own: hidden, an environment, made by a program."""
    made = path.name in ("__pycache__", "artefacts", "node_modules")
    made = made or path.name.endswith(".egg-info")
    return made or path.name.startswith(".") or (path / "pyvenv.cfg").exists()


def below(folder):
    """Return the project's own files below a folder, in order, such as those of `book`.

    People keep environments and checkpoints of Jupyter there; whatever lies in them is no page.
    """
    found = []
    for place, folders, names in os.walk(str(folder)):
        place = pathlib.Path(place)
        folders[:] = [name for name in folders if not is_foreign(place / name)]
        found += [place / n for n in names if not is_foreign(place / n)]
    return sorted(found)
