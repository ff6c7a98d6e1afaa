"""The bug museum: real bugs of this field, each with the check that catches it.

The exhibits of a chapter stand in its folder, ``chapter_6/museum.py`` for example. A unit test proves that
each check lets the mended version pass and stops the broken one.
"""

import dataclasses
from collections.abc import Callable

from recdl import course
from recdl.course.notebook import say


@dataclasses.dataclass(frozen=True)
class Exhibit:
    """A bug that really stood somewhere.

    Attributes
    ----------
    title : str
        The bug in a few words.
    source : str
        Where it stood: the project and the file.
    broken, mended : callable
        The same function with and without the bug.
    check : callable
        Gets a version of the function and raises AssertionError, with a sentence, if it has the bug.
    """

    title: str
    source: str
    broken: Callable
    mended: Callable
    check: Callable[[Callable], None]

    def caught(self):
        """Show what the check says of the broken version.

        Raises
        ------
        RuntimeError
            If the check does not notice the bug.
        """
        try:
            self.check(self.broken)
        except AssertionError as found:
            say(f"> **Caught.** {found}")
            return
        raise RuntimeError(f"The check does not notice the bug {self.title!r}.")


def exhibits() -> list[Exhibit]:
    """Return all exhibits, chapter by chapter."""
    museums = (course.part(n, "museum") for n in course.chapters("museum.py"))
    return [exhibit for museum in museums for exhibit in museum.EXHIBITS]
