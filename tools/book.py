"""Build the HTML book from the executed notebooks, with warnings as errors.

    python -m tools.book

A page is the committed notebook with the outputs of its executed copy, so a change of the prose needs no new
execution. The finished book appears in _build/html at once; a build that fails leaves the old one.
"""

import base64
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

import pandas as pd
import yaml

from recdl import paper
from tools import repository, run, slides
from tools.environment import alone, exit_on_signals
from recdl.course.notebook import with_interval

SOURCE = run.BUILD / "book-source"
OUTPUT = run.BUILD / "book-output"
HTML = run.BUILD / "html"
STAMP = HTML / ".made-from"  # inside, so that it never outlives the pages


def substitutions(results: dict, seconds: dict[str, float]) -> dict[str, str]:
    """Return the texts that stand for ``{{ name }}`` in the book's Markdown pages, all from the run."""
    texts = {f"paper_{name}": f"{value:.4f}" for name, value in paper.RESULTS.items()}
    texts |= {
        f"off_{name}": f"{off:+.1%}" for name, off in paper.deviations(results).items()
    }
    texts |= {f"seconds_{name}": f"{value:.0f}" for name, value in seconds.items()}
    for name, value in results.items():
        if isinstance(value, list):
            continue  # a table, not a text
        texts[name] = f"{value:,}" if isinstance(value, int) else str(value)
        if isinstance(value, float):
            texts[name] = f"{value:.4f}"
    return texts


def figure(name: str) -> bytes:
    """Return the picture that an executed notebook shows under this figure name, as PNG."""
    for notebook in run.notebooks():
        for cell in notebook.with_outputs()["cells"]:
            if cell["metadata"].get("mystnb", {}).get("figure", {}).get("name") == name:
                pictures = [
                    o["data"]["image/png"]
                    for o in cell["outputs"]
                    if "image/png" in o.get("data", {})
                ]
                if pictures:
                    return base64.b64decode(pictures[0])
    raise KeyError(f"No executed notebook shows a picture of the name {name!r}.")


def tables_of_measurements(target: pathlib.Path):
    """Write the committed measurements as tables to be read: words for columns, four digits."""
    target.mkdir()
    for path in sorted((run.ROOT / "benchmarks").glob("*.csv")):
        table = pd.read_csv(path).rename(columns=lambda name: name.replace("_", " "))
        for column in table.select_dtypes("float"):
            table[column] = [f"{float(f'{value:.4g}'):,g}" for value in table[column]]
        if table.shape[1] > 2 * len(table):  # wide and low: a page is narrow
            table = (
                table.set_index(table.columns[0])
                .T.rename_axis(table.columns[0])
                .reset_index()
            )
        table.to_csv(target / path.name, index=False)


def tables_of_run_times(target: pathlib.Path):
    """Write how long each chapter took when it was executed, and which cells took longest."""
    target.mkdir()
    chapters, slow = [], []
    for notebook in run.notebooks():
        title = notebook.title()
        executed = notebook.executed_content(quick=False)
        seconds = [
            (cell["metadata"].get("papermill", {}).get("duration") or 0, cell)
            for cell in executed["cells"]
        ]
        longest = max(duration for duration, _ in seconds)
        whole = executed["metadata"]["seconds"]
        chapters.append((title, f"{whole:.0f}", f"{longest:.1f}"))
        for duration, cell in seconds:
            if duration > 2:
                first = "".join(cell["source"]).strip().splitlines()[0]
                slow.append((title, f"``{first}``", f"{duration:.1f}"))
    names = ["chapter", "seconds in all", "longest cell, in seconds"]
    pd.DataFrame(chapters, columns=names).to_csv(target / "run_times.csv", index=False)
    slow.sort(key=lambda row: -float(row[2]))
    names = ["chapter", "the cell begins with", "seconds"]
    pd.DataFrame(slow, columns=names).to_csv(target / "slow_cells.csv", index=False)


def tables_of_seeds(target: pathlib.Path, results: dict):
    """Write the paper's results and the run's among our ten seeds, a table for each implementation."""
    for implementation, prefix in (("library", ""), ("keras", "keras_")):
        seeds = paper.spread(implementation)
        run_of = pd.Series({name: results[prefix + name] for name in paper.RESULTS})
        off = (run_of - seeds["mean"]) / seeds["sd"]
        table = pd.DataFrame(
            {
                "the paper": pd.Series(paper.RESULTS).map("{:.4f}".format),
                "this run": run_of.map("{:.4f}".format),
                "mean of ten seeds": seeds["mean"].map("{:.4f}".format),
                "standard deviation (sd)": seeds["sd"].map("{:.4f}".format),
                "the paper's distance": seeds["distance"].map("{:+.2f} sd".format),
                "this run's distance": off.map("{:+.2f} sd".format),
            }
        )
        table.rename(paper.LABELS).to_csv(
            target / f"seeds_{implementation}.csv", index_label="result"
        )


