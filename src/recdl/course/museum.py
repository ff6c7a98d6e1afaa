"""The bug museum: real bugs of this field, each with the check that catches it.

The exhibits of a chapter stand in its folder, ``chapter_6/museum.py`` for example. A unit test proves that
each check lets the mended version pass and stops the broken one.
"""

import dataclasses
from collections.abc import Callable

from recdl import course
from recdl.course.notebook import say

READ_AT = {  # the release or the commit of each repository in which somebody read the bug
    "RUCAIBox/RecBole": "7b02be5ec80a88310f2d04a27a82adfcbb5dc211",
    "d2l-ai/d2l-en": "23d7a5aecceee57d1292c56e90cce307f183bb0a",
    "hexiangnan/neural_collaborative_filtering": "4aab159e81c44b062c091bdaed0ab54ac632371f",
    "keras-team/keras-io": "ff6a507b2737777a8845ff9a2f1caf7f53ce3e78",
    "mlcommons/training": "fe79f3f7d6cee9393c45251ed389dbaf6f45a831",
    "recommenders-team/recommenders": "1.2.1",
    "yihong-chen/neural-collaborative-filtering": "e6cfeb4e4e1ae676bc291b97fc18ce157358a087",
}


@dataclasses.dataclass(frozen=True)
class Exhibit:
    """A bug that really stood somewhere.

    Attributes
    ----------
    title : str
        The bug in a few words.
    source : str
        Where it stood, in Markdown: a `permalink`, or a publication with its year.
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
            say(f"> **Caught.** {found}\n>\n> *Source:* {self.source}.")
            return
        raise RuntimeError(f"The check does not notice the bug {self.title!r}.")


def permalink(repository: str, file: str, at: str | None = None) -> str:
    """Return a link in Markdown to a file (``a/b.py#L12``) as it was at a commit or a release."""
    at = at or READ_AT[repository]
    shown = file.replace("#", "?plain=1#")  # text, not a page made from it
    address = f"https://github.com/{repository}/blob/{at}/{shown}"
    return f"[{repository}, {file.replace('#L', ', line ')}]({address}), at {at[:7]}"


def exhibits() -> list[Exhibit]:
    """Return all exhibits, chapter by chapter."""
    museums = (course.part(n, "museum") for n in course.chapters("museum.py"))
    return [exhibit for museum in museums for exhibit in museum.EXHIBITS]
