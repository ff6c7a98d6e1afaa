"""The repository's address: one place holds it, all files agree, and one command changes all of them."""

import json
import re
import shutil
import subprocess
import sys

import pytest
import yaml

from tools import ROOT, repository
from tools.project import COURSE

ADDRESS = repository.address()
OTHER = "https://other.example.net/owner/course"  # not the one that a reader may try
NOTEBOOKS = COURSE.notebooks()


def text(name):
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.fixture
def copy(tmp_path):
    """Return a copy of the files that may name the address."""
    for path in repository.files():
        target = tmp_path / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    return tmp_path


def content(root):
    return {
        path.relative_to(root): path.read_bytes() for path in repository.files(root)
    }


# All files agree


def test_the_configuration_has_the_address_where_the_book_looks_for_it():
    assert yaml.safe_load(text("_config.yml"))["repository"]["url"] == ADDRESS
    assert repository.valid(ADDRESS) == ADDRESS


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda n: n.name)
def test_a_chapter_installs_the_package_from_the_address(notebook):
    cells = notebook.content()["cells"]
    (setup,) = (c for c in cells if "google.colab" in "".join(c["source"]))
    assert re.findall(r"git\+([^\s\"'@#]+)", "".join(setup["source"])) == [ADDRESS]


def test_pages_badges_citation_and_templates_name_the_address():
    assert set(re.findall(r"git clone (\S+)", text("book/setup.md"))) == {ADDRESS}
    assert set(re.findall(r"git clone (\S+)", text("CONTRIBUTING.md"))) == {ADDRESS}
    badges = re.findall(r"\((https://\S+?)/actions/\S+\)", text("README.md"))
    assert set(badges) == {ADDRESS}
    assert yaml.safe_load(text("CITATION.cff"))["repository-code"] == ADDRESS
    links = yaml.safe_load(text(".github/ISSUE_TEMPLATE/config.yml"))["contact_links"]
    assert [link["url"].removeprefix(ADDRESS) for link in links] == [
        "/blob/main/book/troubleshooting.md"
    ]


def test_nothing_else_names_the_address():
    """Otherwise the command that changes it would not find it."""
    paths = {path for path in ROOT.iterdir() if path.is_file()}
    for folder in (
        ".ci",
        ".github",
        "benchmarks",
        "book",
        "src/recdl",
        "tests",
        "tools",
    ):
        paths |= {p for p in (ROOT / folder).rglob("*") if p.is_file()}
    assert len(paths) > 100
    paths -= set(repository.files())
    assert [path for path in paths if ADDRESS.encode() in path.read_bytes()] == []


# Changing it


def test_the_command_changes_every_file_and_back_gives_the_same_bytes(copy):
    before = content(copy)
    changed = repository.change(OTHER, copy)
    assert repository.address(copy) == OTHER
    assert changed[-1] == "_config.yml"
    named = {
        path.as_posix() for path, what in before.items() if ADDRESS.encode() in what
    }
    assert set(changed) == named
    assert not any(ADDRESS.encode() in what for what in content(copy).values())
    assert repository.change(OTHER, copy) == []
    repository.change(ADDRESS, copy)
    assert content(copy) == before
    assert not list(copy.rglob("*unfinished*"))


def test_a_notebook_keeps_its_form(copy):
    repository.change(OTHER, copy)
    for path in copy.glob("book/*.ipynb"):
        written = path.read_text(encoding="utf-8")
        whole = json.dumps(json.loads(written), indent=1, ensure_ascii=False) + "\n"
        assert written == whole


