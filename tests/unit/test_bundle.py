import ast
import os
import pathlib
import re
import shutil
import sys
import types
import zipfile

import pytest

from recdl import download, movielens
from tools import ROOT, bundle, classroom
from tools.bundle import NATIVE, PATCHES, PYTHON, NoWheel
from tools.project import COURSE, Project

RATING = "7\t8\t5\t880000001\n"  # invented
LINUX = ("11", "linux", "x86_64")
TRAIN = ("--extra", "train", "pyproject.toml")


def wheel(folder, name, release, *requires, tag="py3-none-any"):
    """Write the smallest wheel that says what it needs; at any time the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{release}-{tag}.whl"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {release}"]
    lines += [f"Requires-Dist: {text}" for text in requires]
    members = {
        "METADATA": "\n".join(lines) + "\n",
        "WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n",
        "RECORD": "",
    }
    with zipfile.ZipFile(path, "w") as content:
        for member, text in members.items():  # of 1980
            content.writestr(
                zipfile.ZipInfo(f"{name}-{release}.dist-info/{member}"), text
            )
    return path


@pytest.fixture
def project(tmp_path):
    """Return a project with the course's notebooks, built pages, and a lock of a few packages."""
    for name in ("book", "_toc.yml", "LICENSE"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "requirements.txt").write_text(
        "# comment\n--only-binary :all:\n\njupyterlab==4.1\nnumpy==2.0\nsphinx==7.0\n"
        "colorama==0.4 ; sys_platform == 'win32'\n"
        f"old==1.0 ; python_full_version < '{PYTHON}.5'\n"
        f"old==2.0 ; python_full_version >= '{PYTHON}.5'\n"
    )
    (tmp_path / "pyproject.toml").write_text(
        "[project]\nname = 'recdl'\nversion = '0.7'\ndependencies = ['numpy>=1']\n"
        "[project.optional-dependencies]\nbook = ['sphinx']\ntrain = ['old']\n"
    )
    html = tmp_path / "_build" / "html"
    html.mkdir(parents=True)
    (html / "index.html").write_text("<p>the book</p>")
    (html / ".made-from").write_text("abc")
    return Project(tmp_path)


# What a platform needs: with uv and pip themselves, and a folder in place of the package index


@pytest.fixture
def index(project, tmp_path, monkeypatch):
    """Let a folder with small wheels be all that uv and pip know, and `own_wheel` a stand-in."""
    folder = tmp_path / "index"
    for tag in (
        f"py3-none-{NATIVE}",
        "py3-none-win_amd64",
        "py3-none-macosx_11_0_arm64",
    ):
        wheel(folder, "numpy", "2.0", tag=tag)
    wheel(folder, "numpy", "2.1")  # newer than the lock
    needs = ["numpy", "colorama; os_name == 'nt'", "old"]
    wheel(folder, "jupyterlab", "4.1", *needs)
    pip = bundle.importlib.metadata.version("pip")
    for name, release in (
        ("colorama", "0.4"),
        ("old", "1.0"),
        ("old", "2.0"),
        ("sphinx", "7.0"),
        ("pip", pip),
    ):
        wheel(folder, name, release)
    (tmp_path / "nothing").mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("UV_DEFAULT_INDEX", (tmp_path / "nothing").as_uri())
    for tool in ("PIP", "UV"):
        monkeypatch.setenv(f"{tool}_FIND_LINKS", str(folder))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(bundle, "own_wheel", lambda p: wheel(p.build, "recdl", "0.7"))
    return folder


def names_of(paths):
    return sorted(path.name.split("-py3")[0] for path in paths)


def test_the_lock_is_read_for_each_platform_and_for_old_and_new_pythons(project, index):
    found = {
        (platform, python): bundle.resolved(project, platform, python, *TRAIN)
        for platform in ("win_amd64", "macosx_12_0_arm64")
        for python in PATCHES
    }
    assert {"old==1.0", "colorama==0.4"} <= found["win_amd64", PATCHES[0]]
    assert {"old==2.0", "numpy==2.0"} <= found["win_amd64", PATCHES[1]]
    assert "colorama==0.4" not in found["macosx_12_0_arm64", PATCHES[0]]


@pytest.mark.parametrize("platform", ["windows", "manylinux_2_28_abacus"])
def test_a_platform_that_does_not_exist_is_refused(project, index, platform):
    with pytest.raises(SystemExit, match=f"{platform} is no platform that pip knows"):
        bundle.resolved(project, platform, PATCHES[0], *TRAIN)


