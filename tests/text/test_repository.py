"""The repository's address: none, or one that one place holds, all files name, and one command changes."""

import json
import re
import shutil
import subprocess
import sys
import tempfile

import pytest
import yaml

from addresses import alien, named
from tools import ROOT, below, repository

ADDRESS = repository.address()
OTHER = "https://other.example.net/owner/course"  # not the one that a reader may try
GITHUB = "https://github.com/-me/course"  # no account begins with a hyphen
PLACES = {place: forms for place, *forms in repository.PLACES}
FOLDERS = (
    ".binder",
    ".ci",
    ".github",
    "benchmarks",
    "book",
    "panels",
    "src",
    "tests",
    "tools",
)


def text(name, root=ROOT):
    return (root / name).read_text(encoding="utf-8")


def committed():
    """Return the files of the repository, which need not lie in a clone."""
    found = [path for path in ROOT.iterdir() if path.is_file()]
    return found + [path for folder in FOLDERS for path in below(ROOT / folder)]


@pytest.fixture
def copy(tmp_path):
    """Return a copy of the files that may name the address, without one."""
    for path in repository.files():
        target = tmp_path / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    repository.change("", tmp_path)
    return tmp_path


def content(root):
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in repository.files(root)
    }


# No file names another


def test_only_cited_repositories_and_the_one_that_is_set_are_named():
    assert len(committed()) > 250
    found = {
        path.relative_to(ROOT).as_posix(): names
        for path in committed()
        if (names := alien(path.read_text(encoding="utf-8", errors="replace")))
    }
    assert found == {}


# In these, -me stands for me: this file, too, names nothing that somebody can take.


@pytest.mark.parametrize(
    "form",
    [
        "see https://{}/-me/course.",
        "[text](HTTP://WWW.{}/-Me/Course/blob/main/x.md)",
        "git@{}:-me/course.git",
        "ssh://git@{}/-me/course",
        "ssh://git@{}:22/-me/course",
        "//{}/-me/course?tab=readme",
        "https:\\/\\/{}\\/-me\\/course",
        "https%3A%2F%2F{}%2F-me%2Fcourse",
        "https%253A%252F%252F{}%252F-me%252Fcourse",
        "https:&#47;&#47;{}&#47;-me&#47;course",
        "recdl @ git+https://{}/-me/course@main",
    ],
)
def test_a_repository_is_found_in_whatever_form(form):
    for host in ("github.com", "gitlab.com", "codeberg.org"):
        text = form.format(host).replace("-me", "me").replace("-Me", "Me")
        assert {name.lower() for name in alien(text)} == {f"{host}/me/course"}


@pytest.mark.parametrize(
    ("form", "host"),
    [
        ("https://colab.research.google.com/github/-me/course/blob/main/x.ipynb", "github.com"),
        ("https://mybinder.org/v2/gh/-me/course/main", "github.com"),
        ("https://mybinder.org/v2/gl/-me%2Fcourse/main", "gitlab.com"),
        ("https://raw.githubusercontent.com/-me/course/main/x.csv", "github.com"),
        ("https://api.github.com/repos/-me/course", "github.com"),
        ("-git clone --depth 1 https://example.org/me/course.git", "example.org"),
        ('pip install "recdl[train] @ -git+https://example.org/me/course"', "example.org"),
    ],
)  # fmt: skip
def test_so_are_services_and_what_git_is_told_to_take(form, host):
    text = re.sub(r"(?<!-)-(?=me|git)", "", form)
    assert text != form
    assert alien(text) == {f"{host}/me/course"}


def test_so_are_pages_of_an_account():
    assert alien("https://-me.github.io/course".replace("-me", "me")) == {"github.io/me"}  # fmt: skip


def test_what_is_cited_and_what_nobody_can_take_is_no_find():
    cited = "https://github.com/RUCAIBox/RecBole/issues/1097"
    assert named(cited)
    for harmless in (cited, GITHUB, repository.TYPE_IT):
        assert alien(harmless) == set()


