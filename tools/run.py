"""Execute the notebooks of the book, those that changed, and collect their results.

python -m tools.run                   # everything that is not up to date, into _build/full
python -m tools.run --quick           # with few epochs, each chapter alone, into _build/quick
python -m tools.run --all             # all that the tests read: these two, and quick again
python -m tools.run --print-results   # the results as one JSON object on standard output
"""

import ast
import contextlib
import dataclasses
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from recdl import download, paper, provenance
from recdl.files import replacing
from recdl.progress import STATUS_VARIABLE, Status
from tools import ROOT, cells
from tools.command import command, tell
from tools.project import MODES, Notebook, Project

EXECUTE = (sys.executable, "-m", "tools.execute")
PARALLEL = 2
RESULT_NAMES = [*paper.COUNTS, "train_pairs_sha256", *paper.RESULTS, "systems"]


# What an executed notebook depends on


def data_hash() -> str:
    """Obtain MovieLens-100k, and return the hash of its files."""
    place = download.obtain()
    names = [name for layouts in download.FILES.values() for name in layouts]
    files = [place] if place.is_file() else [place / n for n in names]
    contents = (
        path.name.encode() + path.read_bytes() for path in files if path.exists()
    )
    return provenance.sha256(*contents)


def reached(notebook: Notebook) -> set[provenance.Definition]:
    """Return the definitions of the package that a notebook uses, with all of its chapter's own."""
    for number, cell in cells.code_cells(notebook.content()).items():
        text = cells.source(cell)
        try:
            ast.parse(text)
        except (SyntaxError, ValueError) as error:  # the latter of a null byte
            name = f"{notebook.path.name}, {cells.label(number, text)}"
            sys.exit(
                f"{name} is no Python: {error}. Commands of Jupyter, such as !pip or %timeit, "
                "cannot stand in a chapter."
            )
    # All cells as one text: what one of them imports, others use.
    named = provenance.named_in("\n".join(notebook.code()))
    own = provenance.modules_of(f"recdl.course.chapter_{notebook.chapter}")
    return provenance.reached(named | own)


def package_hash(notebook: Notebook) -> str:
    """Return the hash of the package as far as this notebook uses it, and of the data beside that.

    Of the code alone, or of its whole text where the notebook shows source.
    """
    found = reached(notebook)
    whole = any("show_source(" in cell for cell in notebook.code())
    parts = []
    for definition in sorted(found):
        text = provenance.source(definition)
        parts += [*definition, text if whole else provenance.essence(text)]
    for path in sorted(provenance.files(found)):
        if path.suffix in provenance.DATA:
            parts += [path.name, path.read_bytes()]
    return provenance.sha256(*parts)


def provenances(project: Project) -> dict[str, dict[str, dict]]:
    """Return, by mode and name, what the results of a notebook depend on: if it is equal, they are."""
    provenance.forget()
    lock, found = project.lock.read_bytes(), {mode: {} for mode in MODES}
    shared = {
        "environment": provenance.sha256(lock, sys.version),
        "data": data_hash(),
    }
    for notebook in project.in_order():
        own = {
            "package": package_hash(notebook),
            "code": provenance.sha256(*notebook.code()),
        }
        for mode in notebook.modes():
            needs = {
                name: json.dumps(found[mode][name]) for name in notebook.needs(mode)
            }
            found[mode][notebook.name] = (
                shared
                | own
                | {
                    "parameters": notebook.parameters(mode),
                    "needs": {
                        name: provenance.sha256(of) for name, of in needs.items()
                    },
                }
            )
    return found


def is_fresh(notebook: Notebook, wanted: dict, mode: str = "full") -> bool:
    """Tell whether the executed copy exists and stems from exactly this provenance."""
    if not notebook.executed(mode).exists():
        return False
    return notebook.executed_content(mode)["metadata"].get("provenance") == wanted


def stale(project: Project, *modes: str) -> list["Task"]:
    """Return what must be executed in these modes, in each a notebook behind those it needs."""
    wanted, notebooks = provenances(project), project.in_order()
    tasks = [
        Task(notebook, mode, wanted[mode][notebook.name], tuple(notebook.needs(mode)))
        for mode in modes
        for notebook in notebooks
        if mode in notebook.modes()
    ]
    return [t for t in tasks if not is_fresh(t.notebook, t.provenance, t.mode)]


def demand_fresh(project: Project):
    """Stop unless every notebook was executed in its present form."""
    names = [task.notebook.name for task in stale(project, "full")]
    if names:
        sys.exit(
            f"Not executed in their present form: {', '.join(names)}. Run: make book"
        )


# Executing


@dataclasses.dataclass(frozen=True)
class Task:
    """A notebook to be executed in a mode."""

    notebook: Notebook
    mode: str
    provenance: dict
    needs: tuple[str, ...] = ()  # names of notebooks that are executed before it

    def __str__(self):
        return f"{self.mode:<5}  {self.notebook.name:<24}"

    def demand_a_place_for_parameters(self):
        """Stop unless the notebook, if this mode gives it other parameters, has one cell of them."""
        if self.notebook.parameters(self.mode):
            content = self.notebook.content()
            cells.parameters_cell(content, self.notebook.path.name)

    def seconds(self) -> float:
        """Return how long it took the last time, or else a guess."""
        if self.notebook.executed(self.mode).exists():
            last = self.notebook.executed_content(self.mode)["metadata"]
            if "seconds" in last:
                return last["seconds"]
        is_long = self.mode == "full" and self.notebook.parameters("quick")
        return 100 if is_long else 30


