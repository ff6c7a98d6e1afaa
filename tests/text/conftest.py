"""These tests read what is committed: notebooks, pages, code, files for GitHub. They execute no chapter."""

from offline import offline  # noqa: F401
