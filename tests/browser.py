"""A headless Chromium for the tests, driven over its own DevTools protocol."""

import json
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest
import websocket

from tools import chromium

KEYS = {  # key: its code, its number, and the text that it writes
    "Tab": ("Tab", 9, ""),
    "ArrowRight": ("ArrowRight", 39, ""),
    "ArrowLeft": ("ArrowLeft", 37, ""),
    "ArrowDown": ("ArrowDown", 40, ""),
    "End": ("End", 35, ""),
    "Home": ("Home", 36, ""),
    " ": ("Space", 32, " "),
    "Enter": ("Enter", 13, "\r"),
    "Escape": ("Escape", 27, ""),
}


def program() -> str:
    """Return this machine's browser; without one the tests fail, so that nobody takes them for passed."""
    found = chromium.find()
    if not found:
        pytest.fail(
            "These tests need Chromium, Chrome or Edge. Install it (on Debian: apt-get install chromium), or "
            "name it: CHROMIUM=/path/to/chrome",
            pytrace=False,
        )
    return found


class Browser:
    """A page in a headless browser; what it fetches and says to its console is written down.

    Attributes
    ----------
    said : list
        Messages of the console, and errors.
    fetched : list of str
        The addresses of all requests.
    """

    def __init__(self, folder: Path):
        options = ["--headless=new", "--remote-debugging-port=0", "--disable-gpu"]
        options += ["--no-first-run", f"--user-data-dir={folder}", "about:blank"]
        options += ["--disable-dev-shm-usage"]  # in a container it is too small
        options += chromium.for_root()
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen([program(), *options], **quiet)
        try:
            port = self._port(folder / "DevToolsActivePort")
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json") as answer:
                pages = [page for page in json.load(answer) if page["type"] == "page"]
            address = pages[0]["webSocketDebuggerUrl"]
            self.socket = websocket.create_connection(
                address,
                suppress_origin=True,
                timeout=120,
                skip_utf8_validation=True,  # in Python it takes a tenth of all time
            )
        except BaseException:
            self.process.kill()
            raise
        self.number, self.said, self.fetched, self.loaded = 0, [], [], False
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def _port(self, file):
        for _ in range(600):
            if file.exists() and "\n" in (text := file.read_text()):
                return int(text.splitlines()[0])
            assert self.process.poll() is None, "The browser did not start."
            time.sleep(0.1)
        raise AssertionError("The browser did not start within a minute.")

    def close(self):
        """End the browser."""
        self.socket.close()
        self.process.terminate()
        self.process.wait(timeout=60)

    def call(self, method: str, **options) -> dict:
        """Call a method of the protocol and return its result."""
        self.number += 1
        self.socket.send(
            json.dumps({"id": self.number, "method": method, "params": options})
        )
        while (message := self._next()).get("id") != self.number:
            pass
        assert "error" not in message, (method, message["error"])
        return message["result"]

    def _next(self):
        message = json.loads(self.socket.recv())
        method, about = message.get("method"), message.get("params", {})
        if method in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown"):
            self.said.append(about)
        elif method == "Log.entryAdded":
            self.said.append(about["entry"])
        elif method == "Network.requestWillBeSent":
            self.fetched.append(about["request"]["url"])
        elif method == "Page.loadEventFired":
            self.loaded = True
        return message

    def open(self, page: Path, more: str = ""):
        """Open a file, with what stands behind its name in the address, and wait until it is loaded."""
        self.loaded, self.said, self.fetched = False, [], []
        self.call("Page.navigate", url=page.as_uri() + more)
        while not self.loaded:
            self._next()

    def run(self, script: str):
        """Return the value of an expression, a plain value or a promise of one."""
        options = {"returnByValue": True, "awaitPromise": True}
        done = self.call("Runtime.evaluate", expression=script, **options)
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def press(self, *keys: str):
        """Press keys, one after the other."""
        for key in keys:
            code, number, text = KEYS[key]
            about = {"key": key, "code": code, "windowsVirtualKeyCode": number}
            about["nativeVirtualKeyCode"] = number
            down = {"type": "keyDown", "text": text} if text else {"type": "rawKeyDown"}
            self.call("Input.dispatchKeyEvent", **down, **about)
            self.call("Input.dispatchKeyEvent", type="keyUp", **about)

    def window(self, width: int, *, theme: str = "light", media: str = ""):
        """Choose the width of the window, the colours that the system prefers, and print or screen."""
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self.call("Emulation.setDeviceMetricsOverride", **size)
        feature = [{"name": "prefers-color-scheme", "value": theme}]
        self.call("Emulation.setEmulatedMedia", media=media, features=feature)

    def picture(self, path: Path):
        """Write a picture of the whole page."""
        import base64

        done = self.call("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(done["data"]))
