"""How much a room may use, and how it ends."""

from __future__ import annotations

import dataclasses
import json
import os
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from room_place import LIMITS, Place

from hub.room import Bind, Call, Limits, Room, RoomError, Tmpfs, reconnect, start
from hub.room.memory import of_rooms
from hub.room.process import start_time
from hub.room.quota import MAX_DEPTH, measure


def test_a_fork_bomb_stops_at_the_limit_and_ends_with_the_room(place: Place) -> None:
    process = place.start("""
        import os, time
        made = 0
        try:
            while True:
                if os.fork() == 0:
                    time.sleep(60); os._exit(0)
                made += 1
        except OSError as error:
            print(made, error.errno, flush=True)
            time.sleep(60)
    """)
    assert process.stdout is not None
    made, errno = map(int, process.stdout.readline().split())
    assert LIMITS.processes - 6 < made < LIMITS.processes
    assert errno == 11
    inside = list(of_rooms([process.pid])[process.pid].by_process)
    assert len(inside) > made
    process.kill()
    process.wait(10)
    assert not [pid for pid in inside if Path(f"/proc/{pid}").exists()]


def test_one_rooms_processes_do_not_count_in_another(place: Place) -> None:
    full = place.start(
        "import os, time\ntry:\n  while os.fork(): pass\n  time.sleep(60)\nexcept OSError: print('full', flush=True); time.sleep(60)"
    )
    assert full.stdout is not None
    assert full.stdout.readline() == b"full\n"
    assert place.run("import os; print(os.fork() >= 0)", place.room(name="other")).said.startswith("True")


def test_threads_count_as_processes(place: Place) -> None:
    ended = place.run("""
        import threading, time
        threading.stack_size(1 << 16)
        made = 0
        try:
            for made in range(500):
                threading.Thread(target=time.sleep, args=(5,), daemon=True).start()
        except RuntimeError:
            print('refused', made < 60, flush=True)
        import os; os._exit(0)
    """)
    assert ended.said == "refused True", ended


def test_memory_of_one_process_ends_at_the_limit(place: Place) -> None:
    assert place.run("try:\n  x = bytearray(300 << 20)\nexcept MemoryError: print('refused')").said == "refused"
    assert place.run("x = bytearray(100 << 20); print('fits')").said == "fits"


def test_shared_anonymous_memory_ends_at_a_limit_too(place: Place) -> None:
    assert place.run("import mmap\ntry:\n  mmap.mmap(-1, 6 << 30)\nexcept (OSError, MemoryError): print('refused')").said == "refused"


def test_what_a_room_holds_is_seen_from_outside(place: Place) -> None:
    process = place.start("""
        import os, time
        for _ in range(3):
            if os.fork() == 0:
                held = bytearray(50 << 20); time.sleep(60); os._exit(0)
        print('holds', flush=True); time.sleep(60)
    """)
    assert process.stdout is not None
    process.stdout.readline()
    end = time.monotonic() + 10
    while process.memory() < 150 << 20 and time.monotonic() < end:
        time.sleep(0.1)
    assert 150 << 20 < process.memory() < 300 << 20


def test_a_file_ends_at_the_limit(place: Place) -> None:
    ended = place.run("""
        import os, signal
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        try:
            with open('/home/room/big', 'wb') as file:
                for _ in range(100): file.write(bytes(1 << 20))
        except OSError as error:
            print(error.errno, os.path.getsize('/home/room/big') >> 20)
    """)
    assert ended.said == f"27 {LIMITS.file_mb}"


def test_open_files_end_at_the_limit(place: Place) -> None:
    ended = place.run(
        "held = []\ntry:\n  while True: held.append(open('/dev/null'))\nexcept OSError as error: print(error.errno, len(held))"
    )
    errno, held = map(int, ended.said.split())
    assert errno == 24
    assert held <= LIMITS.open_files


def test_no_limit_can_be_raised_again(place: Place) -> None:
    ended = place.run("""
        import resource
        for name in ('NPROC', 'DATA', 'AS', 'FSIZE', 'NOFILE', 'CORE', 'MSGQUEUE'):
            limit = getattr(resource, f'RLIMIT_{name}', 12)
            soft, hard = resource.getrlimit(limit)
            assert soft == hard, name
            try:
                resource.setrlimit(limit, (hard + 1, hard + 1)); print('raised', name)
            except (OSError, ValueError):
                pass
        import os
        try:
            os.nice(-1); print('raised nice')
        except PermissionError: pass
        print('done')
    """)
    assert ended.said == "done", ended


def test_processor_time_ends_at_the_limit(place: Place) -> None:
    room = place.room(limits=dataclasses.replace(LIMITS, cpu_seconds=1))
    begun = time.monotonic()
    place.run("while True: pass", room)
    assert time.monotonic() - begun < 20