def test_the_package_is_never_asked_of_an_index():
    """There, too, somebody else may be the first to take the name."""
    asked = re.compile(r"pip3? install [^`\n]*(?<![\w./-])recdl(?!-)\b")
    assert asked.search('pip install "recdl[train]"')
    for path in (*below(ROOT / "book"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"):
        if path.suffix in (".md", ".ipynb"):
            assert not asked.search(path.read_text(encoding="utf-8")), path


# All files agree


def test_the_configuration_has_the_address_where_the_book_looks_for_it():
    assert yaml.safe_load(text("_config.yml"))["repository"]["url"] == ADDRESS
    assert not ADDRESS or repository.valid(ADDRESS) == ADDRESS


@pytest.mark.parametrize("path", repository.files(), ids=lambda path: path.name)
def test_each_file_has_its_place_in_the_state_of_the_configuration(path):
    place = next(p for p in PLACES if path in ROOT.glob(p))
    stands = repository.text(*PLACES[place], ADDRESS)
    times = 2 if path.name == "setup.md" else 1
    assert path.read_text(encoding="utf-8").count(stands) == times


def test_nothing_else_names_the_address():
    """Otherwise the command that changes it would not find it."""
    rest = set(committed()) - set(repository.files())
    found = [p for p in rest if ADDRESS and ADDRESS.encode() in p.read_bytes()]
    assert found == []


def test_the_page_of_the_set_up_names_the_wheel_of_this_version():
    version = yaml.safe_load(text("CITATION.cff"))["version"]
    assert set(re.findall(r"recdl-(\d[\w.]*)-py3", text("book/setup.md"))) == {version}


# Changing it


@pytest.mark.parametrize("new", [OTHER, GITHUB])
def test_the_command_changes_every_file_and_back_gives_the_same_bytes(copy, new):
    before = content(copy)
    changed = repository.change(new, copy)
    assert repository.address(copy) == new
    assert changed[-1] == "_config.yml"
    assert set(before) - set(changed) == ({"README.md"} if new == OTHER else set())
    after = content(copy)
    for name in changed:
        assert new.encode() in after[name]
    assert repository.change(new, copy) == []
    repository.change(f"{new}-2", copy)
    repository.change(new, copy)
    assert content(copy) == after
    repository.change("", copy)
    assert content(copy) == before
    assert repository.change("", copy) == []
    assert not list(copy.rglob("*unfinished*"))


def test_with_an_address_the_files_say_it_in_their_own_way(copy):
    repository.change(GITHUB, copy)
    assert yaml.safe_load(text("_config.yml", copy))["repository"]["url"] == GITHUB
    assert yaml.safe_load(text("CITATION.cff", copy))["repository-code"] == GITHUB
    clones = re.findall(r"git clone (\S+) recdl\n", text("book/setup.md", copy))
    assert clones == [GITHUB, GITHUB]
    badge = re.search(r"\[!\[Weekly run\]\((\S+)\)\]\((\S+)\)", text("README.md", copy))
    run = f"{GITHUB}/actions/workflows/weekly.yml"
    assert badge.groups() == (f"{run}/badge.svg", run)


def test_without_one_the_citation_has_none(copy):
    assert "repository-code" not in yaml.safe_load(text("CITATION.cff", copy))


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
    assert repository.address(copy) == ""
    repository.change(GITHUB, copy)
    assert repository.address(copy) == GITHUB
    assert not any(OTHER.encode() in what for what in content(copy).values())


def test_a_folder_that_cannot_be_written_is_named(copy, monkeypatch):
    def refuse(dir, prefix):
        raise PermissionError(13, "Permission denied", f"{dir}/{prefix}2-ci")

    before = content(copy)
    monkeypatch.setattr(tempfile, "mkdtemp", refuse)
    with pytest.raises(SystemExit) as stop:
        repository.main([GITHUB], copy)
    said = str(stop.value)
    assert said.startswith("README.md could not be changed (Permission denied).")
    assert f"its folder, {copy}," in said
    assert "unfinished" not in said
    assert content(copy) == before


def test_a_file_without_a_place_for_the_address_is_named(copy, capsys):
    (chapter,) = copy.glob("book/04_*.ipynb")
    written = chapter.read_text(encoding="utf-8")
    chapter.write_text(
        written.replace(r"SOURCE = \"\"", "SOURCE = ''"), encoding="utf-8"
    )
    before = chapter.read_bytes()
    for _ in range(2):  # also when there is nothing else to change
        repository.main([GITHUB], copy)
        said = capsys.readouterr().out
        assert said.startswith(
            f'book/{chapter.name} has no place for the address. Write `SOURCE = ""` there'
        )
        assert said.count("has no place") == 1
    assert chapter.read_bytes() == before


@pytest.mark.parametrize("url", ["{}", "'{}'", '"{}"', "http://h.org/x", '"-"'])
def test_what_somebody_wrote_into_the_configuration_is_replaced(copy, url):
    config = copy / "_config.yml"
    written = text("_config.yml", copy).replace('url: ""', f"url: {url.format(OTHER)}")
    config.write_text(written, encoding="utf-8")
    repository.change(GITHUB, copy)
    assert yaml.safe_load(text("_config.yml", copy))["repository"]["url"] == GITHUB


# What is an address


@pytest.mark.parametrize(
    "url",
    [OTHER, OTHER + "/", OTHER + ".git", f" {OTHER} ", OTHER + ".git/"],
)
def test_an_address_is_taken_as_people_copy_it(url):
    assert repository.valid(url) == OTHER


@pytest.mark.parametrize(
    ("url", "address"),
    [("https://www.github.com/-me/course", GITHUB),
     ("https://ssh.github.com/-me/course", GITHUB),
     ("HTTPS://GitHub.com/-me/course", GITHUB),
     ("https://altssh.gitlab.com/-a/b/c", "https://gitlab.com/-a/b/c"),
     ("https://www.example.org/a/b", "https://www.example.org/a/b")],
)  # fmt: skip
def test_a_second_name_of_a_host_becomes_the_one_that_browsers_show(url, address):
    assert repository.valid(url) == address


@pytest.mark.parametrize(
    "url",
    ["", "a/b", "https://github.com", "https://github.com/a", "git@h.org:a/b.git",
     "http://h.org/a/b", "https://h.org/a/b c", "https://h.org/a/b?x=1",
     'https://h.org/a/b"', "https://h.org/a/..", "https://h.org//b",
     "https://me:word@h.org/a/b", "https://h.org/a/b\nx", "https://h.org/<a>/<b>",
     f"{GITHUB}/tree/main", f"{GITHUB}/issues", f"{GITHUB}//",
     "https://www.github.com/-me/course/pulls", "https://codeberg.org/-a/b/src",
     "https://gitlab.com/-a/b/-/tree/main", "https://h.org/a/-"],
)  # fmt: skip
def test_what_is_no_address_is_refused_with_a_sentence(url):
    with pytest.raises(SystemExit, match="make set-repository URL=https"):
        repository.valid(url)


def test_a_configuration_without_address_is_named(tmp_path):
    (tmp_path / "_config.yml").write_text("title: x\nlogo:\n  url: y\n")
    with pytest.raises(SystemExit, match="no `url:` under `repository:`"):
        repository.address(tmp_path)


# The clone's own


def clone(folder, **remotes):
    subprocess.run(["git", "init", "--quiet", folder], check=True)
    for name, url in remotes.items():
        command = ["git", "-C", folder, "remote", "add", name, url]
        subprocess.run(command, check=True)
    return folder


@pytest.mark.parametrize(
    "url",
    ["https://h.example.org/me/x", "https://h.example.org/me/x.git", "https://h.example.org/me/x/",
     "https://me@h.example.org/me/x.git", "https://me:secret@h.example.org/me/x.git",
     "git@h.example.org:me/x.git", "h.example.org:me/x", "git@h.example.org:/me/x.git",
     "ssh://git@h.example.org/me/x.git", "ssh://git@h.example.org:2222/me/x.git",
     "ssh://h.example.org/me/x"],
)  # fmt: skip
def test_the_remote_of_a_clone_becomes_an_address_for_browsers(tmp_path, url):
    assert repository.of_clone(clone(tmp_path, origin=url)) == "https://h.example.org/me/x"  # fmt: skip


def test_the_port_of_ssh_through_a_firewall_is_no_address_for_browsers(tmp_path):
    place = clone(tmp_path, origin="ssh://git@ssh.github.com:443/-me/course.git")
    assert repository.of_clone(place) == GITHUB


def test_a_group_of_digits_is_no_port(tmp_path):
    place = clone(tmp_path, origin="git@h.example.org:22/me/x.git")
    assert repository.of_clone(place) == "https://h.example.org/22/me/x"


@pytest.mark.parametrize(
    "url",
    ["/srv/git/me/x.git", "../x", "file:///srv/git/me/x", "http://h.example.org/me/x",
     "git@work:me/x.git", "git@h.example.org:x.git", "ssh://git@h.example.org/~me/x"],
)  # fmt: skip
def test_a_remote_that_is_no_address_is_named(tmp_path, url):
    with pytest.raises(SystemExit, match=r"remote origin, .* is not the address") as e:
        repository.of_clone(clone(tmp_path, origin=url))
    assert "make set-repository URL=https" in str(e.value)


def test_origin_goes_before_others_and_a_single_one_needs_no_name(tmp_path):
    two = clone(tmp_path / "two", upstream=OTHER, origin=GITHUB)
    assert repository.of_clone(two) == GITHUB
    assert repository.of_clone(clone(tmp_path / "one", mine=OTHER)) == OTHER


def test_where_no_remote_can_be_chosen_a_sentence_says_so(tmp_path, monkeypatch):
    with pytest.raises(SystemExit, match="This clone has no remote"):
        repository.of_clone(clone(tmp_path / "none"))
    with pytest.raises(SystemExit, match="has the remotes a, b, none of them origin"):
        repository.of_clone(clone(tmp_path / "two", a=OTHER, b=OTHER))
    inner = clone(tmp_path / "of another", origin=OTHER) / "unpacked here"
    inner.mkdir()
    with pytest.raises(SystemExit, match="git knows of no clone in this folder"):
        repository.of_clone(inner)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SystemExit, match="git knows of no clone in this folder"):
        repository.of_clone(tmp_path / "none")


def test_the_command_says_what_it_did(copy):
    """As a program of the system's Python would run it, with the standard library only."""
    for name in (
        "tools/__init__",
        "tools/command",
        "tools/repository",
        "src/recdl/__init__",
        "src/recdl/files",
        "src/recdl/memory",
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

    before = content(copy)
    for nonsense in ("nonsense", ""):
        code, said = command(nonsense)
        assert code == 1
        assert "make set-repository URL=https" in said
    assert content(copy) == before
    clone(copy, origin="git@other.example.net:owner/course.git")
    code, said = command("")
    assert code == 0
    assert f"The address is {OTHER} now. Changed are 15 files: CITATION.cff, " in said
    assert "executes nothing" in said
    assert command(OTHER) == (0, f"The address is {OTHER} already.\n")
    code, said = command("none")
    assert code == 0
    assert said.startswith("No address is set now. Changed are 15 files: ")
    assert command("none") == (0, "No address is set.\n")
    assert content(copy) == before


# The book's buttons


def fitted(url):
    config = yaml.safe_load(text("_config.yml"))
    config["repository"]["url"] = url
    config["launch_buttons"]["colab_url"] = "-"  # publishing may have taken it out
    repository.fit(config)
    return config


@pytest.mark.parametrize(
    ("url", "provider", "colab", "binder"),
    [
        (GITHUB, "github", True, True),
        ("https://gitlab.com/-a/b", "gitlab", False, True),
        ("https://gitlab.uni.example/group/a/b", "gitlab", False, False),
        (OTHER, "github", False, False),
        ("https://not-github.com/-a/b", "github", False, False),
    ],
)
def test_buttons_fit_the_host(url, provider, colab, binder):
    config = fitted(url)
    options = config["sphinx"]["config"]["html_theme_options"]
    assert options["repository_provider"] == provider
    assert ("colab_url" in config["launch_buttons"]) == colab
    assert ("binderhub_url" in config["launch_buttons"]) == binder
    assert config["html"]["use_edit_page_button"]


def test_without_an_address_there_is_no_button():
    config = fitted("")
    assert not {"repository", "launch_buttons"} & set(config)
    assert not any("button" in name for name in config["html"])
    assert config["html"]["home_page_in_navbar"]


def test_an_address_that_is_none_makes_no_book():
    with pytest.raises(SystemExit, match=r"^In _config\.yml, "):
        fitted("github.com/-me/course")