def tables_of_systems(target: pathlib.Path, downloads: pathlib.Path, results: dict):
    """Write all systems: two tables to be read, and one to be downloaded, with everything."""
    systems = results["systems"]
    pd.json_normalize(systems, sep="_").to_csv(downloads / "systems.csv", index=False)

    def text(value, form=".4f"):
        if value is None:
            return "–"
        return with_interval((value["mean"], value["low"], value["high"]), form)

    quality, against = [], []
    for system in sorted(systems, key=lambda s: -s["ndcg_at_10"]["mean"]):
        name = {"system": system["name"]}
        metrics = ["ndcg_at_10", "map", "precision_at_10", "recall_at_10"]
        values = {paper.LABELS[m]: text(system[m]) for m in metrics}
        quality.append(name | values | {"seeds": system["seeds"]})
        minus = {
            f"NDCG@10 minus {other}": text(system[f"ndcg_at_10_minus_{key}"], "+.4f")
            for key, other in (
                ("paper_neumf", "the paper's NeuMF"),
                ("best_classical", "the best classical"),
            )
        }
        cost = {
            "coverage": f"{system['item_coverage']:.2f}",
            "seconds": f"{system['train_seconds']:.1f}",
        }
        against.append(name | {"kind": system["kind"]} | minus | cost)
    pd.DataFrame(quality).to_csv(target / "systems.csv", index=False)
    pd.DataFrame(against).to_csv(target / "systems_compared.csv", index=False)


def stage():
    """Lay out the book's sources, with outputs and results filled in, in a folder of their own."""
    shutil.rmtree(SOURCE, ignore_errors=True)
    shutil.copytree(
        run.ROOT / "book",
        SOURCE / "book",
        ignore=shutil.ignore_patterns("*.ipynb", "artefacts", ".*"),
    )
    shutil.copy(run.ROOT / "_toc.yml", SOURCE)
    seconds = {}
    for notebook in run.notebooks():
        page = SOURCE / notebook.path.relative_to(run.ROOT)
        page.write_text(json.dumps(notebook.with_outputs(), indent=1), encoding="utf-8")
        executed = notebook.executed_content(quick=False)
        seconds[notebook.name] = executed["metadata"]["seconds"]
    static = SOURCE / "book" / "_static"
    for name in ("against-paper", "all-systems"):
        (static / f"{name}.png").write_bytes(figure(f"fig-{name}"))
    tables_of_measurements(SOURCE / "book" / "benchmarks")
    tables_of_run_times(SOURCE / "book" / "generated")
    results = run.results()
    tables_of_seeds(SOURCE / "book" / "generated", results)
    tables_of_systems(SOURCE / "book" / "generated", static, results)
    config = yaml.safe_load((run.ROOT / "_config.yml").read_text(encoding="utf-8"))
    machine = json.loads(
        (run.ROOT / "benchmarks" / "speed_machine.json").read_text(encoding="utf-8")
    )
    texts = substitutions(results, seconds)
    texts |= {f"bench_{name}": str(value) for name, value in machine.items()}
    config["sphinx"]["config"]["myst_substitutions"] = texts
    repository.fit(config)
    (SOURCE / "_config.yml").write_text(
        yaml.safe_dump(config, sort_keys=False), encoding="utf-8"
    )


def fingerprint() -> str:
    """Return one hash of everything that the pages are made from."""
    parts = [
        (run.ROOT / "requirements.txt").read_bytes(),
        pathlib.Path(__file__).read_bytes(),
        pathlib.Path(slides.__file__).read_bytes(),
        slides.PAGE,
    ]
    for path in sorted(path for path in SOURCE.rglob("*") if path.is_file()):
        parts += [str(path.relative_to(SOURCE)), path.read_bytes()]
    return run.sha256(*parts)


def build(made_from: str):
    """Run Jupyter Book on the staged sources and put the pages, marked with their sources' hash, in place."""
    shutil.rmtree(OUTPUT, ignore_errors=True)
    command = [
        sys.executable,
        "-c",
        "from jupyter_book.cli.main import main; main()",
        "build",
        str(SOURCE),
    ]
    command += ["--path-output", str(OUTPUT), "-n", "-W", "--keep-going"]
    made = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    (run.BUILD / "book.log").write_text(made.stdout, encoding="utf-8")
    if made.returncode:
        run.tell(made.stdout[-6000:])
        sys.exit(
            "The book was not built: each warning above is an error. The whole log: _build/book.log"
        )
    (OUTPUT / "_build" / "html" / STAMP.name).write_text(made_from, encoding="utf-8")
    if HTML.exists():
        os.replace(HTML, OUTPUT / "old")
    os.replace(OUTPUT / "_build" / "html", HTML)
    shutil.rmtree(OUTPUT)


def main():
    """Build the book unless nothing has changed."""
    exit_on_signals()
    try:
        with alone("run"):
            _main()
    except KeyboardInterrupt:
        sys.exit("Interrupted. An earlier book is kept; the same command continues.")


def _main():
    begin = time.time()
    run.demand_fresh()
    stage()
    now = fingerprint()
    if STAMP.exists() and STAMP.read_text(encoding="utf-8") == now:
        run.tell("The book is up to date: _build/html/index.html")
        return
    run.tell("Building the book …")
    slides.write(SOURCE / "extra" / "slides")
    build(now)
    run.tell(f"Built in {time.time() - begin:.0f} s. Open _build/html/index.html")


if __name__ == "__main__":
    main()