def test_a_platform_without_a_wheel_is_told(project, index):
    with pytest.raises(NoWheel, match=r"^numpy==2\.0$"):
        bundle.resolved(project, "manylinux_2_28_aarch64", PATCHES[0], *TRAIN)


def test_without_a_network_the_packages_are_not_found(
    project, index, monkeypatch, capfd
):
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    monkeypatch.delenv("UV_FIND_LINKS")
    with pytest.raises(SystemExit, match=r"Is there a network\?"):
        bundle.resolved(project, NATIVE, PATCHES[0], *TRAIN)
    assert "Connection refused" in capfd.readouterr().err


@pytest.fixture
def without_pip(index, monkeypatch):
    """Let wheels be copied from the index, which is much faster than pip; return what was asked for."""
    asked = []

    def download(folder, wanted, platform, python):
        asked.append(wanted)
        for path in index.glob("*.whl"):
            name, release, tag = path.stem.split("-", maxsplit=2)
            if f"{name}=={release}" in wanted and (tag.endswith(("any", platform))):
                shutil.copy(path, folder)

    monkeypatch.setattr(bundle, "download", download)
    return asked


def test_a_student_gets_what_the_notebooks_need_and_not_what_makes_the_book(
    project, without_pip
):
    both = ["jupyterlab-4.1", "numpy-2.0", "old-1.0", "old-2.0"]
    pip = f"pip-{bundle.importlib.metadata.version('pip')}"
    here = bundle.fetch_needed(project, NATIVE)
    assert names_of(here) == sorted([*both, pip, "recdl-0.7"])
    windows = bundle.fetch_needed(project, "win_amd64")
    assert names_of(windows) == sorted([*both, pip, "recdl-0.7", "colorama-0.4"])
    assert {"numpy-2.0-py3-none-win_amd64.whl"} <= {path.name for path in windows}


def test_what_is_there_is_not_fetched_again(project, index, without_pip, monkeypatch):
    before = bundle.fetch_needed(project, NATIVE)
    asked = len(without_pip)
    index.rename(index.with_name("gone"))
    monkeypatch.delenv("UV_FIND_LINKS")
    assert bundle.fetch_needed(project, NATIVE) == before
    assert len(without_pip) == asked


def test_the_wheelhouse_has_the_whole_lock_and_nothing_older(project, index):
    folder = bundle.folder_for(project, NATIVE)
    wheel(folder, "numpy", "1.0")
    assert bundle.fetch_all(project) == folder
    names = names_of(folder.iterdir())
    assert {"sphinx-7.0", "numpy-2.0", "old-1.0", "old-2.0"} <= set(names)
    assert "numpy-1.0" not in names


def test_pip_that_finds_no_wheel_names_it(project, index, tmp_path):
    with pytest.raises(NoWheel, match=r"^nothing==1\.0$"):
        bundle.download(tmp_path, {"nothing==1.0"}, NATIVE, PATCHES[0])


# The archive


@pytest.fixture
def fetched(project, monkeypatch):
    """Let the wheels be there; return the project."""

    def fetch_needed(project, platform):
        if platform == "manylinux_2_28_aarch64":
            raise NoWheel("numpy==2.0")
        names = ["recdl", "numpy", *["colorama"] * platform.startswith("win")]
        return {
            wheel(bundle.folder_for(project, platform), name, "1.0") for name in names
        }

    monkeypatch.setattr(bundle, "fetch_needed", fetch_needed)
    return project


def test_the_archive_holds_book_notebooks_wheels_and_says_for_whom(fetched):
    target = bundle.bundle(fetched, ["win_amd64", "manylinux_2_28_aarch64"])
    assert target == fetched.build / "recdl-0.7-bundle.zip"
    with zipfile.ZipFile(target) as archive:
        names = [name.removeprefix(f"{target.stem}/") for name in archive.namelist()]
        page = archive.read(f"{target.stem}/START-HERE.html").decode()
        lock = archive.read(f"{target.stem}/wheels/lock.txt")
    assert names == sorted(names)
    for notebook in COURSE.notebooks():
        assert f"notebooks/{notebook.path.name}" in names
    assert {"book/index.html", "course.py", "LICENSE"} <= set(names)
    assert "wheels/colorama-1.0-py3-none-any.whl" in names
    assert not any("sphinx" in name or "/." in name for name in names)
    assert len(names) == len(set(names))
    assert f"{NATIVE} with Python {PYTHON} and win_amd64" in page
    assert "aarch64" not in page.replace(NATIVE, "")
    assert b"numpy==2.0" in lock


def test_the_same_content_gives_the_same_bytes(fetched):
    first = bundle.bundle(fetched, []).read_bytes()
    (fetched.html / "index.html").touch()
    assert bundle.bundle(fetched, []).read_bytes() == first


