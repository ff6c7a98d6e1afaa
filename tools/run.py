"""Execute the notebooks of the book, those that changed, and collect their results.

    python -m tools.run                   # everything that is not up to date, into _build/full
    python -m tools.run --quick           # the same notebooks with few epochs, into _build/quick
    python -m tools.run --print-results   # the results as one JSON object on standard output

A notebook says in its own metadata what it needs and what is different in quick mode:

    "recdl": {"needs": ["05_training"], "quick": {"EPOCHS": 2}}
"""

import argparse
import ast
import dataclasses
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import yaml

from recdl import download, paper, ratings
from recdl.course import notebook
from tools.environment import alone, exit_on_signals
from recdl.progress import STATUS_VARIABLE

ROOT = pathlib.Path(__file__).resolve().parents[3]
PACKAGE = ROOT / "src" / "recdl"
BUILD = ROOT / "_build"
ORCHESTRATION = {  # on which no result depends
    "run.py",
    "execute.py",
    "book.py",
    "slides.py",
    "editions.py",
    "bundle.py",
    "classroom.py",
    "check_setup.py",
    "environment.py",
    "versions.py",
    "repository.py",
    "changed_pages.py",
    "colab.py",
}
PARALLEL = 2
RESULT_NAMES = [*paper.COUNTS, "train_pairs_sha256", *paper.RESULTS, "systems"]


def tell(text):
    """Print progress on standard error, which leaves standard output to results."""
    print(text, file=sys.stderr, flush=True)


@dataclasses.dataclass(frozen=True)
class Notebook:
    """A notebook of the book, as it is committed."""

    path: pathlib.Path

    @property
    def name(self):
        """The name without ending, for example ``05_training``."""
        return self.path.stem

    def content(self):
        """Return the notebook as parsed JSON."""
        try:
            return json.loads(self.path.read_text(encoding="utf-8"))
        except json.JSONDecodeError as error:
            sys.exit(
                f"{self.path.name} is not a notebook: it does not parse as JSON ({error})."
            )

    def title(self):
        """Return the heading, for example ``5 · Training``."""
        first = "".join(self.content()["cells"][0]["source"])
        return first.splitlines()[0].removeprefix("# ")

    def settings(self):
        """Return what the notebook says of itself: ``needs`` and ``quick``."""
        return self.content()["metadata"].get("recdl", {})

    def executed(self, quick):
        """Return where the executed copy lies."""
        return BUILD / ("quick" if quick else "full") / self.path.name

    def executed_content(self, quick):
        """Return the executed copy as parsed JSON."""
        return json.loads(self.executed(quick).read_text(encoding="utf-8"))

    def with_outputs(self) -> dict:
        """Return the committed notebook with the outputs of its executed copy, cell by cell."""
        content, executed = self.content(), self.executed_content(quick=False)
        outputs = {c["id"]: c for c in executed["cells"] if c["cell_type"] == "code"}
        for cell in content["cells"]:
            if cell["cell_type"] == "code":
                cell["outputs"] = outputs[cell["id"]]["outputs"]
                cell["execution_count"] = outputs[cell["id"]]["execution_count"]
        return content

    def parameters(self, quick):
        """Return the papermill parameters in this mode."""
        return self.settings().get("quick", {}) if quick else {}


def notebooks() -> list[Notebook]:
    """Return the notebooks that the table of contents names, in its order."""
    contents = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    chapters = [chapter for part in contents["parts"] for chapter in part["chapters"]]
    paths = (ROOT / f"{chapter['file']}.ipynb" for chapter in chapters)
    return [Notebook(path) for path in paths if path.exists()]


def sha256(*parts: str | bytes) -> str:
    """Return the SHA-256 of several parts, each marked off by its length."""
    digest = hashlib.sha256()
    for part in parts:
        part = part.encode() if isinstance(part, str) else part
        digest.update(f"{len(part)}:".encode() + part)
    return digest.hexdigest()