def test_an_interrupted_change_can_be_repeated(copy, monkeypatch):
    replacing, left = repository.replacing, [3]

    def stop(path):
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt
        return replacing(path)

    with monkeypatch.context() as patch:
        patch.setattr(repository, "replacing", stop)
        with pytest.raises(KeyboardInterrupt):
            repository.change(OTHER, copy)
    assert repository.address(copy) == ADDRESS
    repository.change(OTHER, copy)
    assert not any(ADDRESS.encode() in what for what in content(copy).values())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("see https://h.org/a/b.", "see NEW."),
        ("git+https://h.org/a/b\\n", "git+NEW\\n"),
        ("git+https://h.org/a/b@main", "git+NEW@main"),
        ("(https://h.org/a/b/issues)", "(NEW/issues)"),
        ("https://h.org/a/b.git", "NEW.git"),
        ("https://h.org/a/b-2", "https://h.org/a/b-2"),
        ("https://h.org/a/bc", "https://h.org/a/bc"),
        ("https://h.org/a/b.github.io", "https://h.org/a/b.github.io"),
        ("https://hxorg/a/b", "https://hxorg/a/b"),
    ],
)
def test_only_the_address_itself_is_replaced(before, after):
    done = repository.replaced(before.encode(), "https://h.org/a/b", "NEW")
    assert done.decode() == after


@pytest.mark.parametrize(
    "url",
    [OTHER, OTHER + "/", OTHER + ".git", f" {OTHER} ", OTHER + ".git/"],
)
def test_an_address_is_taken_as_people_copy_it(url):
    assert repository.valid(url) == OTHER


@pytest.mark.parametrize(
    "url",
    ["", "a/b", "https://github.com", "https://github.com/a", "git@h.org:a/b.git",
     "http://h.org/a/b", "https://h.org/a/b c", "https://h.org/a/b?x=1",
     'https://h.org/a/b"', "https://h.org/a/..", "https://h.org//b",
     "https://me:word@h.org/a/b", "https://h.org/a/b\nx"],
)  # fmt: skip
def test_what_is_no_address_is_refused_with_a_sentence(url):
    with pytest.raises(SystemExit, match="make set-repository URL=https"):
        repository.valid(url)


def test_a_configuration_without_address_is_named(tmp_path):
    (tmp_path / "_config.yml").write_text("title: x\nlogo:\n  url: y\n")
    with pytest.raises(SystemExit, match="no `url:` under `repository:`"):
        repository.address(tmp_path)


def test_the_command_says_what_it_did(copy):
    """As a program of the system's Python would run it, with the standard library only."""
    for name in (
        "tools/__init__",
        "tools/command",
        "tools/repository",
        "src/recdl/__init__",
        "src/recdl/files",
    ):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / f"{name}.py", copy / f"{name}.py")

    def command(*arguments):
        done = subprocess.run(
            [sys.executable, "-E", "-S", "-m", "tools.repository", "--", *arguments],
            cwd=copy,
            capture_output=True,
            text=True,
        )
        return done.returncode, done.stdout + done.stderr

    for nonsense in ("nonsense", ""):
        code, said = command(nonsense)
        assert code == 1
        assert "make set-repository URL=https" in said
    code, said = command(OTHER)
    assert code == 0
    assert f"{OTHER} now stands in" in said
    assert "executes nothing" in said
    assert command(OTHER) == (0, f"The address is {OTHER} already.\n")


# The book's buttons


@pytest.mark.parametrize(
    ("url", "provider", "colab", "binder"),
    [
        ("https://github.com/some/one", "github", True, True),
        ("https://gitlab.com/a/b", "gitlab", False, True),
        ("https://gitlab.uni.example/group/a/b", "gitlab", False, False),
        (OTHER, "github", False, False),
        ("https://not-github.com/a/b", "github", False, False),
    ],
)
def test_buttons_fit_the_host(url, provider, colab, binder):
    config = yaml.safe_load(text("_config.yml"))
    config["repository"]["url"] = url
    repository.fit(config)
    options = config["sphinx"]["config"]["html_theme_options"]
    assert options["repository_provider"] == provider
    assert ("colab_url" in config["launch_buttons"]) == colab
    assert ("binderhub_url" in config["launch_buttons"]) == binder
