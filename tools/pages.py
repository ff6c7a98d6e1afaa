"""The sources of the book's pages: the committed ones, filled with the run's outputs, numbers and tables."""

import base64
import json
import shutil
from pathlib import Path

import pandas as pd
import yaml

from recdl import paper
from recdl.experiments import summary
from recdl.experiments.questions import QUESTIONS, VISIT
from recdl.uncertainty import with_interval
from tools import below, boxes, bundle, core_path, panels, repository
from tools.project import Project


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


def figure(project: Project, name: str) -> bytes:
    """Return the picture that an executed notebook shows under this figure name, as PNG."""
    for notebook in project.notebooks():
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


def tables_of_measurements(project: Project, target: Path):
    """Write the committed measurements as tables to be read: words for columns, four digits."""
    target.mkdir()
    folders = ("benchmarks", "src/recdl/course/chapter_10")
    paths = [p for folder in folders for p in (project.root / folder).glob("*.csv")]
    for path in sorted(paths):
        table = pd.read_csv(path).drop(columns="train_sha256", errors="ignore")
        table = table.rename(columns=lambda name: name.replace("_", " "))
        for column in table.select_dtypes("float"):
            table[column] = [f"{float(f'{value:.4g}'):,g}" for value in table[column]]
        if table.shape[1] > 2 * len(table):  # wide and low: a page is narrow
            table = (
                table.set_index(table.columns[0])
                .T.rename_axis(table.columns[0])
                .reset_index()
            )
        table.to_csv(target / path.name, index=False)


def tables_of_run_times(project: Project, target: Path):
    """Write how long each chapter took when it was executed, and which cells took longest."""
    target.mkdir()
    chapters, slow = [], []
    for notebook in project.notebooks():
        title = notebook.title()
        executed = notebook.executed_content()
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


def tables_of_seeds(target: Path, results: dict):
    """Write the paper's results and the run's among our ten seeds, a table for each implementation."""
    ours = {
        "library": ("", paper.seed_runs()),
        "keras": ("keras_", summary.seed_runs()),
    }
    for implementation, (prefix, runs) in ours.items():
        seeds = paper.spread(runs)
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


def tables_of_systems(target: Path, downloads: Path, results: dict):
    """Write all systems: three tables to be read, and one to be downloaded, with everything."""
    every = pd.json_normalize(results["systems"], sep="_")
    every.to_csv(downloads / "systems.csv", index=False)
    systems = [s for s in results["systems"] if s["question"] == VISIT]
    by_question = {
        question: {
            s["name"]: _text(s["ndcg_at_10"])
            for s in results["systems"]
            if s["question"] == question
        }
        for question in QUESTIONS
    }
    by_question = pd.DataFrame(by_question).dropna()
    by_question.to_csv(target / "systems_questions.csv", index_label="system")
    quality, against = [], []
    for system in sorted(systems, key=lambda s: -s["ndcg_at_10"]["mean"]):
        name = {"system": system["name"]}
        metrics = ["ndcg_at_10", "map", "precision_at_10", "recall_at_10"]
        values = {paper.LABELS[m]: _text(system[m]) for m in metrics}
        quality.append(name | values | {"seeds": system["seeds"]})
        minus = {
            f"NDCG@10 minus {other}": _text(system[f"ndcg_at_10_minus_{key}"], "+.4f")
            for key, other in (
                ("paper_neumf", "the paper's NeuMF"),
                ("best_linear", "the linear blend"),
            )
        }
        cost = {
            "coverage": f"{system['item_coverage']:.2f}",
            "seconds": f"{system['train_seconds']:.1f}",
        }
        against.append(name | {"kind": system["kind"]} | minus | cost)
    pd.DataFrame(quality).to_csv(target / "systems.csv", index=False)
    pd.DataFrame(against).to_csv(target / "systems_compared.csv", index=False)


def table_of_second(target: Path):
    """Write what the contenders reach on MovieLens-1M, and the comparisons named before; or "not run"."""
    rows = []
    for question, (reached, compared) in summary.second().items():
        for form, table in ((".4f", reached), ("+.4f", compared)):
            for name, row in table.iterrows():
                rows.append((question, name, _text(row, form)))
    names = ["question", "system or comparison", "NDCG@10"]
    table = pd.DataFrame(rows or [("not run", "–", "–")], columns=names)
    table.to_csv(target / "second.csv", index=False)


def _text(value, form=".4f"):
    if value is None:
        return "–"
    return with_interval((value["mean"], value["low"], value["high"]), form)


def stage(project: Project, source: Path):
    """Lay out the book's sources, with outputs and results filled in, in a folder of their own."""
    for path in below(project.root / "book"):
        target = source / path.relative_to(project.root)
        if path.suffix != ".ipynb":
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    shutil.copy(project.root / "_toc.yml", source)
    seconds = {}
    for notebook in project.notebooks():
        page = source / notebook.path.relative_to(project.root)
        content = boxes.insert(core_path.for_page(notebook.with_outputs()))
        page.write_text(json.dumps(content, indent=1), encoding="utf-8")
        seconds[notebook.name] = notebook.executed_content()["metadata"]["seconds"]
    static, generated = source / "book" / "_static", source / "book" / "generated"
    for name in ("against-paper", "all-systems"):
        (static / f"{name}.png").write_bytes(figure(project, f"fig-{name}"))
    panels.lay(project, static)
    results = project.results()
    tables_of_measurements(project, source / "book" / "benchmarks")
    tables_of_run_times(project, generated)
    tables_of_seeds(generated, results)
    tables_of_systems(generated, static, results)
    table_of_second(generated)
    machine = project.root / "benchmarks" / "speed_machine.json"
    measured = json.loads(machine.read_text(encoding="utf-8"))
    texts = substitutions(results, seconds)
    texts |= {f"bench_{name}": str(value) for name, value in measured.items()}
    texts |= panels.quoted(source)
    wheel = Path(shutil.copy(bundle.own_wheel(project), generated))
    texts["wheel"] = f"{{download}}`{wheel.name} <generated/{wheel.name}>`"
    config = yaml.safe_load((project.root / "_config.yml").read_text(encoding="utf-8"))
    config["sphinx"]["config"]["myst_substitutions"] = texts
    repository.fit(config)
    text = yaml.safe_dump(config, sort_keys=False)
    (source / "_config.yml").write_text(text, encoding="utf-8")