def longest_first(tasks: list[Task]) -> list[Task]:
    """Sort tasks by the seconds until they, and those that wait for them, are done."""

    def seconds(task):
        behind = [t for t in tasks if task.notebook.name in t.needs]
        behind = behind if task.mode == "full" else []
        return task.seconds() + max(map(seconds, behind), default=0)

    return sorted(tasks, key=seconds, reverse=True)


def _job_environment():
    """Return the environment for a notebook, which runs in another folder and shows its figures."""
    variables = {
        name: value for name, value in os.environ.items() if name != "MPLBACKEND"
    }
    for name in ("RECDL_MOVIELENS", "RECDL_CACHE"):
        if name in variables:
            variables[name] = os.path.abspath(os.path.expanduser(variables[name]))
    return variables


class Job:
    """A task being done in a process of its own."""

    def __init__(self, task: Task):
        self.task, self.begin, self.stack = (
            task,
            time.monotonic(),
            contextlib.ExitStack(),
        )
        self.target = task.notebook.executed(task.mode)
        self.failed = self.target.with_name(f"{task.notebook.name}.failed.ipynb")
        if task.mode == "full":
            self.target.unlink(missing_ok=True)
        else:
            shutil.rmtree(self.target.parent, ignore_errors=True)
        self.target.parent.mkdir(parents=True, exist_ok=True)
        self.status = self.stack.enter_context(Status())
        self.unfinished = self.status.path.with_name(self.target.name)
        log = self.status.path.with_name("log")
        self.log = self.stack.enter_context(log.open("w+", encoding="utf-8"))
        notebook = task.notebook
        parameters = json.dumps(notebook.parameters(task.mode))
        paths = (notebook.path, self.unfinished, self.target.parent)
        self.process = subprocess.Popen(
            [*EXECUTE, *map(str, paths), parameters],
            cwd=ROOT,
            env=_job_environment() | {STATUS_VARIABLE: str(self.status.path)},
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=self.log,
            start_new_session=True,  # Ctrl-C reaches this process alone, which then stops the others
        )

    def line(self) -> str:
        """Say what this job is doing now."""
        return self._line(self.status.read()["line"])

    def _line(self, what):
        return f"  {self.task} {time.monotonic() - self.begin:4.0f} s   {what}"

    def finish(self):
        """Keep the executed copy with its provenance, or stop with what went wrong."""
        if self.process.returncode:
            self.log.seek(0)
            tell(self.log.read())
            name = self.task.notebook.name
            if not self.unfinished.exists():
                sys.exit(f"{name} failed before its first cell.")
            shutil.copyfile(self.unfinished, self.failed)
            place = self.failed.relative_to(self.task.notebook.build.parent)
            sys.exit(f"{name} failed; how far it got stands in {place}.")
        content = json.loads(self.unfinished.read_text(encoding="utf-8"))
        content["metadata"]["provenance"] = self.task.provenance
        content["metadata"]["seconds"] = round(time.monotonic() - self.begin, 1)
        with replacing(self.target) as unfinished:
            unfinished.write_text(json.dumps(content, indent=1), encoding="utf-8")
        self.failed.unlink(missing_ok=True)
        tell(self._line("done"))

    def stop(self):
        """End the process and remove what it left half-written."""
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait()
        try:
            self.stack.close()
        except OSError:
            # Its kernel, which ends a moment later, has written its status once more.
            time.sleep(1)
            self.status.folder.cleanup()


def execute_all(project: Project, modes=("full",)):
    """Execute every notebook that is not up to date: two at a time, each behind those it needs."""
    waiting = longest_first(stale(project, *modes))
    for task in waiting:
        task.demand_a_place_for_parameters()
    if not waiting:
        tell("Every notebook is up to date.")
        return
    tell(f"Executing {', '.join(t.notebook.name for t in waiting)} …")
    running, told = [], time.monotonic()
    try:
        while waiting or running:
            busy = {t.notebook.name for t in waiting if t.mode == "full"}
            busy |= {
                job.task.notebook.name for job in running if job.task.mode == "full"
            }
            ready = [task for task in waiting if busy.isdisjoint(task.needs)]
            for task in ready[: PARALLEL - len(running)]:
                waiting.remove(task)
                running.append(Job(task))
            time.sleep(0.2)
            for job in [job for job in running if job.process.poll() is not None]:
                job.finish()
                running.remove(job)
                job.stop()
            if time.monotonic() - told > 5:
                tell("\n".join(job.line() for job in running))
                told = time.monotonic()
    finally:
        for job in running:
            job.stop()


@command(
    {
        "--quick": {"action": "store_true", "help": "few epochs, each chapter alone"},
        "--all": {"action": "store_true", "dest": "every", "help": "every mode"},
        "--print-results": {"action": "store_true", "help": "the results as JSON"},
    },
    lock="run",
    kept="What is finished is kept; the same command continues.",
)
def main(root: Path, quick: bool, every: bool, print_results: bool):
    """Execute the notebooks of the book, those that changed."""
    project, mode = Project(root), "quick" if quick else "full"
    execute_all(project, MODES if every else (mode,))
    if print_results:
        found = project.results(mode)
        shown = {name: found[name] for name in RESULT_NAMES} | {"paper": paper.RESULTS}
        print(json.dumps(shown, indent=2))


if __name__ == "__main__":
    main()