def test_the_links_of_the_first_page_lead_into_the_book():
    contents = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    links = re.findall('href="book/([^"]+)[.]html"', bundle.START.read_text("utf-8"))
    assert len(links) == 3
    assert all(link == "index" or f"file: {link}\n" in contents for link in links)


@pytest.mark.parametrize(
    "row",
    [RATING, RATING.replace("\t", ","), RATING.replace("\t5", "\t5.0")],
    ids=["u.data", "csv", "float"],
)
def test_ratings_make_no_archive(row, fetched):
    (fetched.html / "table.txt").write_text(row * (bundle.SHOWN + 1))
    with pytest.raises(SystemExit, match=r"table.txt holds ratings of MovieLens"):
        bundle.bundle(fetched, [])
    assert not list(fetched.build.rglob("*bundle*"))


def test_a_few_rows_on_a_page_are_allowed(fetched):
    (fetched.html / "table.txt").write_text(RATING * bundle.SHOWN)
    assert bundle.bundle(fetched, []).exists()


def test_an_interrupted_archive_leaves_the_old_one(fetched, monkeypatch):
    before = bundle.bundle(fetched, []).read_bytes()

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(bundle, "refuse_ratings", interrupt)
    with pytest.raises(KeyboardInterrupt):
        bundle.bundle(fetched, [])
    [left] = fetched.build.rglob("*bundle*")
    assert left.read_bytes() == before


def test_without_a_book_there_is_no_bundle(project):
    (project.html / "index.html").unlink()
    with pytest.raises(SystemExit, match="Run: make book"):
        bundle.bundle(project, [])


# What is in this package's wheel


@pytest.fixture(scope="module")
def own_wheel(tmp_path_factory):
    """Return the names of what is in the wheel, once without its folders."""
    build = tmp_path_factory.mktemp("own")
    project = types.SimpleNamespace(root=ROOT, build=build, about=COURSE.about)
    with zipfile.ZipFile(bundle.own_wheel(project)) as content:
        return set(content.namelist())


def test_the_wheel_holds_every_module_and_all_data(own_wheel):
    source = ROOT / "src"
    for kind in ("*.py", "*.csv", "*.toml"):
        files = {p.relative_to(source).as_posix() for p in source.rglob(kind)}
        assert files
        assert files <= own_wheel
    assert sum(name.endswith("/quiz.toml") for name in own_wheel) == 10


def test_the_wheel_holds_no_tool_and_no_page(own_wheel):
    assert {name.split("/")[0].split("-")[0] for name in own_wheel} == {"recdl"}
    assert not any(name.endswith((".html", ".ipynb")) for name in own_wheel)


# course.py, which is classroom.py


@pytest.fixture
def room(tmp_path, monkeypatch):
    """Return an unpacked archive for two platforms, in a folder with a blank and an umlaut."""
    here = tmp_path / "Kurs Übung"
    wheels = here / "wheels"
    for tag in ("cp311-cp311-manylinux_2_27_x86_64", "cp312-cp312-win_amd64"):
        wheel(wheels, "tensorflow", "2.21.0", tag=tag)
    home = classroom.HERE
    for name in ("HERE", "WHEELS", "ENVIRONMENT", "READY", "DATA"):
        part = getattr(classroom, name).relative_to(home)
        monkeypatch.setattr(classroom, name, here / part)
    return here


def test_the_script_can_be_read_by_python_3_6():
    text = pathlib.Path(classroom.__file__).read_text(encoding="utf-8")
    ast.parse(text, feature_version=(3, 6))


def test_a_python_that_has_packages_is_accepted(room, monkeypatch):
    monkeypatch.setattr(classroom, "here", lambda: LINUX)
    classroom.check_python()


@pytest.mark.parametrize(
    ("mine", "remedy"),
    [
        (("10", "linux", "x86_64"), "try: python3.11 course.py"),
        (("13", "linux", "x86_64"), "try: python3.11 course.py"),
        (("11", "macosx", "arm64"), "Ask for an archive made for this computer"),
        (("11", "linux", "aarch64"), "Ask for an archive made for this computer"),
    ],
)
def test_another_python_is_refused_with_a_sentence(mine, remedy, room, monkeypatch):
    monkeypatch.setattr(classroom, "here", lambda: mine)
    with pytest.raises(SystemExit) as refused:
        classroom.check_python()
    assert "for Python 3.11 on Linux (x86_64) or Python 3.12 on Win" in str(refused)
    assert remedy in str(refused)


