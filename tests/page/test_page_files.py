"""The files that all pupils' pages share, asked of the proxy as browsers and as strangers ask."""

from __future__ import annotations

import gzip
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from hub.page import FILES_ADDRESS, FILES_VARIABLE, common, gather, jupyter_paths
from hub.proxy.page_files import takes_gzip
from kanikko.settings import Settings
from tests.page.house import Door, free_port

FOR_EVER = "public, max-age=31536000, immutable"
PLAIN = {"Accept-Encoding": "identity"}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A proxy whose common files are made at its start."""
    settings = Settings(var=tmp_path_factory.mktemp("files"), port=free_port())
    settings.make_dirs()
    door = Door(settings)
    door.start()
    yield door
    door.stop()


def ask(door: Door, name: str, method: str = "GET", **headers: str) -> httpx.Response:
    return httpx.request(method, f"{door.files}/{name}", headers=headers, timeout=60)


def raw(door: Door, target: str) -> bytes:
    """A request whose address nobody tidies up on the way; the answer's first line and body."""
    with socket.create_connection(("127.0.0.1", door.port), 10) as line:
        line.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while piece := line.recv(65536):
            answer += piece
    return answer


def test_who_comes_before_the_files_are_made_waits_for_them(files: Door) -> None:
    answer = ask(files, "settings.json")
    assert answer.status_code == 200
    locale = next(one for one in answer.json()["settings"] if one["id"] == "@jupyterlab/translation-extension:plugin")
    assert locale["schema"]["properties"]["locale"]["default"] == "ja_JP"


def test_files_come_compressed_to_who_takes_it_and_plain_to_who_does_not(files: Door) -> None:
    plain = ask(files, "notebook/first.js", **PLAIN)
    small = ask(files, "notebook/first.js", **{"Accept-Encoding": "gzip, deflate"})
    assert "Content-Encoding" not in plain.headers
    assert small.headers["Content-Encoding"] == "gzip"
    assert small.content == plain.content
    assert int(small.headers["Content-Length"]) < int(plain.headers["Content-Length"]) / 3
    assert small.headers["ETag"] != plain.headers["ETag"]
    assert {small.headers["Vary"], plain.headers["Vary"]} == {"Accept-Encoding"}


def test_a_browser_keeps_them_for_ever_and_on_every_host(files: Door) -> None:
    for name in ("notebook/first.js", "theme.css", "words.json", "favicon.ico"):
        headers = ask(files, name).headers
        assert headers["Cache-Control"] == FOR_EVER
        assert headers["Access-Control-Allow-Origin"] == "*"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "Set-Cookie" not in headers


def test_each_kind_says_what_it_is(files: Door) -> None:
    font = next((common.folder(files.settings) / common.key() / "notebook").glob("*.woff2")).name
    kinds = {
        "notebook/first.js": "text/javascript; charset=utf-8",
        "theme.css": "text/css; charset=utf-8",
        "words.json": "application/json",
        f"notebook/{font}": "font/woff2",
    }
    assert {name: ask(files, name).headers["Content-Type"] for name in kinds} == kinds


