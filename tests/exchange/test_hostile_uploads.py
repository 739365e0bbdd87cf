"""What a hostile room may send: nothing of it is kept, nothing of it slows others down."""

from __future__ import annotations

import io
import socket
import tarfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from exchange_house import AIKO, BUNTA, COURSE, House, notebook, token_of

from kanikko.exchange_client import Asks, ExchangeClient, ExchangeFault
from kanikko.safe_files import ArchiveLimits, UnsafeFiles, copy_into, pack_tar, unpack_tar, unpack_zip, write_tree

SMALL = ArchiveLimits(total=1_000_000, entries=20)


def entry(name: str, *, kind: bytes = tarfile.REGTYPE, link: str = "", content: bytes = b"", pax: dict[str, str] | None = None):
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, link, len(content)
    info.pax_headers = pax or {}
    return info, content


def tar(*entries) -> bytes:
    spool = io.BytesIO()
    with tarfile.open(fileobj=spool, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(*_pair(entry("kani.ipynb", content=notebook())))
        for one in entries:
            archive.addfile(*_pair(one))
    return spool.getvalue()


def _pair(one):
    return one[0], io.BytesIO(one[1])


def deep_json() -> bytes:
    return b'{"nbformat": 4, "cells": ' + b"[" * 200_000 + b"]" * 200_000 + b"}"


ODD = b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [7]}'

HOSTILE = {
    "dot-dot": (lambda: tar(entry("../out.txt", content=b"x")), "bad-files"),
    "dot-dot inside": (lambda: tar(entry("a/../../out.txt", content=b"x")), "bad-files"),
    "absolute": (lambda: tar(entry("/tmp/kk-out.txt", content=b"x")), "bad-files"),
    "backslash": (lambda: tar(entry("..\\out.txt", content=b"x")), "bad-files"),
    "symlink": (lambda: tar(entry("link", kind=tarfile.SYMTYPE, link="/etc/passwd")), "bad-files"),
    "file through a link": (lambda: tar(entry("d", kind=tarfile.SYMTYPE, link="/tmp"), entry("d/kk-out.txt", content=b"x")), "bad-files"),
    "hard link": (lambda: tar(entry("link", kind=tarfile.LNKTYPE, link="kani.ipynb")), "bad-files"),
    "device": (lambda: tar(entry("null", kind=tarfile.CHRTYPE)), "bad-files"),
    "pipe": (lambda: tar(entry("pipe", kind=tarfile.FIFOTYPE)), "bad-files"),
    "sparse": (lambda: tar(entry("s", pax={"GNU.sparse.map": "0,1", "GNU.sparse.size": "99999999999"})), "bad-files"),
    "size by pax header": (lambda: tar(entry("s", content=b"x", pax={"size": "99999999999"})), "bad-files"),
    "negative size": (lambda: tar()[:124] + b"\xff" * 12 + tar()[136:], "bad-files"),
    "same name twice": (lambda: tar(entry("a", content=b"1"), entry("a", content=b"2")), "bad-files"),
    "same name in other letters": (lambda: tar(entry("KANI.ipynb", content=notebook())), "bad-files"),
    "same name decomposed": (lambda: tar(entry("が", content=b"1"), entry("か\u3099", content=b"2")), "bad-files"),
    "file where a folder is": (lambda: tar(entry("a", content=b"1"), entry("a/b", content=b"2")), "bad-files"),
    "control character": (lambda: tar(entry("a\x1b[2Jb", content=b"1")), "bad-files"),
    "reversed name": (lambda: tar(entry("a\u202egnp.exe", content=b"1")), "bad-files"),
    "long name": (lambda: tar(entry("x" * 300, content=b"1")), "bad-files"),
    "deep folders": (lambda: tar(entry("a/" * 50 + "b", content=b"1")), "bad-files"),
    "not utf-8": (lambda: tar(entry("\udcff\udcfe", content=b"1")), "bad-files"),
    "too many files": (lambda: tar(*(entry(f"f{n}") for n in range(150))), "too-many-files"),
    "too many folders": (lambda: tar(*(entry(f"f{n}", kind=tarfile.DIRTYPE) for n in range(150))), "too-many-files"),
    "too large together": (lambda: tar(*(entry(f"f{n}", content=bytes(2_000_000)) for n in range(6))), "too-big"),
    "a notebook that is none": (lambda: tar(entry("b.ipynb", content=b"<html>")), "not-a-notebook"),
    "an old notebook": (lambda: tar(entry("b.ipynb", content=b'{"nbformat": 3, "worksheets": []}')), "not-a-notebook"),
    "a notebook of odd cells": (lambda: tar(entry("b.ipynb", content=ODD)), "not-a-notebook"),
    "a notebook that nests without end": (lambda: tar(entry("b.ipynb", content=deep_json())), "not-a-notebook"),
    "cut off": (lambda: tar(entry("big", content=bytes(100_000)))[:60_000], "bad-files"),
    "no archive": (lambda: b"hello" * 1000, "bad-files"),
    "gzip": (lambda: __import__("gzip").compress(tar()), "bad-files"),
}  # fmt: skip


