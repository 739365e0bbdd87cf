"""Nobody takes the site away from the others: not with a slow line, not with a flood of bytes."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx
import pytest
from flask import Flask, request

from kanikko.errors import MachineError
from kanikko.settings import Settings
from web import server as site_server
from web.app import create_app
from web.server import SiteServer


@pytest.fixture
def app(site_settings: Settings) -> Flask:
    """As it runs for people: errors become pages."""
    return create_app(site_settings)


@pytest.fixture
def running(app: Flask) -> Iterator[SiteServer]:
    with SiteServer(app, clockwork=False) as server:
        yield server


def raw(server: SiteServer, *parts: bytes) -> bytes:
    """What the server answers to these bytes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as line:
        try:
            for part in parts:
                line.sendall(part)
            line.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it hung up while we were talking
        answer = b""
        try:
            while got := line.recv(65536):
                answer += got
        except ConnectionResetError:
            pass
    return answer


def status(server: SiteServer, *parts: bytes) -> bytes:
    return raw(server, *parts).split(b" ", 2)[1]


def test_a_huge_head_is_refused(running: SiteServer) -> None:
    assert status(running, b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 100_000 + b"\r\n\r\n") == b"431"
    assert status(running, b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n") == b"431"


def test_a_huge_body_is_refused_before_it_is_sent(running: SiteServer) -> None:
    head = b"POST /apply/ HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    assert status(running, head + b"Content-Length: 900000000\r\n\r\n" + b"a" * 1000) == b"413"
    assert status(running, head + b"Transfer-Encoding: chunked\r\n\r\n", *[b"100000\r\n" + b"a" * 0x100000 + b"\r\n"] * 6) == b"413"


def test_a_body_above_what_forms_may_hold_gets_a_page_with_words(running: SiteServer) -> None:
    answer = httpx.post(
        f"{running.address}/", content=b"a=" + b"x" * 3_000_000, headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert answer.status_code in (405, 413) and "<h1" in answer.text


@pytest.mark.parametrize(
    "junk",
    [b"\x00\xff\xfe\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET / HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
     b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n", b"GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"],
)  # fmt: skip
def test_what_is_no_request_never_breaks_anything(running: SiteServer, junk: bytes) -> None:
    answer = raw(running, junk)
    assert not answer.split(b" ", 2)[1:2] > [b"5"] and b"Traceback" not in answer
    assert httpx.get(f"{running.address}/health").status_code == 200


def test_three_hundred_slow_lines_starve_nobody(running: SiteServer) -> None:
    with ExitStack() as lines, httpx.Client(limits=httpx.Limits(max_connections=50), timeout=60) as clients, ThreadPoolExecutor(50) as pool:
        for number in range(300):
            line = lines.enter_context(socket.create_connection(("127.0.0.1", running.port)))
            line.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nX-A: b\r\n" if number % 2 else b"POST / HTTP/1.1\r\nContent-Length: 99\r\n\r\nabc")
        codes = list(pool.map(lambda _: clients.get(f"{running.address}/health").status_code, range(100)))
    assert codes == [200] * 100


def test_a_request_that_never_ends_is_ended(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site_server, "HEAD_SECONDS", 0.2)
    monkeypatch.setattr(site_server, "WHOLE_SECONDS", 0.2)
    monkeypatch.setitem(site_server.LIMITS, "cleanup_interval", 0.1)
    for beginning in (b"GET / HTTP/1.1\r\nX: ", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n"):
        with SiteServer(app, clockwork=False) as server, socket.create_connection(("127.0.0.1", server.port), timeout=0.05) as line:
            line.sendall(beginning)
            for _ in range(600):  # a letter now and then
                try:
                    line.sendall(b"x")
                    if line.recv(1000) == b"":
                        break
                except TimeoutError:
                    continue
                except OSError:
                    break
            else:
                raise AssertionError("it listens for ever")


@pytest.mark.parametrize(("proxies", "seen"), [(0, "127.0.0.1"), (1, "203.0.113.9")])
def test_who_asks_is_believed_only_behind_a_proxy_of_ours(site_settings: Settings, proxies: int, seen: str) -> None:
    site_settings.site_proxies = proxies
    app = create_app(site_settings)
    found: list[str | None] = []
    app.before_request(lambda: found.append(request.remote_addr))
    with SiteServer(app, clockwork=False) as server:
        httpx.get(f"{server.address}/health", headers={"X-Forwarded-For": "198.51.100.1, 203.0.113.9"})
    assert found == [seen]


def test_who_is_in_when_the_site_closes_gets_an_answer(app: Flask, until: Callable[..., None]) -> None:
    inside, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        inside.set()
        assert go_on.wait(30)

    app.before_request(wait)
    with ThreadPoolExecutor(2) as pool:
        with SiteServer(app, clockwork=False) as server:
            answer = pool.submit(httpx.get, f"{server.address}/health", timeout=60)
            assert inside.wait(30)
            threading.Timer(1.5, go_on.set).start()
        assert answer.result().status_code == 200
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{server.address}/health")


def test_a_port_that_is_taken_is_said_in_words(app: Flask) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(MachineError, match="cannot be used"):
        SiteServer(app, port=taken.getsockname()[1])