def test_who_has_it_already_gets_no_second_copy(files: Door) -> None:
    first = ask(files, "theme.css")
    again = ask(files, "theme.css", **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_only_the_head_is_sent_to_who_asks_for_the_head(files: Door) -> None:
    head, whole = ask(files, "words.json", "HEAD"), ask(files, "words.json")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == whole.headers["Content-Length"]


def test_nobody_writes_here(files: Door) -> None:
    assert {ask(files, "theme.css", method).status_code for method in ("POST", "PUT", "DELETE", "PATCH")} == {405}


def test_no_way_leads_out_of_the_folder(files: Door) -> None:
    (files.settings.var / "secrets" / "proxy-token").read_text()  # what there would be to see
    here = f"{FILES_ADDRESS}/{common.key()}"
    ways = [
        f"{here}/../../../secrets/proxy-token",
        f"{here}/%2e%2e/%2e%2e/%2e%2e/secrets/proxy-token",
        f"{here}/..%2f..%2f..%2fsecrets%2fproxy-token",
        f"{here}//etc/passwd",
        f"{here}/%2fetc%2fpasswd",
        f"{here}/notebook/..\\..\\x",
        f"{here}/%00",
        f"{here}/theme.css%00.gz",
        f"{here}/{'a' * 5000}",
        f"{here}/",
        f"{here}/notebook",
        f"{here}/notebook/",
        f"{here}/theme.css.gz",
        f"{here}/.hidden",
        f"{FILES_ADDRESS}/",
        f"{FILES_ADDRESS}/../secrets/proxy-token",
        f"{FILES_ADDRESS}/{'0' * 16}/theme.css",
    ]
    for way in ways:
        answer = raw(files, way)
        assert answer.split(b" ", 2)[1] in (b"400", b"403", b"404"), way
        assert str(files.settings.var).encode() not in answer, way


def test_a_link_that_got_into_the_folder_is_not_followed(files: Door) -> None:
    planted = common.folder(files.settings) / common.key() / "planted.txt"
    planted.symlink_to("/etc/passwd")
    try:
        assert ask(files, "planted.txt").status_code in (403, 404)
    finally:
        planted.unlink()


def test_a_tab_from_before_an_upgrade_still_finds_its_files(files: Door) -> None:
    earlier = common.folder(files.settings) / "0123456789abcdef"
    earlier.mkdir()
    (earlier / "chunk.js").write_text("old")
    assert httpx.get(f"{files.url}{FILES_ADDRESS}/0123456789abcdef/chunk.js").text == "old"


def test_lost_files_are_made_again(files: Door) -> None:
    place = common.folder(files.settings) / common.key()
    place.rename(place.with_name("fedcba9876543210"))
    assert ask(files, "theme.css").status_code == 200


# ------------------------------------------------------------------------------------------- what they are made of
def test_an_upgrade_gives_a_new_address(monkeypatch: pytest.MonkeyPatch) -> None:
    before = common.key()
    assert before == common.key() == jupyter_paths("student")[FILES_VARIABLE]
    monkeypatch.setattr(common, "version", lambda name: "99")
    assert re.fullmatch("[0-9a-f]{16}", common.key())
    assert common.key() != before


def test_a_changed_default_setting_gives_a_new_address(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = common.key()
    for place in common.CONFIG.iterdir():
        (tmp_path / place.name).write_bytes(place.read_bytes() + b" ")
    monkeypatch.setattr(common, "CONFIG", tmp_path)
    assert common.key() != before


def test_only_the_kinds_of_files_a_page_is_made_of_are_copied(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for name in ("a.js", "b.py", "c.map", "d.ipynb"):
        (source / name).write_text("x")
    (source / "e.js").symlink_to("/etc/passwd")
    gather._copy(source, tmp_path / "target")
    assert [place.name for place in (tmp_path / "target").iterdir()] == ["a.js"]


def test_the_first_scripts_are_all_in_one_file() -> None:
    """If this fails after an upgrade of Notebook: python -m bench.record_chunks"""
    together = gather.first_chunks(common.notebook_static())
    names = [line for line in common.FIRST.read_text().splitlines() if line and not line.startswith("#")]
    assert together.count(b"(()=>{\n") >= len(names)
    assert len(gzip.compress(together)) < 1_600_000


def test_old_versions_go_after_a_month_but_never_the_one_before_this(tmp_path: Path) -> None:
    shelf = common.folder(Settings(var=tmp_path))

    def left(**days: int) -> list[str]:
        for name, age in days.items():
            place = shelf / name
            place.mkdir(parents=True, exist_ok=True)
            os.utime(place, (time.time() - age * 86400,) * 2)
        common._forget_old(shelf, "now")
        return sorted(place.name for place in shelf.iterdir())

    assert left(now=0, before=90, ancient=95) == ["before", "now"]
    assert left(now=0, before=10, long_before=20, before_that=50) == ["before", "long_before", "now"]


def test_what_the_browser_accepts_is_read_by_the_book() -> None:
    taken = ["gzip", "deflate, gzip;q=0.5", "*", "GZIP", "br, gzip ; q=1.0"]
    refused = ["", "identity", "gzip;q=0", "gzip; q=0.000", "br", "*;q=0", "gzip;q=0, *"]
    assert [text for text in taken if not takes_gzip(text)] == []
    assert [text for text in refused if takes_gzip(text)] == []


def test_gathering_that_fails_is_told_with_a_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(common.PageFilesError) as told:
        common.ensure(Settings(var=tmp_path))
    assert told.value.remedy
    assert list(common.folder(Settings(var=tmp_path)).iterdir()) == []


# ------------------------------------------------------------------------------------------- warm servers
def test_what_is_prepared_before_the_fork_starts_no_thread_and_is_enough_to_open_a_notebook() -> None:
    """A child of a warm process neither imports nor compiles what reading a notebook needs."""
    code = """
import sys, threading
import jupyter_server.serverapp, nbformat
import hub.page
hub.page.prepare()
assert threading.active_count() == 1, threading.enumerate()
from nbformat import validator
known, modules = set(validator.validators), set(sys.modules)
nbformat.validate(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")]))
assert set(validator.validators) == known, set(validator.validators) - known
assert not set(sys.modules) - modules, set(sys.modules) - modules
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr[-2000:]
