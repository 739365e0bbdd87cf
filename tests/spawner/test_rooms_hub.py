"""A person's server in its room, under the real hub and the real proxy."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
import time
import urllib.request
from pathlib import Path

import pytest
from rooms_house import House, Visitor, until

from hub.spawner import registry
from hub.spawner.watch import LOG_MB, Watched, check_disk, check_memory, shorten


@pytest.fixture(scope="module")
def pupil(house: House) -> Visitor:
    return house.person(house.pupils[0]).enter()


def room_of(house: House, visitor: Visitor) -> registry.RoomProcess:
    name = f"{visitor.account}-{visitor.server}" if visitor.server else visitor.account
    found = registry.find(house.settings.rooms_dir, name)
    assert found is not None
    return found


# ---------------------------------------------------------------------------------------------------- a lesson
def test_a_pupil_starts_his_server_and_runs_one_plus_one(pupil: Visitor) -> None:
    status, said = pupil.get("api/status")
    assert status == 200, said
    assert pupil.run("1 + 1") == "2"


def test_his_files_lie_in_his_home_and_are_there_again(house: House, pupil: Visitor) -> None:
    assert pupil.run("import os; print(os.getcwd(), open('mine.txt', 'w').write('crab'))") == "/home/room 4\n"
    assert (house.settings.homes_dir / pupil.account / "mine.txt").read_text() == "crab"
    status, found = pupil.get("api/contents/mine.txt")
    assert (status, found["content"]) == (200, "crab")


def test_another_pupil_and_a_stranger_get_nothing_of_it(house: House, pupil: Visitor) -> None:
    other = house.person(house.pupils[1])
    assert house.call("GET", f"{pupil.base}/api/contents", other.token)[0] == 403
    assert house.call("GET", f"{pupil.base}/api/contents", None)[0] == 403
    assert house.call("GET", f"{pupil.base}/api/contents", "0" * 32)[0] == 403


def test_a_program_knows_its_room_but_not_the_servers_token(pupil: Visitor) -> None:
    said = pupil.run(
        "import os, subprocess, pathlib\n"
        "print(os.environ['KANIKKO_ROLE'], os.environ['KANIKKO_GRADE'].isdigit(), os.environ['KANIKKO_QUOTA_MB'])\n"
        "print([key for key in os.environ if key.startswith(('JUPYTERHUB', 'JPY_API'))])\n"
        "text = b''\n"
        "for path in [*pathlib.Path('/proc').glob('[0-9]*/environ'), *(p for p in pathlib.Path('/tmp').rglob('*') if p.is_file())]:\n"
        "    try: text += path.read_bytes()\n"
        "    except OSError: pass\n"
        "print(b'JUPYTERHUB' in text, [path.name for path in pathlib.Path('/tmp').rglob('jpserver*')])"
    )
    assert said.splitlines() == ["student True 200", "[]", "False []"]


def test_a_program_cannot_read_or_trace_its_server(pupil: Visitor) -> None:
    said = pupil.run(
        "import os\n"
        "server = os.getppid()\n"
        "for what in ('mem', 'environ', 'maps'):\n"
        "    try: open(f'/proc/{server}/{what}', 'rb').read(1); print('read', what)\n"
        "    except PermissionError: print('refused')\n"
        "try: os.listdir(f'/proc/{server}/fd'); print('listed')\n"
        "except PermissionError: print('refused')\n"
        "import ctypes; print(ctypes.CDLL(None).ptrace(16, server, 0, 0))"
    )
    assert said.split() == ["refused"] * 4 + ["-1"]


KNOCK = """
import os, socket
def knock(line, *headers):
    door = socket.socket(socket.AF_UNIX); door.connect('/run/kanikko/hub.sock')
    door.sendall('\\r\\n'.join([line + ' HTTP/1.1', 'Host: x', 'Connection: close', *headers, '', '']).encode())
    return int(door.recv(100).split()[1])
print(os.listdir('/run/kanikko'))
print(knock('GET /hub/api'), knock('GET /hub/api/user'))
print([knock(line) for line in (
    'GET /hub/login', 'POST /hub/login', 'GET /hub/api/users', 'POST /hub/api/users/NAME/tokens', 'GET /hub/api/../login',
    'GET //hub/login',
    'GET /hub/api%2f..%2flogin', 'DELETE /hub/api/user', 'GET http://x/hub/login', 'GET /user/NAME/api', 'GET /')])