def test_a_work_folder_in_memory_has_its_size_and_is_gone_with_the_room(place: Place) -> None:
    room = Room("work", LIMITS, tmpfs=(Tmpfs("/home/room", 4),))
    ended = place.run(
        """
        try:
            for n in range(10): open(f'/home/room/{n}', 'wb').write(bytes(1 << 20))
        except OSError as error: print(error.errno, n < 5)
    """,
        room,
    )
    assert ended.said == "28 True"


# ---------------------------------------------------------------------------------------------------- a room's life
def test_kill_ends_everything_in_the_room_also_what_has_run_away(place: Place) -> None:
    process = place.start("""
        import os, signal, time
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                for number in range(1, 32):
                    try: signal.signal(number, signal.SIG_IGN)
                    except (OSError, ValueError): pass
                print('away', flush=True); time.sleep(100)
            os._exit(0)
        time.sleep(100)
    """)
    assert process.stdout is not None
    process.stdout.readline()
    inside = list(of_rooms([process.pid])[process.pid].by_process)
    assert process.poll() is None
    process.kill()
    assert process.wait(10) == place.code_after_kill
    assert not [pid for pid in inside if Path(f"/proc/{pid}").exists()]


@pytest.mark.parametrize("again", [False, True])
def test_what_a_call_leaves_behind_ends_with_it(place: Place, again: bool) -> None:
    """A server that dies must not leave its kernels: the room is over, also for a hub that came later."""
    process = place.start("""
        import os, time
        if os.fork() == 0:
            os.setsid(); print('left behind', flush=True); time.sleep(100)
        time.sleep(100)
    """)
    assert process.stdout is not None
    process.stdout.readline()
    inside = list(of_rooms([process.pid])[process.pid].by_process)
    looked_at = reconnect(place.facts(process)) if again else process
    assert looked_at is not None
    process.terminate()
    assert looked_at.wait(10) == (0 if again else place.code_after_sigterm)
    assert not [pid for pid in inside if Path(f"/proc/{pid}").exists()]
    assert reconnect(place.facts(process)) is None


def test_the_exit_code_of_the_call_is_the_rooms(place: Place) -> None:
    (place.home / "end.py").write_text("raise SystemExit(7)")
    process = start(place.room(), Call("runpy:run_path", {"path_name": "/home/room/end.py"}), warm_socket=place.warm_socket)
    assert process.wait(20) == 7
    assert process.poll() == 7


def test_a_room_is_found_again_by_its_number_and_its_start_and_by_nothing_less(place: Place) -> None:
    process = place.start("import time; time.sleep(60)")
    assert start_time(process.pid) == process.started
    facts = place.facts(process)
    found = reconnect(place.facts(process))
    assert found is not None
    assert found.poll() is None
    assert reconnect(facts | {"started": process.started + 1}) is None
    assert reconnect(facts | {"pid": 1 << 22}) is None
    found.kill()
    assert process.wait(10) == place.code_after_kill
    found.wait(10)
    assert found.poll() == 0
    assert reconnect(place.facts(process)) is None


