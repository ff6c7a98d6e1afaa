"""Data under fire: servers, certificates and caches that fail.

Every server is a real one, on this machine. Each test ends in the right data or in a sentence that helps.
"""

import errno
import os
import re
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from invented_movielens import (
    LAYOUTS,
    LOADERS,
    ML_1M,
    OTHERS,
    ZIP,
    error_of,
    folder_with,
    grouplens_files,
    sha256,
    zipped,
)
from processes import signals
from recdl import download
from recdl.movielens import load_ratings
from stand_in import (
    HALF,
    HTML,
    PIECES,
    TRICKLE_S,
    drops_the_connection,
    moves,
    never_answers,
    resets_the_connection,
    sends,
    speaks_no_http,
    stalls_half_way,
    trickles,
    whole,
)

CACHE_REMEDY = "Set RECDL_CACHE=/another/folder."
NOBODY = 65534  # the user of this number has no rights
unix = pytest.mark.skipif(
    os.name == "nt", reason="Windows has no fork, limits or rights of this kind"
)


def all_tables():
    return [len(load()) for load in LOADERS]


# --- the order of the sources ---


def test_grouplens_comes_before_the_wheel(grouplens, wheel):
    assert len(load_ratings()) == 4
    assert (len(grouplens.requests), wheel) == (1, [])


def test_only_the_three_tables_are_unpacked(grouplens, cache):
    assert sorted(os.listdir(download.obtain())) == ["u.data", "u.item", "u.user"]
    assert sorted(os.listdir(cache)) == ["ml-100k", "ml-100k.zip"]


@pytest.mark.parametrize("load", LOADERS)
def test_wheel_serves_when_no_server_listens(load, wheel):
    assert len(load()) > 0
    assert wheel == ["recbole==1.2.1"]


def test_second_call_needs_no_network(grouplens, wheel):
    load_ratings()
    grouplens.answer = sends(b"", 500)
    assert all_tables() == [4, 3, 2]
    assert (len(grouplens.requests), wheel) == (1, [])


def test_cached_wheel_comes_before_grouplens(grouplens, wheel):
    grouplens.answer = sends(b"", 500)
    load_ratings()
    grouplens.answer = whole
    load_ratings()
    assert (len(grouplens.requests), len(wheel)) == (1, 1)


def test_error_names_every_source_its_failure_and_the_way_by_hand(
    invented_movielens, cache
):
    message = error_of(load_ratings)
    named, cached, grouplens, recbole, by_hand = message.splitlines()[1:]
    assert "RECDL_MOVIELENS" in named
    assert str(cache) in cached
    assert re.search(
        r"http://127.0.0.1:9/ml-100k.zip: .*Connection refused$", grouplens
    )
    assert recbole == "- recbole==1.2.1: OSError: pip ended with code 1: no index"
    assert "files.grouplens.org" in by_hand
    assert "RECDL_MOVIELENS=" in by_hand


# --- a download that fails ---

FAILURES = {  # what the server does, and what the user reads about it
    "404": (sends(b"", 404), "404 Client Error"),
    "503": (sends(b"", 503), "503 Server Error"),
    "html": (sends(HTML), "does not match"),
    "redirect_to_html": (
        lambda request: (
            request.send(HTML)
            if request.path == "/login"
            else request.send(b"", 302, Location="/login")
        ),
        "does not match",
    ),
    "redirect_in_a_circle": (sends(b"", 302, Location="/"), "Exceeded 30 redirects"),
    "no_http": (speaks_no_http, "SSH-2.0"),
    "empty": (sends(b""), "does not match"),
    "dropped": (drops_the_connection, "IncompleteRead"),
    "reset": (resets_the_connection, "Connection reset"),
    "truncated": (sends(ZIP[:-1]), "does not match"),
    "one_flipped_bit": (
        sends(ZIP[:HALF] + bytes([ZIP[HALF] ^ 1]) + ZIP[HALF + 1 :]),
        "does not match",
    ),
    "another_data_set": (sends(zipped(ML_1M, "ml-1m/")), "does not match"),
}
each_failure = pytest.mark.parametrize(
    ("answer", "reason"), FAILURES.values(), ids=list(FAILURES)
)