@pytest.mark.parametrize(
    ("reported", "machine", "expected"),
    [
        ("linux-x86_64", "x86_64", ("linux", "x86_64")),
        ("win-amd64", "AMD64", ("win", "amd64")),
        ("macosx-10.9-universal2", "arm64", ("macosx", "arm64")),
        ("macosx-12.0-arm64", "arm64", ("macosx", "arm64")),
    ],
)
def test_a_computer_is_called_as_wheels_call_it(
    reported, machine, expected, monkeypatch
):
    monkeypatch.setattr(classroom.sysconfig, "get_platform", lambda: reported)
    monkeypatch.setattr(classroom.platform, "machine", lambda: machine)
    assert classroom.here() == (str(sys.version_info[1]), *expected)


def test_an_archive_that_is_not_unpacked_is_noticed(room, monkeypatch):
    monkeypatch.setattr(classroom, "WHEELS", room / "nowhere")
    with pytest.raises(SystemExit, match="Unpack the whole archive"):
        classroom.check_python()


def test_an_environment_is_made_once_and_again_in_another_place(room, monkeypatch):
    made = []

    def pip(*arguments):
        made.append(arguments)

    monkeypatch.setattr(classroom, "_pip", pip)
    monkeypatch.setattr(classroom, "DISK_GB", 0)
    monkeypatch.setattr(
        classroom.subprocess,
        "call",
        lambda *_, **__: classroom.ENVIRONMENT.mkdir(exist_ok=True),
    )
    classroom.set_up()
    classroom.set_up()
    assert len(made) == 1
    assert {"recdl[train]", "jupyterlab"} <= set(made[0])
    monkeypatch.setattr(classroom, "HERE", room / "moved")
    assert classroom.fingerprint() != classroom.READY.read_text()


def test_an_interrupted_set_up_is_not_taken_for_an_environment(room, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(classroom, "here", lambda: LINUX)
    monkeypatch.setattr(classroom.subprocess, "call", lambda *_, **__: 0)
    monkeypatch.setattr(classroom, "_pip", interrupt)
    monkeypatch.setattr(classroom, "DISK_GB", 0)
    with pytest.raises(SystemExit, match="The same command begins again"):
        classroom.main([])
    assert not classroom.READY.exists()


def test_too_little_disk_and_a_missing_file_are_told_before_anything_is_made(
    room, monkeypatch
):
    monkeypatch.setattr(classroom, "here", lambda: LINUX)
    with pytest.raises(SystemExit, match=r"There is no .*ml-100k\.zip"):
        classroom.main(["data", str(room / "ml-100k.zip")])
    with pytest.raises(SystemExit, match=r"Name the file: python3 course\.py"):
        classroom.main(["data"])
    monkeypatch.setattr(classroom, "DISK_GB", 10**6)
    with pytest.raises(SystemExit, match="Make room"):
        classroom.main([])
    assert not classroom.ENVIRONMENT.exists()


class Process:
    """Stands for pip, which fails."""

    seen = None
    returncode = 1
    stdout = ("Processing a\n", "ERROR: no\n")

    def __init__(self, command, **options):
        self.seen.update(options, command=command)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


def test_the_wheels_alone_are_installed_whatever_the_user_has_set(room, monkeypatch):
    wheel(room / "wheels", "pip", "23.2")
    monkeypatch.setattr(classroom.subprocess, "Popen", Process)
    monkeypatch.setattr(Process, "seen", {})
    with pytest.raises(SystemExit, match="pip's last lines stand above"):
        classroom._pip("install", "jupyterlab")
    assert {"--no-index", "--isolated"} <= set(Process.seen["command"])
    assert Process.seen["env"]["PIP_CONFIG_FILE"] == os.devnull


def test_data_are_placed_where_the_notebooks_look(room, monkeypatch, tmp_path):
    source = tmp_path / "ml-100k"
    source.mkdir()
    for names in download.FILES.values():
        (source / names[0]).write_text("content")
    for name in ("load_ratings", "load_movies", "load_users"):
        monkeypatch.setattr(movielens, name, lambda _: None)
    assert classroom.variables() is None
    classroom.place(str(source))
    assert sorted(p.name for p in classroom.DATA.iterdir()) == [
        "u.data",
        "u.item",
        "u.user",
    ]
    assert classroom.variables()["RECDL_MOVIELENS"] == str(classroom.DATA)


def test_other_data_are_refused_and_not_placed(room, tmp_path):
    (tmp_path / "u.data").write_text(RATING)
    with pytest.raises(SystemExit, match="is not MovieLens-100k") as refused:
        classroom.place(str(tmp_path))
    assert "in a browser and name that file" in str(refused.value)
    assert not classroom.DATA.exists()
