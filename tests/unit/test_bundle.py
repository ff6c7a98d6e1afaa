import ast
import json
import os
import pathlib
import re
import sys
import types
import zipfile

import pytest

from recdl import download
from tools import bundle, classroom, run

RATING = "7\t8\t5\t880000001\n"  # invented
LINUX = ("11", "linux", "x86_64")


def wheel(folder, name, release, *requires, tag="py3-none-any"):
    """Write the smallest wheel that says what it needs; at any time the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{release}-{tag}.whl"
    lines = [f"Name: {name}", *(f"Requires-Dist: {text}" for text in requires)]
    members = {
        f"{name}-{release}.dist-info/METADATA": "\n".join(lines),
        f"{name}/_vendor/x-1.dist-info/METADATA": "Name: x",
    }
    with zipfile.ZipFile(path, "w") as content:
        for member, text in members.items():
            content.writestr(zipfile.ZipInfo(member), text)  # of 1980
    return path


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Return a folder that stands for _build, with pages, and a lock of three packages."""
    lock = tmp_path / "requirements.txt"
    lock.write_text(
        "# comment\n--only-binary :all:\n\njupyterlab==4.1\nnumpy==2.0\nsphinx==7.0\n"
        "colorama==0.4 ; sys_platform == 'win32'\n"
        "old==1.0 ; python_full_version < '3.11.5'\n"
        "old==2.0 ; python_full_version >= '3.11.5'\n"
    )
    (tmp_path / "html").mkdir()
    (tmp_path / "html" / "index.html").write_text("<p>the book</p>")
    (tmp_path / "html" / ".made-from").write_text("abc")
    monkeypatch.setattr(bundle, "LOCK", lock)
    monkeypatch.setattr(bundle, "HTML", tmp_path / "html")
    monkeypatch.setattr(bundle, "WHEELS", tmp_path / "wheels")
    monkeypatch.setattr(bundle, "PYTHON", "3.11")
    monkeypatch.setattr(run, "BUILD", tmp_path)
    return tmp_path


@pytest.fixture
def index(project, monkeypatch):
    """Let pip and the build be stand-ins; return the list of what pip was asked for."""
    asked = []
    needs = {"jupyterlab": ["numpy", "colorama; os_name == 'nt'", "old[more]"]}

    def download(packages, platform, python):
        asked.append((platform, python, dict(packages)))
        if platform == "manylinux_2_28_aarch64":
            raise bundle.NoWheel("numpy==2.0")
        for name, release in packages.items():
            wheel(bundle.folder_for(platform), name, release, *needs.get(name, []))

    monkeypatch.setattr(bundle, "download", download)
    monkeypatch.setattr(
        bundle, "own_wheel", lambda to: wheel(to, "recdl", bundle.version(), "numpy")
    )
    return asked


# What a platform needs


def test_the_lock_is_read_for_each_platform_and_for_old_and_new_pythons(project):
    first, last = bundle.environments("win_amd64")
    assert bundle.pins(first)["old"] == "1.0"
    assert bundle.pins(last)["old"] == "2.0"
    assert bundle.pins(first)["colorama"] == "0.4"
    for platform in ("macosx_12_0_arm64", "manylinux2014_x86_64"):
        assert "colorama" not in bundle.pins(bundle.environments(platform)[0])


def test_a_platform_that_does_not_exist_is_refused():
    with pytest.raises(SystemExit, match="windows is no platform that pip knows"):
        bundle.environments("windows")


def test_a_student_gets_what_the_notebooks_need_and_not_what_makes_the_book(
    index, project
):
    names = {path.name.split("-")[0] for path in bundle.fetch_needed(bundle.NATIVE)}
    assert names == {"recdl", "jupyterlab", "pip", "numpy", "old"}
    windows = bundle.fetch_needed("win_amd64")
    assert {"colorama-0.4-py3-none-any.whl", "old-1.0-py3-none-any.whl"} <= {
        path.name for path in windows
    }
    assert len([path for path in windows if path.name.startswith("old-")]) == 2


def test_what_is_there_is_not_fetched_again(index, project):
    bundle.fetch_needed(bundle.NATIVE)
    asked = len(index)
    bundle.fetch_needed(bundle.NATIVE)
    assert len(index) == asked


