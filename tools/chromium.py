"""Chromium, or Chrome or Edge, without a window: finding it on this computer, and opening a page in it."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.command import tell

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
ELSEWHERE = {  # where they are when no command starts them: that of playwright, and those of a system
    "linux": ("~/.cache/ms-playwright/chromium-*/chrome-linux*/chrome",),
    "darwin": (
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
        "~/Library/Caches/ms-playwright/chromium-*/chrome-mac*/*.app/Contents/MacOS/*",
    ),
    "win32": (
        "C:/Program Files*/Google/Chrome/Application/chrome.exe",
        "C:/Program Files*/Microsoft/Edge/Application/msedge.exe",
        "~/AppData/Local/ms-playwright/chromium-*/chrome-win*/chrome.exe",
    ),
}
MINUTES = 10


def find() -> str | None:
    """Return the path of the one that CHROMIUM names, or of the first that is there; None without one."""
    if named := os.environ.get("CHROMIUM"):
        return shutil.which(named)
    found = [shutil.which(name) for name in NAMES]
    for pattern in ELSEWHERE.get(sys.platform, ()):
        place = Path(pattern).expanduser()
        found += sorted(Path(place.anchor).glob(str(place.relative_to(place.anchor))))
    return next((str(path) for path in found if path), None)


def for_root() -> list[str]:
    """Return what Chromium must be told where the user is root: it refuses to start with a sandbox then."""
    is_root = hasattr(os, "geteuid") and not os.geteuid()
    return ["--no-sandbox"] if is_root else []


def visit(page: Path, *options: str, without: str) -> str:
    """Open a page with these options, wait until its scripts have nothing to do, and return what it prints.

    Stop with its words where it fails, and with `without`, a sentence, where there is none.
    """
    program, named = find(), os.environ.get("CHROMIUM")
    if program is None:
        what = (
            f"{named} is no program."
            if named
            else "No Chromium, Chrome or Edge was found."
        )
        sys.exit(f"{what} Install one, or name it: CHROMIUM=/path/to/it. {without}")
    words = [program, "--headless", "--disable-gpu", *options]
    # This time is not that of a clock: it goes fast while nothing happens.
    words += ["--virtual-time-budget=6000000"]
    words += for_root()
    pipes = {"capture_output": True, "encoding": "utf-8", "errors": "replace"}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        words += [f"--user-data-dir={profile}", page.as_uri()]
        try:
            return subprocess.run(
                words, timeout=60 * MINUTES, check=True, **pipes
            ).stdout
        except subprocess.TimeoutExpired:
            sys.exit(f"{program} had not finished after {MINUTES} minutes.")
        except subprocess.CalledProcessError as error:
            tell(error.stderr)
            sys.exit(f"{program} failed; the lines above are its own.")
