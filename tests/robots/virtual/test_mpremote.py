"""Every command of mpremote that a mentor uses, by the real program."""

from __future__ import annotations

import hashlib
import http.server
import json
import threading
from functools import partial
from pathlib import Path

from robots.virtual import VirtualBoard
from tests.robots.virtual.talking import mpremote


def test_exec_eval_and_run(board: VirtualBoard, tmp_path: Path) -> None:
    (tmp_path / "hello.py").write_text("print('こんにちは')\n", encoding="utf-8")
    assert mpremote(board, "exec", "print(6 * 7)") == "42\n"
    assert mpremote(board, "eval", "'a' * 3") == "aaa\n"
    assert mpremote(board, "run", str(tmp_path / "hello.py")) == "こんにちは\n"
    assert "ZeroDivisionError" in str(mpremote(board, "exec", "try:\n 1/0\nexcept Exception as e: print(repr(e))"))


def test_files_are_copied_listed_read_hashed_and_removed(board: VirtualBoard, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "deep").mkdir(parents=True)
    content = bytes(range(256)) * 10
    (tree / "deep" / "data.bin").write_bytes(content)
    (tree / "a.py").write_text("A = 1\n")
    mpremote(board, "cp", "-r", str(tree), ":")
    assert "a.py" in mpremote(board, "ls", ":tree")
    assert "data.bin" in mpremote(board, "tree")
    assert mpremote(board, "cat", ":tree/a.py") == "A = 1\n"
    assert hashlib.sha256(content).hexdigest() in mpremote(board, "sha256sum", ":tree/deep/data.bin")
    mpremote(board, "cp", ":tree/deep/data.bin", str(tmp_path / "back.bin"))
    assert (tmp_path / "back.bin").read_bytes() == content
    mpremote(board, "mkdir", ":empty")
    mpremote(board, "rm", "-r", ":tree")
    assert "tree" not in mpremote(board, "ls").replace("tree :", "")
    assert "empty/" in mpremote(board, "ls")
    assert "1441792" in mpremote(board, "df")


def test_a_folder_of_this_computer_is_mounted(board: VirtualBoard, tmp_path: Path) -> None:
    (tmp_path / "far.py").write_text("def go(): return bytes(range(256)).hex()\n")
    (tmp_path / "bytes.bin").write_bytes(bytes(range(256)))
    code = "import far\nprint(far.go() == open('/remote/bytes.bin', 'rb').read().hex())"
    assert mpremote(board, "mount", str(tmp_path), "exec", code).endswith("True\n")


def test_resets_and_the_boot_loader(board: VirtualBoard) -> None:
    mpremote(board, "exec", "import os; open('kept', 'w').close(); x = 1")
    mpremote(board, "soft-reset")
    assert mpremote(board, "resume", "exec", "print('x' in globals())") == "False\n"
    mpremote(board, "reset")
    board.wait_for("reset")
    board.wait_until("running")
    assert "kept" in mpremote(board, "ls")
    mpremote(board, "bootloader")
    board.wait_until("bootloader")
    assert not Path(board.port).exists()


def test_mip_installs_from_a_local_index(board: VirtualBoard, tmp_path: Path) -> None:
    content = b"def word(): return 'kani'\n"
    digest = hashlib.sha256(content).hexdigest()[:10]
    package = {"v": 1, "version": "1.0", "hashes": [["crabword/__init__.py", digest]]}
    for version in ("py", "6"):
        place = tmp_path / "package" / version / "crabword"
        place.mkdir(parents=True)
        (place / "latest.json").write_text(json.dumps(package))
    (tmp_path / "file" / digest[:2]).mkdir(parents=True)
    (tmp_path / "file" / digest[:2] / digest).write_bytes(content)
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        mpremote(board, "mip", "install", "--index", f"http://127.0.0.1:{server.server_port}", "--no-mpy", "crabword")
        server.shutdown()
    assert mpremote(board, "exec", "import crabword; print(crabword.word(), crabword.__file__)") == "kani /lib/crabword/__init__.py\n"
