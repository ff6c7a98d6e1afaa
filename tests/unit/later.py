"""Modules that take seconds to import, for tests: each is imported when a test first uses it.

pytest collects all tests in each of its processes, but not each of them runs tests of TensorFlow.
"""

import importlib


class Later:
    """Stand for a module: what is asked for is the module's, private names excepted."""

    def __init__(self, name):
        self._name = name

    def __getattr__(self, attribute):
        # pytest looks for its marks at all that a module of tests names.
        if attribute.startswith("_") or "pytest" in attribute:
            raise AttributeError(attribute)
        return getattr(importlib.import_module(self._name), attribute)
