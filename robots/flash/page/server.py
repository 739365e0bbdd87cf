"""The page's server: Flask on this computer alone, unless the mentor says otherwise; then only with the token in the address."""

from __future__ import annotations

import ipaddress
import json
import secrets
import threading
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from flask import Flask, Response, abort, jsonify, redirect, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Response as AnyResponse

from kanikko.errors import MachineError
from robots.flash.faults import Fault
from robots.flash.station import Station
from robots.flash.steps import View, counts, in_order
from robots.flash.text import clean

COOKIE = "kanikko-flash"
TOKEN_HEADER = "X-Kanikko-Token"  # noqa: S105 (a header's name)
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
NEWS_SECONDS = 10.0
MOST_BODY = 4096


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        """Requests are not logged: the table has the terminal."""


class Page:
    """Serves the page while used as a context manager. ``address``: what to open. Raises MachineError where the port is taken."""

    def __init__(self, station: Station, host: str = "127.0.0.1", port: int = 0) -> None:
        self._token = secrets.token_urlsafe(18)
        self._is_local = _is_loopback(host)
        self.over = threading.Event()
        app = make_app(station, self._token, is_local=self._is_local, over=self.over)
        try:
            self._server = make_server(host, port, app, threaded=True, request_handler=_Quiet)
        except (OSError, SystemExit) as error:
            raise MachineError(
                f"ページを {host}:{port} で ひらけません（{clean(error, 80)}）", remedy="--port に べつの すうじを。"
            ) from None
        name = f"[{host}]" if ":" in host else host
        self.address = f"http://{name}:{self._server.server_port}/" + ("" if self._is_local else f"?token={self._token}")
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), name="page", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def make_app(station: Station, token: str, *, is_local: bool = True, over: threading.Event | None = None) -> Flask:
    """The page's application. What changes something wants ``token`` in a header, which no other site's page can send."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MOST_BODY
    over = over or threading.Event()

    @app.before_request
    def who_asks() -> AnyResponse | None:
        name = request.host.rsplit(":", 1)[0].strip("[]")
        if is_local and not _is_loopback(name):
            abort(403)  # another site's name that leads here
        if not is_local:
            given = request.args.get("token", "")
            if given and secrets.compare_digest(given, token):
                answer = redirect("/", 303)  # the token does not stay in the address bar
                answer.set_cookie(COOKIE, token, httponly=True, samesite="Strict")
                return answer
            if not secrets.compare_digest(request.cookies.get(COOKIE, ""), token):
                abort(403)
        if request.method != "GET" and not secrets.compare_digest(request.headers.get(TOKEN_HEADER, ""), token):
            abort(403)
        return None

    @app.after_request
    def guard(answer: Response) -> Response:
        answer.headers["Content-Security-Policy"] = POLICY
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Referrer-Policy"] = "no-referrer"
        answer.headers["Cache-Control"] = "no-store"
        return answer

    @app.errorhandler(HTTPException)
    def failed(error: HTTPException) -> tuple[Response, int]:
        return jsonify(said="できません。"), error.code or 500

    @app.get("/")
    def page() -> str:
        return render_template("station.html", token=token)

    @app.get("/state")
    def state() -> Response:
        return jsonify(as_json(station))

    @app.get("/news")
    def news() -> Response:
        return Response(_news(station, over), mimetype="text/event-stream")

    @app.post("/answer")
    def answer() -> Response:
        return jsonify(said=station.answer(_word("team")))

    @app.post("/boards/<int:number>/team")
    def team(number: int) -> Response:
        return jsonify(said=station.assign(number, _word("team")))

    @app.post("/boards/<int:number>/again")
    def again(number: int) -> Response:
        return jsonify(said=station.retry(number))

    @app.post("/boards/<int:number>/self-test")
    def self_test(number: int) -> Response:
        return jsonify(said=station.retry(number, self_test=True))

    return app


def _word(name: str) -> str:
    body = request.get_json()
    word = body.get(name) if isinstance(body, dict) else None
    if not isinstance(word, str) or len(word) > 200:
        abort(400)
    return word


def _news(station: Station, over: threading.Event) -> Iterator[str]:
    version = -1
    while not over.is_set():
        version = station.wait_for_news(version, NEWS_SECONDS if version >= 0 else 0)
        yield f"data: {json.dumps(as_json(station), ensure_ascii=False)}\n\n"
        over.wait(0.1)  # many boards change at once: one message for all of it


def as_json(station: Station) -> dict[str, object]:
    """What the page shows."""
    views = station.views()
    asked = station.asked
    return {
        "counts": counts(views), "boards": [_board(view) for view in in_order(views)], "asked": asked.number if asked else None,
        "trouble": station.trouble,
    }  # fmt: skip


def _board(view: View) -> dict[str, object]:
    return {
        "number": view.number, "port": view.port, "team": f"{view.team} {view.title}".strip(), "kind": view.kind, "sign": view.sign,
        "words": view.words, "advice": view.advice, "note": view.note, "progress": round(view.progress * 100), "plugged": view.plugged,
        "known": bool(view.uid), "looping": view.fault is Fault.RESTART_LOOP,
    }  # fmt: skip