print(knock('GET /hub/api/user', 'Upgrade: websocket', 'Authorization: token x'))
"""


def test_a_program_finds_four_calls_of_the_hub_and_no_page_to_try_pins_on(pupil: Visitor) -> None:
    said = pupil.run(KNOCK.replace("NAME", pupil.account)).splitlines()
    assert said[:2] == ["['hub.sock']", "200 403"]
    assert set(json.loads(said[2])) <= {403, 404}
    assert said[3] == "403"


def test_a_program_reaches_neither_hub_nor_proxy_nor_other_rooms(house: House, pupil: Visitor) -> None:
    said = pupil.run(
        "import socket, os\n"
        f"try: socket.create_connection(('127.0.0.1', {house.settings.port}), 2); print('reached')\n"
        "except OSError: print('refused')\n"
        f"print(os.path.exists({str(house.settings.run_dir)!r}), os.path.exists({str(house.settings.homes_dir)!r}))"
    )
    assert said.splitlines() == ["refused", "False False"]


def test_a_program_cannot_flood_the_servers_log(house: House, pupil: Visitor) -> None:
    before = len(pupil.log())
    pupil.run("import os\nfor fd in (1, 2):\n    for _ in range(200): os.write(fd, b'x' * 100_000)")
    pupil.run("import subprocess; subprocess.run(['sh', '-c', 'yes | head -c 20000000 >&2'])")
    assert len(pupil.log()) - before < 100_000


def test_there_is_no_terminal(pupil: Visitor) -> None:
    assert pupil.get("api/terminals")[0] == 404


SLY = [
    "jupyter_server_config.py", "sitecustomize.py", "usercustomize.py", "tornado.py", ".jupyter/jupyter_server_config.py",
    ".jupyter/jupyter_config.py", ".local/lib/python3.11/site-packages/usercustomize.py", ".config/jupyter/jupyter_config.py",
]  # fmt: skip


def test_nothing_a_program_leaves_in_the_home_changes_how_the_server_starts(house: House) -> None:
    sly = house.person(house.pupils[2]).enter()
    sly.run(
        "import os\n"
        "evil = \"open('/home/room/ran-in-server', 'w').write('x')\\n\"\n"
        f"for path in {SLY}:\n"
        "    os.makedirs(os.path.dirname(path) or '.', exist_ok=True); open(path, 'w').write(evil)"
    )
    sly.stop()
    until(lambda: not sly.ready(), 30)
    sly.enter()
    assert not (house.settings.homes_dir / sly.account / "ran-in-server").exists()


# ---------------------------------------------------------------------------------------------------- teachers
def test_a_teacher_has_a_server_for_each_class_with_the_course_in_it(house: House) -> None:
    teacher = house.person(house.teacher, house.course).enter()
    said = teacher.run(
        f"import os; print(os.environ['KANIKKO_COURSE'], os.access('/courses/{house.course}', os.W_OK), os.listdir('/courses'))"
    )
    assert said.strip() == f"{house.course} True ['{house.course}']"
    teacher.stop()


def test_nobody_gets_a_server_for_a_class_that_is_not_his(house: House, pupil: Visitor) -> None:
    others = [found.course for found in house.roster.classes() if found not in house.roster.classes_of(house.teacher)]
    for account, server in ((pupil.account, house.course), (house.teacher, others[0]), (house.teacher, "..-x"), (pupil.account, "more")):
        status, _ = house.person(account, server).start()
        assert status >= 400, (account, server)


def test_who_is_not_in_the_roster_gets_no_room(house: House) -> None:
    assert house.person("ustranger2").start()[0] >= 400
    assert not (house.settings.homes_dir / "ustranger2").exists()


# ---------------------------------------------------------------------------------------------------- the watch
def watched(house: House, visitor: Visitor, **changes: int) -> Watched:
    room, home = room_of(house, visitor), house.settings.homes_dir / visitor.account
    made = Watched(visitor.account, room, 1024, home, 200, house.settings.logs_dir / "none.log")
    for key, value in changes.items():
        setattr(made, key, value)
    return made


def test_a_kernel_that_holds_too_much_is_ended_and_the_server_stays(house: House, pupil: Visitor) -> None:
    kernel = pupil.new_kernel()
    assert pupil.run("held = bytearray(150 << 20); print(len(held) >> 20)", kernel) == "150\n"
    check_memory([watched(house, pupil, memory_mb=200)])
    until(lambda: pupil.get("api/kernels")[0] == 200, 10)
    assert room_of(house, pupil).poll() is None
    until(lambda: room_of(house, pupil).memory() < 200 << 20, 20)


def test_a_home_that_fills_up_stops_its_kernels_and_far_over_its_room(house: House) -> None:
    greedy = house.person(house.pupils[3]).enter()
    kernel = greedy.new_kernel()
    home = watched(house, greedy, quota_mb=4)
    check_disk([home])
    greedy.run("open('a', 'wb').write(bytes(6 << 20))", kernel)
    check_disk([home])
    assert home.process.poll() is None
    until(lambda: "kernel" in greedy.log().lower() and room_of(house, greedy).poll() is None, 10)
    (home.home / "b").write_bytes(bytes(4 << 20))
    check_disk([home])
    home.process.wait(10)


def test_a_log_is_kept_short(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    log.write_bytes(b"old\n" * (2 << 20) + b"the last line\n")
    with log.open("ab") as server:
        shorten(log)
        server.write(b"and on\n")
    assert log.stat().st_size < LOG_MB << 20
    assert log.read_bytes().endswith(b"the last line\nand on\n")
    (tmp_path / "link.log").symlink_to(log)
    shorten(tmp_path / "link.log")


# ---------------------------------------------------------------------------------------------------- life and death
def test_a_killed_hub_comes_back_and_the_room_has_served_all_the_time(house: House, pupil: Visitor) -> None:
    before = room_of(house, pupil)
    kernel = pupil.new_kernel()
    assert pupil.run("crabs = 7", kernel) == ""
    house.kill("hub")
    assert pupil.get("api/status")[0] == 200, "the proxy and the room go on without the hub"
    house.start("hub")
    until(house.answers, 60)
    until(pupil.ready, 30)
    assert pupil.run("crabs + 1", kernel) == "8"
    after = room_of(house, pupil)
    assert (after.pid, after.started) == (before.pid, before.started)


def test_a_killed_proxy_comes_back_with_its_routes(house: House, pupil: Visitor) -> None:
    house.kill("proxy")
    house.start("proxy")
    begun = time.monotonic()
    until(house.answers, 20)
    assert pupil.get("api/status")[0] == 200
    assert time.monotonic() - begun < 10


def test_a_server_that_died_is_noticed_and_starts_again(house: House) -> None:
    person = house.person(house.pupils[4]).enter()
    room = room_of(house, person)
    room.kill()
    until(lambda: not person.ready(), 40, "the hub to notice")
    person.enter()
    assert person.run("2 + 2") == "4"


def test_stopping_ends_the_room_and_leaves_no_socket(house: House) -> None:
    person = house.person(house.pupils[5]).enter()
    room = room_of(house, person)
    assert person.stop()[0] in (202, 204)
    until(lambda: room.poll() is not None, 20)
    until(lambda: not list(house.settings.rooms_dir.glob(f"{person.account}*")), 20)


def test_rooms_end_when_the_house_ends(house: House) -> None:
    person = house.person(house.pupils[6]).enter()
    room = room_of(house, person)
    assert registry.end(house.settings.rooms_dir, [person.account]) == 1
    assert room.poll() is not None
    assert registry.find(house.settings.rooms_dir, person.account) is None


# ---------------------------------------------------------------------------------------------------- the proxy
def test_an_upload_that_is_too_large_is_refused_before_it_is_read(house: House, pupil: Visitor) -> None:
    with socket.create_connection(("127.0.0.1", house.settings.port), 10) as visitor:
        visitor.sendall(f"PUT {pupil.base}/api/contents/x HTTP/1.1\r\nHost: x\r\nContent-Length: {1 << 30}\r\n\r\n".encode())
        said = b""
        with contextlib.suppress(ConnectionResetError):
            visitor.sendall(b"x" * 1000)
            said = visitor.recv(1000)
    assert said == b"" or b" 4" in said.split(b"\r\n")[0]
    assert house.answers()


def test_nobody_can_pass_for_another_address(house: House) -> None:
    request = urllib.request.Request(
        f"{house.url}/hub/api/user?from=elsewhere",  # by this its line is found: rooms ask who somebody is all the time
        headers={"Authorization": f"token {house.token}", "X-Real-Ip": "198.51.100.7", "X-Forwarded-For": "198.51.100.8"},
    )
    urllib.request.urlopen(request, timeout=10).read()
    line = until(lambda: next((text for text in house.log("hub").splitlines() if "from=elsewhere" in text), None), 10)
    assert "198.51.100" not in line
    assert "127.0.0.1" in line


def test_a_progress_stream_comes_as_it_happens(house: House) -> None:
    person = house.person(house.teacher, house.course)  # a teacher's server takes a second to start
    threading.Thread(target=person.start, daemon=True).start()
    place = f"{house.url}/hub/api/users/{person.account}/servers/{house.course}/progress"
    request = urllib.request.Request(place, headers={"Authorization": f"token {person.token}"})
    events: list[tuple[float, dict[str, object]]] = []

    def listening() -> bool:
        try:
            with urllib.request.urlopen(request, timeout=60) as stream:
                for line in stream:
                    if line.startswith(b"data:"):
                        events.append((time.monotonic(), json.loads(line[5:])))
        except urllib.error.HTTPError:
            return False
        return True

    until(listening, 30)
    assert any("へや" in str(event["message"]) for _, event in events)
    assert events[-1][1]["ready"] is True
    assert events[-1][0] - events[0][0] > 0.5, "the first message came before the last"


def test_sockets_of_the_house_are_closed_to_others(house: House) -> None:
    for path in house.settings.run_dir.rglob("*.sock"):
        assert path.stat().st_mode & 0o077 == 0, path
    for folder in (house.settings.run_dir, house.settings.doors_dir, house.settings.rooms_dir, house.settings.homes_dir):
        assert folder.stat().st_mode & 0o077 == 0, folder
    assert os.environ.get("TESTER_TOKEN") is None