def code_only(source: str) -> str:
    """Return Python code without comments, formatting and docstrings, which no result can depend on."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)
            and ast.get_docstring(node) is not None
        ):
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)


def counts_for(path: pathlib.PurePath, name: str) -> bool:
    """Tell whether the results of a notebook may depend on this file of the package."""
    chapter = "chapter_" + re.match("0*([0-9]*)", name)[1]
    of_another = path.stem.startswith("chapter_") and path.stem != chapter
    if "recdl/course/experiments/" in path.as_posix():
        of_another = chapter < "chapter_7"
    known = path.suffix in (".py", ".toml", ".csv") and path.name not in ORCHESTRATION
    return known and not of_another


def package_hash(name: str, *, whole: bool) -> str:
    """Return the hash of the package as far as this notebook uses it.

    Its code alone, or its whole text where the notebook shows source. The exercises, exhibits, figures and
    quizzes of other chapters do not count.
    """
    parts = []
    for path in sorted(path for path in PACKAGE.rglob("*") if counts_for(path, name)):
        text = path.read_text(encoding="utf-8")
        keep_all = whole or path.suffix != ".py"
        parts += [str(path.relative_to(PACKAGE)), text if keep_all else code_only(text)]
    return sha256(*parts)


def data_hash() -> str:
    """Obtain MovieLens-100k, and return the hash of its files."""
    place = download.obtain()
    names = [name for layouts in download.FILES.values() for name in layouts]
    files = (
        [place]
        if place.is_file()
        else [place / n for n in names if (place / n).exists()]
    )
    return sha256(*(path.name.encode() + path.read_bytes() for path in files))


def provenances(quick: bool) -> dict[str, dict]:
    """Return, for each notebook, what its results depend on; two equal entries mean equal results."""
    shared = {
        "environment": sha256((ROOT / "requirements.txt").read_bytes(), sys.version),
        "data": data_hash(),
    }
    found = {}
    for notebook in in_order(notebooks()):
        cells = [c for c in notebook.content()["cells"] if c["cell_type"] == "code"]
        code = ["".join(cell["source"]) for cell in cells]
        shows_source = any("show_source(" in cell for cell in code)
        found[notebook.name] = shared | {
            "package": package_hash(notebook.name, whole=shows_source),
            "code": sha256(*code),
            "parameters": notebook.parameters(quick),
            "needs": {
                name: sha256(json.dumps(found[name]))
                for name in notebook.settings().get("needs", [])
            },
        }
    return found


def in_order(books: list[Notebook]) -> list[Notebook]:
    """Sort notebooks so that each stands behind those it needs."""
    done, ordered, waiting = set(), [], list(books)
    while waiting:
        ready = [n for n in waiting if done.issuperset(n.settings().get("needs", []))]
        if not ready:
            sys.exit(
                f"These notebooks need one that does not exist, or each other: {[n.name for n in waiting]}"
            )
        ordered += ready
        done |= {n.name for n in ready}
        waiting = [n for n in waiting if n.name not in done]
    return ordered


def is_fresh(notebook: Notebook, provenance: dict, quick: bool) -> bool:
    """Tell whether the executed copy exists and stems from exactly this provenance."""
    if not notebook.executed(quick).exists():
        return False
    return notebook.executed_content(quick)["metadata"].get("provenance") == provenance


def demand_fresh():
    """Stop unless every notebook was executed in its present form."""
    wanted = provenances(quick=False)
    stale = [
        n.name for n in notebooks() if not is_fresh(n, wanted[n.name], quick=False)
    ]
    if stale:
        sys.exit(
            f"Not executed in their present form: {', '.join(stale)}. Run: make book"
        )


def _job_environment() -> dict[str, str]:
    """Return the environment for a notebook, which runs in another folder and shows its figures."""
    variables = {
        name: value for name, value in os.environ.items() if name != "MPLBACKEND"
    }
    for name in ("RECDL_MOVIELENS", "RECDL_CACHE"):
        if name in variables:
            variables[name] = os.path.abspath(os.path.expanduser(variables[name]))
    return variables


class Job:
    """One notebook being executed in a process of its own."""

    def __init__(self, notebook, provenance, quick, folder):
        self.notebook, self.provenance = notebook, provenance
        self.target = notebook.executed(quick)
        self.unfinished = self.target.with_name(f"{notebook.name}.unfinished.ipynb")
        self.failed = self.target.with_name(f"{notebook.name}.failed.ipynb")
        self.target.parent.mkdir(parents=True, exist_ok=True)
        self.target.unlink(missing_ok=True)
        self.status = pathlib.Path(folder) / f"{notebook.name}.status"
        log = pathlib.Path(folder) / f"{notebook.name}.log"
        self.log = log.open("w+", encoding="utf-8")
        self.begin = time.time()
        parameters = json.dumps(notebook.parameters(quick))
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tools.execute",
                notebook.path,
                self.unfinished,
                parameters,
            ],
            env=_job_environment() | {STATUS_VARIABLE: str(self.status)},
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=self.log,
            start_new_session=True,  # Ctrl-C reaches this process alone, which then stops the others
        )

    def line(self):
        """Say what this job is doing now."""
        status = (
            self.status.read_text(encoding="utf-8")
            if self.status.exists()
            else "starting"
        )
        return (
            f"  {self.notebook.name:<24} {time.time() - self.begin:4.0f} s   {status}"
        )

    def finish(self):
        """Keep the executed copy with its provenance, or stop with what went wrong."""
        if self.process.returncode:
            self.log.seek(0)
            tell(self.log.read())
            if not self.unfinished.exists():
                sys.exit(f"{self.notebook.name} failed before its first cell.")
            os.replace(self.unfinished, self.failed)
            sys.exit(
                f"{self.notebook.name} failed; "
                f"how far it got stands in {self.failed.relative_to(ROOT)}."
            )
        content = json.loads(self.unfinished.read_text(encoding="utf-8"))
        content["metadata"]["provenance"] = self.provenance
        content["metadata"]["seconds"] = round(time.time() - self.begin, 1)
        self.unfinished.write_text(json.dumps(content, indent=1), encoding="utf-8")
        os.replace(self.unfinished, self.target)
        self.failed.unlink(missing_ok=True)
        tell(f"  {self.notebook.name:<24} {time.time() - self.begin:4.0f} s   done")

    def stop(self):
        """End the process and remove what it left half-written."""
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait()
        self.log.close()
        self.unfinished.unlink(missing_ok=True)


def execute_all(quick: bool = False):
    """Execute every notebook that is not up to date: two at a time, each behind those it needs."""
    exit_on_signals()
    wanted = provenances(quick)
    waiting = [
        n for n in in_order(notebooks()) if not is_fresh(n, wanted[n.name], quick)
    ]
    if not waiting:
        tell("Every notebook is up to date.")
        return
    tell(f"Executing {', '.join(n.name for n in waiting)} …")
    running, told = [], time.time()
    with tempfile.TemporaryDirectory(prefix="recdl-") as folder:
        try:
            while waiting or running:
                busy = {n.name for n in waiting} | {
                    job.notebook.name for job in running
                }
                ready = [
                    n for n in waiting if busy.isdisjoint(n.settings().get("needs", []))
                ]
                for notebook in ready[: PARALLEL - len(running)]:
                    waiting.remove(notebook)
                    running.append(Job(notebook, wanted[notebook.name], quick, folder))
                time.sleep(0.2)
                for job in [job for job in running if job.process.poll() is not None]:
                    job.finish()
                    running.remove(job)
                    job.stop()
                if time.time() - told > 5:
                    tell("\n".join(job.line() for job in running))
                    told = time.time()
        finally:
            for job in running:
                job.stop()


def results(quick: bool = False) -> dict:
    """Return everything that the executed notebooks recorded, by name."""
    collected = {}
    for notebook in notebooks():
        collected |= notebook.read(notebook.executed(quick))
    return collected


def main():
    """Read the command line and do what it says."""
    parser = argparse.ArgumentParser(description="Execute the notebooks of the book.")
    parser.add_argument("--quick", action="store_true", help="few epochs")
    parser.add_argument(
        "--print-results", action="store_true", help="print the results as JSON"
    )
    arguments = parser.parse_args()
    try:
        with alone("run"):
            execute_all(arguments.quick)
    except (download.DataUnavailable, ratings.DataError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("Interrupted. What is finished is kept; the same command continues.")
    if arguments.print_results:
        found = results(arguments.quick)
        print(
            json.dumps(
                {name: found[name] for name in RESULT_NAMES} | {"paper": paper.RESULTS},
                indent=2,
            )
        )


if __name__ == "__main__":
    main()