def test_the_wheelhouse_has_the_whole_lock_and_nothing_older(index, project):
    folder = bundle.folder_for(bundle.NATIVE)
    wheel(folder, "numpy", "1.0")
    assert bundle.fetch_all() == folder
    names = {path.name.removesuffix("-py3-none-any.whl") for path in folder.iterdir()}
    assert {"sphinx-7.0", "numpy-2.0", "old-1.0", "old-2.0"} <= names
    assert "numpy-1.0" not in names


def test_pip_that_finds_no_wheel_names_it(project, tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(bundle.NoWheel, match=r"^nothing==1\.0$"):
        bundle.download({"nothing": "1.0"}, bundle.NATIVE, "3.11.0")


# The archive


def test_the_archive_holds_book_notebooks_wheels_and_says_for_whom(index, project):
    target = bundle.bundle(["win_amd64", "manylinux_2_28_aarch64"])
    assert target == project / f"recdl-{bundle.version()}-bundle.zip"
    with zipfile.ZipFile(target) as archive:
        names = [name.removeprefix(f"{target.stem}/") for name in archive.namelist()]
        page = archive.read(f"{target.stem}/START-HERE.html").decode()
        lock = archive.read(f"{target.stem}/wheels/lock.txt")
    assert names == sorted(names)
    for notebook in run.notebooks():
        assert f"notebooks/{notebook.path.name}" in names
    assert {"book/index.html", "course.py"} <= set(names)
    assert "wheels/colorama-0.4-py3-none-any.whl" in names
    assert not any("sphinx" in name or "/." in name for name in names)
    assert len(names) == len(set(names))
    assert f"{bundle.NATIVE} with Python 3.11 and win_amd64" in page
    assert "aarch64" not in page.replace(bundle.NATIVE, "")
    assert b"numpy==2.0" in lock


def test_the_same_content_gives_the_same_bytes(index, project):
    first = bundle.bundle([]).read_bytes()
    (project / "html" / "index.html").touch()
    assert bundle.bundle([]).read_bytes() == first


def test_the_links_of_the_first_page_lead_into_the_book():
    contents = (run.ROOT / "_toc.yml").read_text(encoding="utf-8")
    links = re.findall('href="book/([^"]+)[.]html"', bundle.START.read_text("utf-8"))
    assert len(links) == 3
    assert all(link == "index" or f"file: {link}\n" in contents for link in links)


def test_student_notebooks_are_without_outputs_and_solutions(monkeypatch):
    notebook = run.notebooks()[0]
    content = notebook.content()
    for cell in content["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [{"text": RATING}], 3
    stand_in = types.SimpleNamespace(path=notebook.path, content=lambda: content)
    monkeypatch.setattr(run, "notebooks", lambda: [stand_in])
    [text] = bundle.notebooks().values()
    cells = json.loads(text)["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert code
    assert all(c["outputs"] == [] and c["execution_count"] is None for c in code)
    assert any(cell["metadata"].get("tags") == ["hole"] for cell in code)
    assert not any("solution" in cell["metadata"].get("tags", []) for cell in cells)


@pytest.mark.parametrize(
    "row",
    [RATING, RATING.replace("\t", ","), RATING.replace("\t5", "\t5.0")],
    ids=["u.data", "csv", "float"],
)
def test_ratings_make_no_archive(row, index, project):
    (project / "html" / "table.txt").write_text(row * (bundle.SHOWN + 1))
    with pytest.raises(SystemExit, match=r"table.txt holds ratings of MovieLens"):
        bundle.bundle([])
    assert not list(project.glob("*bundle*"))


def test_a_few_rows_on_a_page_are_allowed(index, project):
    (project / "html" / "table.txt").write_text(RATING * bundle.SHOWN)
    assert bundle.bundle([]).exists()


def test_an_interrupted_archive_leaves_the_old_one(index, project, monkeypatch):
    before = bundle.bundle([]).read_bytes()

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(bundle, "refuse_ratings", interrupt)
    with pytest.raises(KeyboardInterrupt):
        bundle.bundle([])
    [left] = project.glob("*bundle*")
    assert left.read_bytes() == before


def test_without_a_book_there_is_no_bundle(project):
    (project / "html" / "index.html").unlink()
    with pytest.raises(SystemExit, match="Run: make book"):
        bundle.bundle([])


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