def post(house: House, lesson: str, body: bytes, account: str = AIKO) -> ExchangeFault | None:
    """Send raw bytes as a hand-in."""
    client = house.client(account)
    response = client._http.post(f"/api/submissions/{COURSE}/{lesson}", content=body)
    if response.is_success:
        return None
    from kanikko.exchange_faults import fault

    return fault(response.status_code, response.content)


def on_disk(house: House) -> set[str]:
    return {
        str(place) for place in house.settings.exchange_dir.rglob("*") if "exchange.db" not in place.name and "releases" not in place.parts
    }


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_archive_is_refused_whole(house: House, released: str, what: str) -> None:
    make, code = HOSTILE[what]
    before = on_disk(house)
    fault = post(house, released, make())
    assert fault is not None, "it was taken"
    assert fault.code == code, fault
    assert on_disk(house) == before, "something of it was kept"
    assert not Path("/tmp/kk-out.txt").exists()
    assert house.client(AIKO).submissions(COURSE, released) == []


def test_an_honest_archive_with_japanese_names_is_taken(house: House, released: str) -> None:
    assert post(house, released, tar(entry("え/かに の えが.txt", content=b"x"), entry("か\u3099.txt", content=b"y"))) is None
    mine = house.client(AIKO).submissions(COURSE, released)[0]
    files = house.store().submission_files(mine.id)
    assert {place.name for place in files.rglob("*")} == {"kani.ipynb", "え", "かに の えが.txt", "が.txt", "timestamp.txt"}


@pytest.mark.parametrize("said", ["its true length", "nothing"])
def test_a_gigabyte_is_cut_off_early_with_little_memory_and_disk(house: House, released: str, said: str) -> None:
    assert house.exchange is not None
    process = psutil.Process(house.exchange.pid)
    before, sent, most_disk = process.memory_info().rss, 0, 0
    link = socket.socket(socket.AF_UNIX)
    link.connect(str(house.settings.exchange_socket))
    length = f"Content-Length: {1 << 30}" if said == "its true length" else "Transfer-Encoding: chunked"
    request = f"POST /api/submissions/{COURSE}/{released} HTTP/1.1\r\nHost: x\r\nAuthorization: token {token_of(AIKO)}\r\n{length}\r\n\r\n"
    piece = bytes(1 << 20)
    start = time.monotonic()
    try:
        link.sendall(request.encode())
        while sent < 1 << 30:
            link.sendall(piece if said == "its true length" else b"%x\r\n" % len(piece) + piece + b"\r\n")
            sent += len(piece)
            files = process.open_files()
            most_disk = max(
                [most_disk, *(Path(f"/proc/{process.pid}/fd/{one.fd}").stat().st_size for one in files if "incoming" in one.path)]
            )
    except OSError:
        pass
    answer = link.recv(4096)
    link.close()
    assert b" 413 " in answer.split(b"\r\n")[0] and b"too-big" in answer
    assert sent < 20 << 20, f"{sent >> 20} MB were read"
    assert time.monotonic() - start < 10
    assert process.memory_info().rss - before < 30 << 20
    assert most_disk < 12 << 20
    assert house.client(BUNTA).submit(COURSE, released, {"kani.ipynb": notebook()}).state == "queued"


def test_the_typed_client_hears_why_when_it_is_cut_off(house: House, released: str) -> None:
    with pytest.raises(ExchangeFault) as caught:
        house.client(AIKO).submit(COURSE, released, {"kani.ipynb": notebook(), "big": bytes(40 << 20)})
    assert caught.value.code == "too-big"
    assert "{大|おお}きすぎます" in caught.value.for_pupil


def test_a_stranger_is_refused_before_a_byte_is_read(house: House, released: str) -> None:
    client = ExchangeClient(house.settings.exchange_socket, "not-a-token-at-all")
    start = time.monotonic()
    with pytest.raises(ExchangeFault) as caught:
        client.submit(COURSE, released, {"kani.ipynb": notebook(), "big": bytes(9 << 20)})
    assert caught.value.code == "sign-in"
    assert time.monotonic() - start < 5


