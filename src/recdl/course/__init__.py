"""What only the course needs: a folder for each chapter, and beside them what all chapters share."""

import importlib
import pathlib
from types import ModuleType


def chapters(file: str) -> list[int]:
    """Return the numbers of the chapters whose folder has this file, such as ``"quiz.toml"``."""
    found = pathlib.Path(__file__).parent.glob(f"chapter_*/{file}")
    return sorted(int(path.parent.name.removeprefix("chapter_")) for path in found)


def part(chapter: int, name: str) -> ModuleType:
    """Return a module of a chapter's folder, such as ``"exercises"``."""
    return importlib.import_module(f"{__name__}.chapter_{chapter}.{name}")
