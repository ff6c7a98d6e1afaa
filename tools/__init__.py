"""The commands behind the Makefile, for example `python -m tools.run`; they work on this folder."""

import importlib.util
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]

if importlib.util.find_spec("recdl") is None:  # nothing is installed yet
    sys.path.insert(0, str(ROOT / "src"))
