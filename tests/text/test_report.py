"""The weekly run opens an issue, also when all of its jobs have failed with much to say."""

import math
import os
import subprocess

import pytest
import yaml

from tools import ROOT

ROOM = 65536  # characters of an issue
pytestmark = pytest.mark.skipif(os.name == "nt", reason="it runs on GitHub's Linux")


def report(folder):
    """Return the text of the issue for the logs in a folder."""
    command = ["bash", ROOT / ".ci" / "report", folder, "https://h.example/runs/1"]
    done = subprocess.run(command, capture_output=True, check=True)
    return done.stdout.decode(errors="replace")  # the first letter may be cut in two


def log(folder, name, content):
    (folder / name).mkdir(parents=True)
    (folder / name / "report.txt").write_bytes(content)


def n_jobs():
    """Count the jobs of the weekly run that leave a log."""
    text = (ROOT / ".github" / "workflows" / "weekly.yml").read_text(encoding="utf-8")
    jobs = yaml.safe_load(text)["jobs"]
    jobs.pop("report")
    matrices = (job.get("strategy", {}).get("matrix", {}) for job in jobs.values())
    return sum(math.prod(map(len, matrix.values())) for matrix in matrices)


@pytest.mark.parametrize("line", ["é" * 2000, "x" * 20, ""])
def test_all_logs_together_have_room_in_an_issue(tmp_path, line):
    for i in range(n_jobs()):
        content = f"{line}\n" * 500 + f"the end of {i}\n"
        log(tmp_path, f"report-windows-latest-python-3.{i}", content.encode())
    said = report(tmp_path)
    assert len(said) < ROOM
    for i in range(n_jobs()):
        assert f"\n    the end of {i}\n" in said
    if len(line) > 100:
        assert len(said.encode()) > ROOM * 0.9  # the room is used


def test_no_line_of_a_log_becomes_markdown(tmp_path):
    log(tmp_path, "a", b"one\r# two\r\n\0## three\n" + b"y" * 99999 + b"\n@four")
    said = report(tmp_path)
    own = [line for line in said.splitlines() if not line.startswith("    ")]
    assert [line for line in own if line] == [
        "The run: https://h.example/runs/1",
        "## a",
        "The last lines:",
    ]
    assert said.endswith("\n    @four")


def test_without_a_log_it_says_so(tmp_path):
    assert "No job left a log." in report(tmp_path)