@each_failure
def test_wheel_serves_when_the_download_fails(answer, reason, grouplens, wheel, cache):
    grouplens.answer = answer
    assert all_tables() == [4, 3, 2]
    assert sorted(os.listdir(cache)) == ["recbole", "recbole.whl"]


@each_failure
def test_failed_download_is_told_in_one_plain_line_and_leaves_nothing(
    answer, reason, grouplens, cache
):
    grouplens.answer = answer
    message = error_of(load_ratings)
    [line] = [line for line in message.splitlines() if line.startswith("- http:")]
    assert reason in line
    assert not re.search("Max retries|Caused by|object at|ConnectionPool", line)
    assert "RECDL_CACHE" not in message  # the cache is not to blame
    assert message.endswith(download.BY_HAND)
    assert os.listdir(cache) == []


@each_failure
def test_the_next_call_after_a_failed_download_succeeds(answer, reason, grouplens):
    grouplens.answer = answer
    error_of(load_ratings)
    grouplens.answer = whole
    assert all_tables() == [4, 3, 2]


@pytest.mark.parametrize("answer", [never_answers, stalls_half_way])
def test_server_that_hangs_costs_the_time_limit_only(
    answer, grouplens, cache, monkeypatch
):
    grouplens.answer = answer  # it waits for 20 s, then ends the connection
    monkeypatch.setattr(download, "TIMEOUT_S", 0.1)
    assert "Read timed out" in error_of(load_ratings)
    assert os.listdir(cache) == []


def test_slow_server_may_take_longer_than_the_time_limit(grouplens, monkeypatch):
    grouplens.answer = trickles
    monkeypatch.setattr(download, "TIMEOUT_S", TRICKLE_S * (PIECES - 1))
    assert len(load_ratings()) == 4


def test_redirect_to_another_address_is_followed(grouplens):
    grouplens.answer = moves
    assert len(load_ratings()) == 4
    assert grouplens.requests == ["/ml-100k.zip", "/elsewhere/ml-100k.zip"]


@pytest.mark.parametrize("address", ["ml-100k.zip", "gopher://127.0.0.1/ml-100k.zip"])
def test_address_of_a_mirror_that_is_none_is_named(
    address, invented_movielens, monkeypatch
):
    monkeypatch.setenv("RECDL_GROUPLENS_URL", address)
    assert re.search(f"- {address}: (Missing|Invalid)Schema", error_of(load_ratings))


def test_wheel_with_the_wrong_hash_is_not_used(wheel, monkeypatch, cache):
    monkeypatch.setattr(download, "RECBOLE_SHA256", sha256(b"another"))
    message = error_of(load_ratings)
    assert re.search("recbole==1.2.1: ValueError: .*does not match", message)
    assert os.listdir(cache) == []


pip_download = download._pip_download  # the fixture invented_movielens replaces it


@pytest.fixture
def index(grouplens, monkeypatch, tmp_path):
    """Let GroupLens' address lead nowhere, and pip ask the stand-in for its index."""
    monkeypatch.setenv("RECDL_GROUPLENS_URL", "http://127.0.0.1:9/ml-100k.zip")
    monkeypatch.setattr(download, "_pip_download", pip_download)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{grouplens.server_port}")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    monkeypatch.delenv("PIP_NO_INDEX", raising=False)
    monkeypatch.setenv("PIP_DISABLE_PIP_VERSION_CHECK", "1")  # it would ask, too
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return grouplens


def test_pip_asks_an_index_that_answers_503_once_more_and_says_why(index, cache):
    index.answer = sends(b"", 503)
    assert re.search("recbole==1.2.1: PipError: pip ended", error_of(load_ratings))
    assert len(index.requests) == 2
    assert os.listdir(cache) == []


def test_pip_that_does_not_end_is_stopped(index, cache, monkeypatch, tmp_path):
    index.answer = never_answers
    pip = download.pip

    def for_a_moment(*arguments, limit_s):
        assert limit_s <= 180
        pip(*arguments, limit_s=0.3)

    monkeypatch.setattr(download, "pip", for_a_moment)
    assert re.search(r"recbole.*timed out after 0\.3 seconds", error_of(load_ratings))
    assert os.listdir(cache) == []
    assert os.listdir(tmp_path) == ["cache"]  # pip's folder has gone, too


