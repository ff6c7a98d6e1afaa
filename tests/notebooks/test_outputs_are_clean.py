"""What the executed chapters and the built pages show holds no secret and nothing of whoever ran them.

`make test` executes the chapters and builds the pages before these tests.
"""

import getpass
import json
import os
import re
from pathlib import Path

import pytest

from tools import ROOT
from tools.project import COURSE

PATTERNS = {
    "an e-mail address": r"[\w.+-]+@[\w-]+\.[a-zA-Z]\w+",
    "an IP address": r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])",
    "a key of AWS": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "a token of GitHub": r"\bgh[pousr]_\w{30,}|\bgithub_pat_\w{30,}",
    "a token of Hugging Face": r"\bhf_\w{30,}",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    "base64": r"(?<![\w+/])(?=\S*[A-Z])(?=\S*[g-z])(?=\S*\d)[\w+/]{60,}={0,2}",
}
PICTURE = re.compile(r"data:(?:image|font)/[^\"')\s]*")
# The address of a file at a commit, which looks like base64: the sources of the bug museum.
PERMALINK = re.compile(r"https://[\w.-]+(?:/[\w.-]+){2}/blob/[0-9a-f]{40}/[\w./-]*")
SECRET = re.compile("TOKEN|KEY|SECRET|PASSWORD", flags=re.IGNORECASE)


def of_this_machine() -> dict[str, str]:
    """Return a pattern for each thing that only this machine or who uses it can have put into a text."""
    user = re.escape(getpass.getuser())
    values = {"the home directory": str(Path.home()), "the checkout": str(ROOT)}
    secret = {f"${n}": v for n, v in os.environ.items() if SECRET.search(n)}
    return {
        "the user name": rf"[/\\]{user}\b|\b{user}@",
        **{name: re.escape(v) for name, v in values.items() if len(v) > 4},
        **{name: re.escape(v) for name, v in secret.items() if len(v) > 7},
    }


def findings(text: str) -> list[str]:
    """Return what in a text is a secret or personal, each with the words themselves."""
    text = PERMALINK.sub("", PICTURE.sub("", text))
    return [
        f"{name}: {match[0]}"
        for name, pattern in (PATTERNS | of_this_machine()).items()
        for match in re.finditer(pattern, text)
    ]


def shown(notebook) -> dict[str, str]:
    """Return all text that the cells of an executed notebook show, by the cell's id."""
    texts = {}
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            parts = {"text": output.get("text"), "error": output.get("traceback")}
            for kind, part in (parts | output.get("data", {})).items():
                if kind not in ("image/png", "image/jpeg"):
                    part = "".join(part) if isinstance(part, list) else part
                    part = part if isinstance(part, str) else json.dumps(part)
                    texts[cell["id"]] = texts.get(cell["id"], "") + part + "\n"
    return texts


@pytest.mark.parametrize("notebook", COURSE.notebooks(), ids=lambda n: n.name)
def test_no_cell_shows_a_secret_or_who_ran_it(notebook):
    texts = shown(notebook.executed_content())
    assert texts
    found = {cell: findings(text) for cell, text in texts.items()}
    assert {cell: what for cell, what in found.items() if what} == {}


def test_no_page_shows_a_secret_or_who_built_it():
    pages = [p for p in COURSE.html.rglob("*.html") if "_static" not in p.parts]
    assert pages
    found = {p.name: findings(p.read_text(encoding="utf-8")) for p in pages}
    assert {page: what for page, what in found.items() if what} == {}


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("an e-mail address", "written to ana.bo-b@uni-hamm.example today"),
        ("an IP address", "connected to 192.168.0.17:8888"),
        ("a key of AWS", "key = AKIA" + "ABCDEFGH12345678"),
        ("a token of GitHub", "ghp_" + "a1B2" * 9),
        ("a token of GitHub", "github_pat_" + "a1B2" * 9),
        ("a token of Hugging Face", "hf_" + "aBcD" * 9),
        ("a private key", "-----BEGIN " + "OPENSSH PRIVATE KEY-----"),
        ("base64", "the answer was " + "bm90aGluZyB0byBzZWU0" * 4 + "=="),
        ("the home directory", f"File {Path.home()}/notes.txt"),
        ("the checkout", f"File {ROOT}/src/recdl/paper.py, line 3"),
        ("the user name", f"/data/{getpass.getuser()}/ratings.csv"),
        ("the user name", f"{getpass.getuser()}@laptop"),
        ("$RECDL_TEST_TOKEN", "the token is open sesame, open"),
    ],
)
@pytest.mark.parametrize("output", ["text", "traceback", "text/plain", "image/svg+xml"])
def test_a_secret_or_a_person_would_be_noticed(kind, text, output, monkeypatch):
    monkeypatch.setenv("RECDL_TEST_TOKEN", "open sesame")
    outputs = {"data": {output: [text]}} if "/" in output else {output: [text]}
    texts = shown({"cells": [{"id": "here", "outputs": [outputs]}]})
    assert kind in [found.split(":")[0] for found in findings(texts["here"])]


@pytest.mark.parametrize(
    "text",
    [
        "Keras 3.15.1, TensorFlow 2.21.0",
        "76cf001ec8738431b93065eee7d7fdafc823332ea251f054c1540dd8591a5040",
        '<img src="data:image/png;base64,' + "aB3/" * 40 + '">',
        "precision@10 = 0.1, NDCG@10",
    ],
)
def test_what_tells_nothing_of_anybody_is_left_alone(text):
    assert findings(text) == []
