"""What people expect of a repository: one version, a licence, workflows that run what everybody can run."""

import os
import re
import shutil
import subprocess
import sys
import tomllib

import pytest
import yaml

import course
from tools import ROOT, repository
from tools.pythons import allowed

PYTHONS = ["{}.{}".format(*pair) for pair in allowed()]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def text(name, root=ROOT):
    return (root / name).read_text(encoding="utf-8")


def jobs(workflow):
    return yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"]


def steps(workflow):
    return [step for job in jobs(workflow).values() for step in job["steps"]]


def targets():
    return {name for name, *_ in course.TARGETS}


each_workflow = pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda w: w.stem)


# A version


def test_a_release_has_one_version():
    version = PROJECT["project"]["version"]
    newest = re.search(
        r"^## \[(\d+\.\d+\.\d+)\] - (\d{4}-\d\d-\d\d|not released yet)$",
        text("CHANGELOG.md"),
        flags=re.M,
    )
    assert newest[1] == version
    assert yaml.safe_load(text("CITATION.cff"))["version"] == version


def test_the_citation_has_the_paper_and_the_data():
    citation = yaml.safe_load(text("CITATION.cff"))
    bibliography = text("book/references.bib")
    assert len(citation["references"]) == 2
    for reference in citation["references"]:
        assert reference["title"] in re.sub("[{}]", "", bibliography)
        assert reference.get("doi", "") in bibliography
    assert citation["license"] == PROJECT["project"]["license"]


def test_the_licence_speaks_of_code_text_and_data():
    for word in ("MIT License", "Attribution 4.0", "MovieLens data are not part"):
        assert word in text("LICENSE")


# Workflows


def test_there_are_three_workflows():
    assert [w.stem for w in WORKFLOWS] == ["publish", "pull-request", "weekly"]


@each_workflow
def test_a_workflow_may_do_little(workflow):
    content = yaml.safe_load(workflow.read_text(encoding="utf-8"))
    assert content["permissions"] == {}
    assert content["concurrency"]["group"]
    writes = set()
    for job in jobs(workflow).values():
        assert job["timeout-minutes"] <= 120
        writes |= {name for name, what in job["permissions"].items() if what != "read"}
    allowed = {"weekly": {"issues"}, "publish": {"pages", "id-token"}}
    assert writes == allowed.get(workflow.stem, set())
    for step in steps(workflow):
        if step.get("uses", "").startswith("actions/checkout"):
            assert step["with"]["persist-credentials"] is False


@each_workflow
def test_a_workflow_uses_actions_of_github_at_a_major_version(workflow):
    used = [step["uses"] for step in steps(workflow) if "uses" in step]
    assert used
    for action in used:
        assert re.fullmatch(r"actions/[a-z-]+@v\d+", action)


@each_workflow
def test_no_text_from_outside_becomes_a_command(workflow):
    for step in steps(workflow):
        assert "${{" not in step.get("run", "")


@each_workflow
def test_what_a_workflow_runs_everybody_can_run(workflow):
    commands = "\n".join(step.get("run", "") for step in steps(workflow))
    front_door = r"\bpython course\.py ([a-z-]+)"
    made = re.findall(r"\bmake ([a-z- ]+[a-z])", commands)
    made += re.findall(front_door, commands)
    assert made or ".ci/run" in commands
    for line in made:
        assert set(line.split()) <= targets(), line
    for script in re.findall(r"\.ci/\w+", commands):
        assert os.access(ROOT / script, os.X_OK)
    others = re.sub(front_door, "", commands)
    assert not re.search(r"\b(pip|python|pytest|jupyter|ruff)\b", others)


# The address: every step runs here as GitHub would run it, in a clone.

OWN, OTHER = "https://github.com/-me/course", "https://github.com/-you/course"


def save(clone, address=None):
    """Commit what stands in a clone, with this address if one is given."""
    if address is not None:
        repository.change(address, clone)
    git = ["git", "-C", clone, "-c", "user.name=Me", "-c", "user.email=me@h.example"]
    subprocess.run([*git, "add", "--all"], check=True)
    commit = ["commit", "--quiet", "--no-gpg-sign", "--allow-empty", "--message=x"]
    subprocess.run([*git, *commit], check=True)


@pytest.fixture
def clone(tmp_path):
    """Return a clone of the files that name the address, and of the command that changes it."""
    named = (ROOT / name for name in ("Makefile", "course.py", "pyproject.toml"))
    for path in [*named, *repository.files()]:
        target = tmp_path / path.relative_to(ROOT)
        target.parent.mkdir(exist_ok=True)
        shutil.copy(path, target)
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "tools", tmp_path / "tools", ignore=ignore)
    (tmp_path / "src").symlink_to(ROOT / "src")
    (tmp_path / ".gitignore").write_text("__pycache__\n")
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    return tmp_path


def as_github_does(command, clone):
    server, owner, name = OWN.rsplit("/", 2)
    known = {"GITHUB_SERVER_URL": server, "GITHUB_REPOSITORY": f"{owner}/{name}"}
    known["PYTHON"] = sys.executable
    variables = os.environ | known
    command = ["bash", "-e", "-c", command]
    return subprocess.run(
        command, cwd=clone, env=variables, capture_output=True, text=True
    )