@pytest.mark.parametrize("files", OTHERS.values(), ids=list(OTHERS))
def test_mirror_that_serves_another_size_is_refused(files, grouplens, cache):
    grouplens.answer = sends(zipped(files))
    assert "does not match the known hash" in error_of(load_ratings)
    assert os.listdir(cache) == []


# --- certificates ---

# Made with openssl for these tests. Only the dates differ: one certificate lapsed on 2024-01-01.
KEY = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgjh4UpBMSzIOaorS6
fxOown1FNg1KIgPoeYWb7Pdswy6hRANCAARH5sVoGnv8jIaEbxa+DdV4Y+XyHAqO
Pf6aq9PUHVDyMlCmt+A3j5BeQ40LX+QsGP3aUr3T0vWUN5EVZpx9DwrM
-----END PRIVATE KEY-----
"""
LAPSED = """\
-----BEGIN CERTIFICATE-----
MIIBdTCCARygAwIBAgIBATAKBggqhkjOPQQDAjAaMRgwFgYDVQQDDA9hIHRlc3Qg
b2YgcmVjZGwwHhcNMjMwMTAxMDAwMDAwWhcNMjQwMTAxMDAwMDAwWjAaMRgwFgYD
VQQDDA9hIHRlc3Qgb2YgcmVjZGwwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARH
5sVoGnv8jIaEbxa+DdV4Y+XyHAqOPf6aq9PUHVDyMlCmt+A3j5BeQ40LX+QsGP3a
Ur3T0vWUN5EVZpx9DwrMo1MwUTAPBgNVHRMBAf8EBTADAQH/MA4GA1UdDwEB/wQE
AwIChDAdBgNVHQ4EFgQUx87G+vpQLssLo+QUSJo5uPGTPDEwDwYDVR0RBAgwBocE
fwAAATAKBggqhkjOPQQDAgNHADBEAiAaHHSvE2ijhcAafDZBTNxpkJJWHVOlHMUl
r+EXbpVr8AIgC1lD2sgMS/9Q+JHESC7eVf/bPn66VmMXqJuVovpErw8=
-----END CERTIFICATE-----
"""
VALID = """\
-----BEGIN CERTIFICATE-----
MIIBeDCCAR6gAwIBAgIBAjAKBggqhkjOPQQDAjAaMRgwFgYDVQQDDA9hIHRlc3Qg
b2YgcmVjZGwwIBcNMjMwMTAxMDAwMDAwWhgPMjEyMzAxMDEwMDAwMDBaMBoxGDAW
BgNVBAMMD2EgdGVzdCBvZiByZWNkbDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IA
BEfmxWgae/yMhoRvFr4N1Xhj5fIcCo49/pqr09QdUPIyUKa34DePkF5DjQtf5CwY
/dpSvdPS9ZQ3kRVmnH0PCsyjUzBRMA8GA1UdEwEB/wQFMAMBAf8wDgYDVR0PAQH/
BAQDAgKEMB0GA1UdDgQWBBTHzsb6+lAuywuj5BRImjm48ZM8MTAPBgNVHREECDAG
hwR/AAABMAoGCCqGSM49BAMCA0gAMEUCIDpLtqLmDGX2IKd3T2eZGrtlrRSn9n6Y
vH1Yn0YV5purAiEA6A0B/yGF4QnWgy2IjzmdTMn6PtCYBtLoDHRYUZXLidA=
-----END CERTIFICATE-----
"""


@pytest.fixture
def encrypted(grouplens, monkeypatch, tmp_path):
    """Let the stand-in speak TLS with a certificate, which the user trusts."""

    def use(certificate):
        (tmp_path / "server.pem").write_text(KEY + certificate)
        (tmp_path / "trusted.pem").write_text(certificate)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tmp_path / "server.pem")
        grouplens.socket = context.wrap_socket(grouplens.socket, server_side=True)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "trusted.pem"))
        address = f"https://127.0.0.1:{grouplens.server_port}/ml-100k.zip"
        monkeypatch.setenv("RECDL_GROUPLENS_URL", address)
        return grouplens

    return use


def test_trusted_certificate_is_accepted(encrypted, wheel):
    server = encrypted(VALID)
    assert all_tables() == [4, 3, 2]
    assert (len(server.requests), wheel) == (1, [])


def test_wheel_serves_when_the_certificate_has_expired(encrypted, wheel, cache):
    server = encrypted(LAPSED)
    assert all_tables() == [4, 3, 2]
    assert (server.requests, len(wheel)) == ([], 1)
    assert sorted(os.listdir(cache)) == ["recbole", "recbole.whl"]


def test_expired_certificate_is_named_with_the_remedy(encrypted, cache):
    server = encrypted(LAPSED)
    message = error_of(load_ratings)
    [line] = [line for line in message.splitlines() if "https://127.0.0.1" in line]
    assert "SSLError" in line
    assert "certificate has expired" in line
    assert "This check stays on. A zip from elsewhere will do" in line
    assert not re.search("Max retries|Caused by", line)
    assert message.endswith(download.BY_HAND)
    assert server.requests == []
    assert os.listdir(cache) == []


def test_certificate_that_the_user_does_not_trust_is_refused(encrypted, monkeypatch):
    server = encrypted(VALID)
    # Empty, the second variable once switched checks off in requests; people still recommend it.
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "")
    monkeypatch.setenv("CURL_CA_BUNDLE", "")
    assert re.search("self.signed certificate.*stays on", error_of(load_ratings))
    assert server.requests == []


def test_certificate_of_another_host_is_refused(encrypted, monkeypatch):
    server = encrypted(VALID)  # it is 127.0.0.1's
    address = f"https://localhost:{server.server_port}/ml-100k.zip"
    monkeypatch.setenv("RECDL_GROUPLENS_URL", address)
    assert re.search("not valid for 'localhost'.*stays on", error_of(load_ratings))
    assert server.requests == []


SWITCHES_CHECKS_OFF = re.compile(
    r"verify\s*=\s*(False|0)|CERT_NONE|create_unverified_context|trusted-host|TRUSTED_HOST"
    r"|check_hostname\s*=\s*False|disable_warnings|PYTHONHTTPSVERIFY|--insecure|curl -k"
)


def test_nothing_in_the_package_switches_certificate_checks_off():
    package = Path(download.__file__).parent
    sources = [path for path in package.rglob("*") if path.suffix in {".py", ".sh"}]
    assert package / "download.py" in sources
    found = [path for path in sources if SWITCHES_CHECKS_OFF.search(path.read_text())]
    assert found == []


# --- other processes: interrupted, killed, at once, on a full disk ---


def child(code="print(m.obtain())"):
    """Start another process, which knows the stand-in's archive and has no pip."""
    setup = f"""
import os, signal
from recdl import download as m
def no_pip(*_):
    raise OSError("no pip")
m.GROUPLENS_SHA256, m._pip_download = {sha256(ZIP)!r}, no_pip
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
"""
    return subprocess.Popen(
        [sys.executable, "-c", setup + code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def half_way(grouplens, cache):
    """Return a process that downloads, and has written the first half of the archive."""

    def start():
        already = set(cache.glob("tmp*"))
        grouplens.answer = stalls_half_way
        grouplens.started.clear()
        process = child()
        assert grouplens.started.wait(20)
        [unfinished] = set(cache.glob("tmp*")) - already
        while (
            unfinished.stat().st_size < HALF // 1024 * 1024
        ):  # pooch writes so much at once
            assert process.poll() is None
            time.sleep(0.01)
        return process

    return start


@signals
def test_ctrl_c_in_the_middle_of_a_download_leaves_nothing(half_way, cache, grouplens):
    process = half_way()
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=20)
    assert "KeyboardInterrupt" in stderr
    assert os.listdir(cache) == []
    grouplens.answer = whole
    assert all_tables() == [4, 3, 2]


def test_kill_in_the_middle_of_a_download_leaves_one_file_that_nobody_reads(
    half_way, cache, grouplens
):
    process = half_way()
    process.kill()
    process.communicate(timeout=20)
    [unfinished] = os.listdir(cache)
    assert unfinished.startswith("tmp")
    grouplens.answer = whole
    assert all_tables() == [4, 3, 2]
    assert sorted(os.listdir(cache)) == ["ml-100k", "ml-100k.zip", unfinished]


@signals
def test_kill_while_unpacking_leaves_no_half_written_table(grouplens, cache):
    process = child(
        "os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\nm.obtain()"
    )
    process.communicate(timeout=20)
    assert process.returncode == -signal.SIGKILL
    assert list((cache / "ml-100k").glob("u.*")) == []
    assert all_tables() == [4, 3, 2]


@unix
def test_four_processes_at_once_all_get_good_data(grouplens, cache):
    together = threading.Barrier(4)  # none is answered before all have asked
    grouplens.answer = lambda request: (together.wait(20), whole(request))
    process = child("os.fork(), os.fork()\nprint(f'{m.obtain()}\\n', end='')")
    output, _ = process.communicate(timeout=30)
    assert output.split() == [str(cache / "ml-100k")] * 4
    assert len(grouplens.requests) == 4
    assert sorted(os.listdir(cache)) == ["ml-100k", "ml-100k.zip"]
    assert all_tables() == [4, 3, 2]


FULL_DISK = """
import resource
_, most = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, most))  # from now on, no file may grow beyond
try:
    m.obtain()
except m.DataUnavailable as error:
    print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))  # what measures coverage writes at the end
"""


@unix
@pytest.mark.parametrize("room", [20_000, 0], ids=["download", "unpack"])
def test_disk_that_fills_up_is_told_with_the_remedy_and_leaves_no_half_written_file(
    room, grouplens, cache
):
    if room == 0:
        cache.mkdir()
        (cache / "ml-100k.zip").write_bytes(ZIP)
    message, stderr = child(FULL_DISK.format(room=room)).communicate(timeout=20)
    assert re.search(
        f"http.*File too large.*{re.escape(str(cache))} full.*{CACHE_REMEDY}", message
    )
    assert stderr.count("Traceback") == 0
    assert [path for path in cache.rglob("*") if path.name != "ml-100k.zip"] in (
        [],
        [cache / "ml-100k"],
    )
    assert all_tables() == [4, 3, 2]


def test_full_disk_is_told_also_for_an_archive_that_the_user_names(
    invented_movielens, tmp_path, monkeypatch
):
    (tmp_path / "ml.zip").write_bytes(ZIP)

    def disk_full(_path, _content):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_bytes", disk_full)
    message = error_of(load_ratings, tmp_path / "ml.zip")
    assert re.search("ml.zip cannot be unpacked.*No space left on device", message)
    assert message.endswith(CACHE_REMEDY)


# --- a cache that is damaged or cannot be written ---


@pytest.mark.parametrize("damage", [b"", ZIP[:-1], ZIP[:-1] + b"!", HTML])
def test_damaged_archive_in_the_cache_is_fetched_again(damage, grouplens, cache):
    download.obtain()
    (cache / "ml-100k.zip").write_bytes(damage)
    assert len(load_ratings()) == 4
    assert (cache / "ml-100k.zip").read_bytes() == ZIP
    assert len(grouplens.requests) == 2


def test_damaged_archive_is_not_used_when_nothing_can_be_reached(grouplens, cache):
    download.obtain()
    (cache / "ml-100k.zip").write_bytes(ZIP + b"!")
    grouplens.answer = sends(b"", 503)
    assert "503" in error_of(load_ratings)


@pytest.mark.parametrize("name", ["u.data", "u.item", "u.user"])
@pytest.mark.parametrize("keep", [0, -1])
def test_damaged_table_in_the_cache_is_repaired(name, keep, grouplens):
    table = download.obtain() / name
    table.write_bytes(table.read_bytes()[:keep])
    download.obtain()
    assert table.read_bytes() == grouplens_files()[name]
    assert len(grouplens.requests) == 1


def folder_for_archive(cache):
    (cache / "ml-100k.zip").mkdir(parents=True)


def folder_for_table(cache):
    (cache / "ml-100k" / "u.data").mkdir(parents=True)


def file_for_folder(cache):
    folder_with(cache, {"ml-100k": b""})


MIX_UPS = [folder_for_archive, folder_for_table, file_for_folder]


@pytest.mark.parametrize("mix_up", MIX_UPS)
def test_wheel_serves_when_files_and_folders_are_mixed_up(
    mix_up, grouplens, wheel, cache
):
    mix_up(cache)
    assert all_tables() == [4, 3, 2]


@pytest.mark.parametrize("mix_up", MIX_UPS)
def test_mix_up_of_files_and_folders_is_told_with_the_remedy(mix_up, grouplens, cache):
    mix_up(cache)
    assert re.search(
        f"(IsADirectory|FileExists)Error: .*{re.escape(str(cache))} .*damaged. {CACHE_REMEDY}",
        error_of(load_ratings),
    )


def test_link_in_place_of_a_table_is_replaced_and_not_followed(grouplens, tmp_path):
    table = download.obtain() / "u.data"
    table.unlink()
    (tmp_path / "mine.txt").write_text("mine")
    table.symlink_to(tmp_path / "mine.txt")
    assert len(load_ratings()) == 4
    assert (tmp_path / "mine.txt").read_text() == "mine"


@pytest.fixture(
    params=["cache", "cache/below", pytest.param("/proc/self/nowhere", marks=unix)]
)
def impossible(request, invented_movielens, tmp_path, monkeypatch):
    """Name a cache that not even root can make: a file, below a file, or in the kernel's /proc."""
    (tmp_path / "cache").write_text("a file where the folder should be")
    monkeypatch.setenv("RECDL_CACHE", str(tmp_path / request.param))
    return tmp_path / request.param


def test_cache_that_cannot_be_made_is_told_with_the_remedy(
    impossible, grouplens, wheel
):
    message = error_of(load_ratings)
    assert (
        len(
            re.findall(
                f"Error: .*Is {re.escape(str(impossible))} .*{CACHE_REMEDY}", message
            )
        )
        == 2
    )


def test_archive_that_the_user_names_needs_a_cache_and_says_so(impossible, tmp_path):
    (tmp_path / "ml.zip").write_bytes(ZIP)
    message = error_of(load_ratings, tmp_path / "ml.zip")
    assert re.search(f"ml.zip cannot be unpacked.*{CACHE_REMEDY}", message)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_folder_that_the_user_names_needs_no_cache(
    layout, impossible, invented_movielens, tmp_path
):
    assert len(load_ratings(folder_with(tmp_path / "mine", LAYOUTS[layout]()))) == 4


@pytest.fixture
def without_rights(grouplens, monkeypatch):
    """Fill a cache and give it other rights. Root becomes an ordinary user, as rights do not stop root."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:  # others can reach it there
        os.chmod(folder, 0o755)
        cache = Path(folder, "cache")
        monkeypatch.setenv("RECDL_CACHE", str(cache))
        download.obtain()
        user = os.geteuid()

        def set_rights(rights):
            if user == 0:
                for path in [cache, *cache.rglob("*")]:
                    os.chown(path, NOBODY, -1)
                os.seteuid(NOBODY)
            cache.chmod(rights)
            return cache

        yield set_rights
        os.seteuid(user)
        cache.chmod(0o755)


@unix
def test_read_only_cache_serves_what_it_holds(without_rights, grouplens):
    without_rights(0o555)
    assert all_tables() == [4, 3, 2]
    assert len(grouplens.requests) == 1


@unix
def test_read_only_cache_with_a_damaged_archive_is_told_with_the_remedy(
    without_rights, grouplens
):
    os.truncate(Path(os.environ["RECDL_CACHE"], "ml-100k.zip"), 9)
    cache = without_rights(0o555)
    message = error_of(load_ratings)
    assert re.search(
        f"http.*Permission denied.*Is {re.escape(str(cache))} .*{CACHE_REMEDY}", message
    )


@unix
def test_cache_that_cannot_be_entered_is_told_with_the_remedy(without_rights):
    cache = without_rights(0o000)
    message = error_of(load_ratings)
    assert re.search(
        f"http.*Permission denied.*Is {re.escape(str(cache))} .*{CACHE_REMEDY}", message
    )