STARTER = """
import json, sys, time
sys.path.insert(0, {tests!r})
from room_place import LIMITS
from hub.room import Bind, Call, Room, start
from pathlib import Path
room = Room("orphan", LIMITS, writable=(Bind(Path({home!r}), "/home/room"),), dies_with_parent={dies})
warm = {warm!r}
process = start(room, Call("subprocess:run", {{"args": ["/bin/sleep", "60"]}}), warm_socket=Path(warm) if warm else None)
print(json.dumps(process.facts()), flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("dies", [True, False])
def test_a_room_outlives_its_starter_only_if_it_is_meant_to(place: Place, dies: bool) -> None:
    code = STARTER.format(tests=str(Path(__file__).parent), home=str(place.home), dies=dies, warm=str(place.warm_socket or ""))
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as starter:
        assert starter.stdout is not None
        facts = json.loads(starter.stdout.readline())
        starter.kill()
    end = time.monotonic() + 10
    while dies and reconnect(facts) is not None and time.monotonic() < end:
        time.sleep(0.05)
    found = reconnect(facts)
    assert (found is None) is dies
    if found is not None:
        found.kill()
        found.wait(10)


def test_standard_input_and_output_are_pipes_and_a_grader_can_speak_through_them(place: Place) -> None:
    call = Call("subprocess:run", {"args": ["/bin/cat"]}, {"PATH": "/usr/bin:/bin"})
    process = start(place.room(dies_with_parent=True), call, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b"over and back\n")
    assert process.stdout.readline() == b"over and back\n"
    process.stdin.close()
    assert process.wait(10) == 0


def test_a_call_that_cannot_begin_says_why(place: Place) -> None:
    with pytest.raises(RoomError, match="no_such_module"):
        start(place.room(), Call("no_such_module:f"), warm_socket=place.warm_socket)


def test_a_room_that_cannot_be_built_says_why(place: Place) -> None:
    room = place.room(writable=(Bind(place.folder / "nowhere", "/home/room"),))
    with pytest.raises(RoomError, match="nowhere"):
        start(room, Call("time:sleep"), warm_socket=place.warm_socket)


def test_starting_and_ending_rooms_leaves_no_descriptor_and_no_process(place: Place, opened: Callable[[], Counter[str]]) -> None:
    place.run("pass")
    before = opened()  # the warm place's own
    for _ in range(3):
        process = start(place.room(), Call("subprocess:run", {"args": ["/bin/true"]}))
        process.wait(10)
    with pytest.raises(RoomError):
        start(place.room(), Call("no_such_module:f"))
    assert opened() <= before
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    assert not [pid for pid in children if "bwrap" in Path(f"/proc/{pid}/comm").read_text()]


def test_a_long_call_arrives_whole_and_leaves_nothing_behind(place: Place) -> None:
    text = "あ" * 500_000
    (place.home / "look.py").write_text("import os\nopen('/home/room/told', 'w').write(f\"{len(os.environ['LONG'])}\")")
    process = start(place.room(), Call("runpy:run_path", {"path_name": "/home/room/look.py"}, {"LONG": text}))
    process.wait(30)
    assert (place.home / "told").read_text() == str(len(text))


def test_a_room_has_a_plain_name() -> None:
    for name in ("", "../x", "A", "a/b", "a" * 64):
        with pytest.raises(ValueError, match="name"):
            Room(name, Limits(1, 1, 1, 1))


# ---------------------------------------------------------------------------------------------------- the disk of a home
def test_a_home_is_measured_without_following_links(place: Place) -> None:
    elsewhere = place.folder / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "big").write_bytes(bytes(1 << 20))
    (place.home / "own").write_bytes(b"x" * (1 << 16))
    (place.home / "link").symlink_to(elsewhere)
    (place.home / "file-link").symlink_to(elsewhere / "big")
    os.link(place.home / "own", place.home / "second-name")
    with (place.home / "hole").open("wb") as file:
        file.truncate(1 << 30)
    usage = measure(place.home)
    assert usage.files == 5
    assert 1 << 16 <= usage.bytes < 1 << 19
    assert usage.complete
    assert not usage.over(1)
    assert usage.over(0)


def test_a_home_built_to_hide_its_size_counts_as_too_full(place: Place) -> None:
    here = os.open(place.home, os.O_RDONLY)
    for _ in range(MAX_DEPTH + 5):
        os.mkdir("d", dir_fd=here)
        inner = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)
    assert measure(place.home).over(100)


def test_a_home_with_a_closed_folder_counts_as_too_full(place: Place) -> None:
    closed = place.home / "closed"
    closed.mkdir()
    closed.chmod(0)
    assert measure(place.home).over(100)
    closed.chmod(0o700)
    assert not measure(place.home).over(100)


def test_a_home_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert measure(tmp_path / "none").bytes == 0
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(OSError, match="link"):
        measure(tmp_path / "link")


def test_the_rooms_first_process_is_told_apart_from_what_it_started(place: Place) -> None:
    process = place.start("import time; print('in', flush=True); time.sleep(60)")
    assert process.stdout is not None
    process.stdout.readline()
    held = of_rooms([process.pid])[process.pid]
    assert process.call in held.by_process
    assert held.largest(process.call, process.kept) not in {process.call, *process.kept}
    process.terminate()
    assert process.wait(10) == place.code_after_sigterm


def test_only_a_unix_socket_reaches_the_call_as_its_listener(place: Place, knock: tuple[socket.socket, Path]) -> None:
    listener, path = knock
    package = place.folder / "package"
    package.mkdir()
    (package / "answer.py").write_text(
        "import json, os\ndef run(listener, word):\n    peer, _ = listener.accept()\n"
        "    peer.sendall(json.dumps([word, sorted(map(int, os.listdir('/proc/self/fd')))]).encode())\n    peer.close()\n"
    )
    from hub.room.bwrap import PROJECT

    room = place.room(read_only=(Bind(package, f"{PROJECT}/limits_probe"),))
    process = start(room, Call("limits_probe.answer:run", {"word": "hello"}), listener=listener)
    with socket.socket(socket.AF_UNIX) as visitor:
        visitor.connect(str(path))
        word, open_descriptors = json.loads(visitor.recv(1000))
    assert word == "hello"
    assert len(open_descriptors) == 6  # three standard streams, the listener, the visitor, the listing itself
    assert process.wait(10) == 0
