"""A class whose lesson needs the network: the hosts on the list, by name, and nothing else."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from rooms_house import House

from hub.proxy.outward import Outward
from hub.spawner import plan


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"from outside")

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def outside() -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()


async def ask(path: Path, hosts: set[str], request: bytes) -> bytes:
    server = await asyncio.start_unix_server(Outward(frozenset(hosts)).serve, path)
    async with server:
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(request)
        writer.write_eof()
        said = await asyncio.wait_for(reader.read(), 10)
        writer.close()
    path.unlink(missing_ok=True)
    return said


def test_a_host_on_the_list_is_reached(var: Path, outside: int) -> None:
    request = f"CONNECT localhost:{outside} HTTP/1.1\r\n\r\nGET / HTTP/1.0\r\n\r\n".encode()
    said = asyncio.run(ask(var / "net.sock", {f"localhost:{outside}"}, request))
    assert said.startswith(b"HTTP/1.1 200")
    assert said.endswith(b"from outside")


@pytest.mark.parametrize(
    "request_line",
    [
        "CONNECT 127.0.0.1:{port}",
        "CONNECT localhost:1",
        "GET http://localhost:{port}/",
        "CONNECT localhost:{port}:{port}",
        "CONNECT x@localhost:{port}",
        "",
    ],
)
def test_all_else_is_refused(var: Path, outside: int, request_line: str) -> None:
    request = f"{request_line.format(port=outside)} HTTP/1.1\r\n\r\nGET / HTTP/1.0\r\n\r\n".encode()
    said = asyncio.run(ask(var / "net.sock", {f"localhost:{outside}"}, request))
    assert said.startswith(b"HTTP/1.1 403")
    assert b"from outside" not in said


PROGRAM = """
import socket
def ask(host):
    way = socket.create_connection(('127.0.0.1', 3128), 5)
    way.sendall(f'CONNECT {host} HTTP/1.1\\r\\n\\r\\n'.encode())
    first = way.recv(100).split()[1]
    if first != b'200': return first
    way.sendall(b'GET / HTTP/1.0\\r\\n\\r\\n')
    text = b''
    while piece := way.recv(1000): text += piece
    return text.split()[-1]
print(ask('localhost:PORT'), ask('localhost:22'))
import os; print(os.environ['HTTPS_PROXY'])
try: socket.create_connection(('127.0.0.1', PORT), 2); print('reached')
except OSError: print('no network of its own')
"""


def test_a_pupil_of_the_class_reaches_it_from_his_notebook(house_with_way_out: tuple[House, int]) -> None:
    house, port = house_with_way_out
    pupil = house.person(house.pupils[0]).enter()
    said = pupil.run(PROGRAM.replace("PORT", str(port)))
    assert said.splitlines() == ["b'outside' b'403'", "http://127.0.0.1:3128", "no network of its own"]


def test_a_pupil_of_another_class_sees_no_way_out(house_with_way_out: tuple[House, int]) -> None:
    house, _ = house_with_way_out
    other = next(person for found in house.roster.classes() if found.course != house.course for person in house.roster.pupils(found.course))
    if house.course in {found.course for found in house.roster.classes_of(other.account)}:
        pytest.skip("the demo city has this pupil in both classes")
    made = plan.make_plan(house.settings, other.account, "")
    assert not made.way_out
    assert not [bind for bind in made.room.read_only if "outward" in str(bind.source)]
    assert "HTTPS_PROXY" not in made.environment


@pytest.fixture
def house_with_way_out(outside: int, monkeypatch: pytest.MonkeyPatch, var: Path) -> Iterator[tuple[House, int]]:
    made = House(var)
    monkeypatch.setenv("KANIKKO_OPEN_NETWORK_COURSES", f'["{made.course}"]')
    monkeypatch.setenv("KANIKKO_OPEN_NETWORK_HOSTS", f'["localhost:{outside}"]')
    made.settings = made.settings.model_copy(update={"open_network_courses": [made.course]})
    try:
        made.open()
        yield made, outside
    finally:
        made.close()