@pytest.mark.parametrize("committed", ["", OTHER, OWN])
def test_a_published_book_points_to_the_repository_that_publishes_it(clone, committed):
    """And it offers Colab only if what Colab opens, the committed chapters, has that address."""
    save(clone, committed)
    commands = [step.get("run", "") for step in steps(WORKFLOWS[0])]
    said = ""
    for command in filter(None, commands[: commands.index("make test")]):
        done = as_github_does(command, clone)
        assert done.returncode == 0, done.stderr
        said += done.stdout
    assert repository.address(clone) == OWN
    before = yaml.safe_load(text("_config.yml"))["launch_buttons"]
    after = yaml.safe_load(text("_config.yml", clone))["launch_buttons"]
    # Where this runs while it is being published, it may not be there before.
    dropped = set() if committed == OWN else {"colab_url"}
    assert set(after) == set(before) - dropped
    assert ("type make set-repository, then commit" in said) == (committed != OWN)


def test_a_pull_request_brings_no_address_of_another_repository(clone):
    (check,) = (
        step["run"] for step in steps(WORKFLOWS[1])
        if "set-repository" in step.get("run", "")
    )  # fmt: skip
    for fine in ("", OWN):
        save(clone, fine)
        assert as_github_does(check, clone).returncode == 0
    save(clone, OTHER)
    done = as_github_does(check, clone)
    assert done.returncode == 1
    assert f"Run make set-repository URL=none, or URL={OWN}" in done.stdout
    repository.change("", clone)
    (chapter,) = clone.glob("book/04_*.ipynb")
    text = chapter.read_text(encoding="utf-8")
    alone = text.replace(r"SOURCE = \"\"", rf"SOURCE = \"git+{OTHER}\"")
    chapter.write_text(alone, encoding="utf-8")
    save(clone)
    assert alone != text
    assert as_github_does(check, clone).returncode == 1


def test_the_weekly_run_begins_from_nothing_on_every_python():
    (weekly,) = (w for w in WORKFLOWS if w.stem == "weekly")
    matrix = jobs(weekly)["full"]["strategy"]["matrix"]
    assert matrix["python"] == PYTHONS
    assert (
        jobs(weekly)["newest"]["steps"][1]["with"]["python-version"].split() == PYTHONS
    )
    assert "cache" not in weekly.read_text(encoding="utf-8")
    assert set(jobs(weekly)["report"]["needs"]) == set(jobs(weekly)) - {"report"}


def test_the_weekly_run_looks_at_macos_and_windows_without_make():
    (weekly,) = (w for w in WORKFLOWS if w.stem == "weekly")
    elsewhere = jobs(weekly)["elsewhere"]
    matrix = elsewhere["strategy"]["matrix"]
    assert matrix["system"] == ["macos-latest", "windows-latest"]
    assert matrix["python"] == PYTHONS[1:]  # macOS has no packages for the oldest
    commands = "\n".join(step.get("run", "") for step in elsewhere["steps"])
    assert re.findall(r"course\.py (\w+)", commands) == ["env", "unit"]
    assert "make" not in commands


def test_the_pythons_are_named_where_people_look():
    first, *_, last = PYTHONS
    for name in ("README.md", "book/setup.md", "CHANGELOG.md"):
        assert all(python in text(name) for python in PYTHONS), name
    assert f"{first} to {last}" in text(".ci/run")


def test_dependabot_proposes_nothing_that_the_book_cannot_use():
    (pip,) = (
        u for u in yaml.safe_load(text(".github/dependabot.yml"))["updates"]
        if u["package-ecosystem"] == "pip"
    )  # fmt: skip
    ignored = {i["dependency-name"]: i["versions"] for i in pip["ignore"]}
    bounds = PROJECT["project"]["optional-dependencies"]["book"]
    for name, (above,) in ignored.items():
        (bound,) = (b for b in bounds if re.match(rf"{name}\b", b))
        assert bound.endswith(above.replace(">=", ",<"))
    assert set(ignored) == {"jupyter-book", "sphinx-book-theme"}


# For those who help


def test_the_button_of_a_page_can_open_an_issue_with_the_page_in_its_title():
    config = yaml.safe_load(text(".github/ISSUE_TEMPLATE/config.yml"))
    assert config["blank_issues_enabled"] is True
    html = yaml.safe_load(text("_config.yml"))["html"]
    assert html["use_issues_button"]
    assert html["use_edit_page_button"]


def test_the_guide_for_contributors_names_what_there_is():
    guide = text("CONTRIBUTING.md")
    named = re.findall(r"(?:`|^)make ([a-z0-9-]+)", guide, flags=re.M)
    assert len(named) > 5
    assert set(named) <= targets()
    for path in re.findall(r"`((?:src|book|tests|tools)/[\w/.-]+)`", guide):
        invented = "chapter_10" in path or "/10_" in path or "notes_10" in path
        assert invented or (ROOT / path).exists(), path


def test_commits_are_checked_by_the_ruff_of_the_lock():
    (local,) = yaml.safe_load(text(".pre-commit-config.yaml"))["repos"]
    hooks = {hook["id"]: hook for hook in local["hooks"]}
    assert local["repo"] == "local"
    assert set(hooks) == {"strip-outputs", "ruff-check", "ruff-format"}
    for name in ("ruff-check", "ruff-format"):
        assert hooks[name]["entry"].startswith(".venv/bin/python -m ruff ")
        assert "jupyter" in hooks[name]["types_or"]