def test_many_unfinished_uploads_of_one_pupil_leave_room_for_others(house: House, released: str) -> None:
    links = []
    for _ in range(30):
        link = socket.socket(socket.AF_UNIX)
        link.connect(str(house.settings.exchange_socket))
        head = (f"POST /api/submissions/{COURSE}/{released} HTTP/1.1", "Host: x", f"Authorization: token {token_of(AIKO)}")
        link.sendall("\r\n".join((*head, "Content-Length: 9000000", "", "x" * 1000)).encode())
        links.append(link)
    time.sleep(0.5)
    assert house.exchange is not None
    kept = [one for one in psutil.Process(house.exchange.pid).open_files() if "incoming" in one.path]
    assert len(kept) <= 4
    assert house.client(BUNTA).submit(COURSE, released, {"kani.ipynb": notebook()}).state == "queued"
    for link in links:
        link.close()
    time.sleep(0.3)
    assert house.client(AIKO).submit(COURSE, released, {"kani.ipynb": notebook()}).state == "queued"


@pytest.mark.parametrize(
    "path", ["/api/submissions/../../etc", "/api/releases/%2e%2e/x", "/api/submissions/s1%00", "/api/../exchange.db", "/api/jobs/99999999"]
)
def test_odd_addresses_lead_nowhere(house: House, path: str) -> None:
    client = house.client(AIKO)
    link = socket.socket(socket.AF_UNIX)
    link.connect(str(house.settings.exchange_socket))
    link.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: token {token_of(AIKO)}\r\nConnection: close\r\n\r\n".encode())
    answer = b"".join(iter(lambda: link.recv(4096), b""))
    link.close()
    assert answer.split()[1] in (b"400", b"403", b"404"), answer[:200]
    assert client.ask(Asks.me()).name == AIKO


# --------------------------------------------------------------------------------------------- the library by itself
def zipped(write: Callable[[zipfile.ZipFile], object]) -> io.BytesIO:
    spool = io.BytesIO()
    with zipfile.ZipFile(spool, "w", zipfile.ZIP_DEFLATED) as archive:
        write(archive)
    spool.seek(0)
    return spool


def test_a_zip_bomb_stops_at_the_limit(tmp_path: Path) -> None:
    bomb = zipped(lambda archive: archive.writestr("zeros", bytes(200 << 20)))
    assert len(bomb.getvalue()) < 1 << 20
    with pytest.raises(UnsafeFiles) as caught:
        unpack_zip(bomb, tmp_path / "x", SMALL)
    assert caught.value.code == "too-big"
    assert sum(place.stat().st_size for place in (tmp_path / "x").rglob("*")) <= SMALL.total


def test_a_zip_with_a_link_or_a_way_out_is_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link")
    link.external_attr = 0o120777 << 16
    for name, archive in {
        "a": zipped(lambda one: one.writestr(link, "/etc/passwd")),
        "b": zipped(lambda one: one.writestr("../x", "y")),
    }.items():
        with pytest.raises(UnsafeFiles):
            unpack_zip(archive, tmp_path / name, SMALL)
    good = zipped(lambda one: one.writestr("え/a.txt", "y"))
    assert unpack_zip(good, tmp_path / "good", SMALL) == ["え/a.txt"]


def test_what_is_packed_comes_out_the_same(tmp_path: Path) -> None:
    files = {"かに.txt": b"1", "a/b/c.bin": bytes(70_000)}
    with pack_tar(files) as archive:
        assert unpack_tar(archive, tmp_path / "x", SMALL) == sorted(files)
    assert {name: (tmp_path / "x" / name).read_bytes() for name in files} == files


def test_writing_below_a_folder_that_a_room_can_write_follows_no_link(tmp_path: Path) -> None:
    course, secret = tmp_path / "course", tmp_path / "secret"
    course.mkdir()
    secret.mkdir()
    (secret / "kani.ipynb").write_text("untouched")
    (course / "submitted").symlink_to(secret)
    with pytest.raises(UnsafeFiles):
        write_tree(course, {"kani.ipynb": b"x"}, "submitted")
    (course / "submitted").unlink()
    (course / "submitted").mkdir()
    (course / "submitted" / "kani.ipynb").symlink_to(secret / "kani.ipynb")
    write_tree(course, {"kani.ipynb": b"x"}, "submitted")
    assert (course / "submitted" / "kani.ipynb").read_bytes() == b"x"
    assert (secret / "kani.ipynb").read_text() == "untouched"
    (course / "autograded").symlink_to(secret)
    write_tree(course, {"kani.ipynb": b"y"}, "autograded", replace=True)
    assert (course / "autograded").is_dir() and not (course / "autograded").is_symlink()
    assert (secret / "kani.ipynb").read_text() == "untouched"


def test_copying_takes_no_links_along(tmp_path: Path) -> None:
    (tmp_path / "from").mkdir()
    (tmp_path / "from" / "a.txt").write_text("a")
    (tmp_path / "from" / "b.txt").symlink_to("/etc/passwd")
    (tmp_path / "to").mkdir()
    assert copy_into(tmp_path / "to", tmp_path / "from", "x") == ["a.txt"]
