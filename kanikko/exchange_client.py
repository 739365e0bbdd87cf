"""The typed client of the hand-in service: HTTP over its Unix socket.

``ExchangeClient`` is for commands and nbgrader's classes, ``AsyncExchangeClient`` for anything on an event loop (Tornado's
is asyncio's). Both offer the same calls. What goes wrong is an ``ExchangeFault`` whose ``code`` chooses words for the
reader: ``for_pupil`` (hiragana, furigana markup) and ``for_teacher``.
"""

from __future__ import annotations

import os
import shutil
import ssl
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Generic, TypeVar
from urllib.parse import quote

import httpx
from pydantic import JsonValue, TypeAdapter

from kanikko.exchange_facts import (
    Card,
    CellMark,
    Event,
    Executed,
    Fact,
    Flag,
    JobView,
    Lesson,
    Me,
    Progress,
    RobotProgram,
    State,
    Submission,
)
from kanikko.exchange_faults import ExchangeDown, ExchangeFault, fault
from kanikko.safe_files import CHUNK, ArchiveLimits, pack_tar, unpack_tar

__all__ = [
    "AsyncExchangeClient", "Card", "CellMark", "Event", "ExchangeClient", "ExchangeDown", "ExchangeFault", "Executed", "Fact",
    "Files", "Flag", "JobView", "Lesson", "Me", "Progress", "RobotProgram", "State", "Submission",
]  # fmt: skip

Files = Mapping[str, Path | bytes]
"""Relative path → the file, or its bytes."""
Answer = TypeVar("Answer")

ANSWER_LIMITS = ArchiveLimits(total=256 * 1024 * 1024, entries=2000, check_notebooks=False)
"""What we take from the service itself; a bound against a runaway, not against a stranger."""
PATIENCE = 30.0
"""Seconds to wait for an answer, besides a wait that was asked for."""


# --------------------------------------------------------------------------------------------- the calls
@dataclass(frozen=True, slots=True)
class Ask(Generic[Answer]):
    """One call of the API, not yet made. ``kind`` is the answer's type; ``wait`` the seconds the service may take on purpose."""

    kind: Any
    method: str
    path: str
    params: dict[str, str] = field(default_factory=dict)
    files: Files | None = None
    json: JsonValue = None
    wait: float = 0.0

    def read(self, body: bytes) -> Answer:
        answer: Answer = TypeAdapter(self.kind).validate_json(body or b"null")
        return answer


def _path(*parts: str) -> str:
    return "/".join(("/api", *(quote(part, safe="") for part in parts)))


def _given(**params: str | None) -> dict[str, str]:
    return {name: value for name, value in params.items() if value}


class Asks:
    """Every call but those that carry files to us."""

    @staticmethod
    def me() -> Ask[Me]:
        return Ask(Me, "GET", "/api/me")

    @staticmethod
    def lessons(course: str | None = None) -> Ask[list[Lesson]]:
        return Ask(list[Lesson], "GET", "/api/lessons", _given(course=course))

    @staticmethod
    def put_release(course: str, lesson: str, files: Files, *, title: str = "", force: bool = True) -> Ask[Lesson]:
        params = _given(title=title, force="" if force else "no")
        return Ask(Lesson, "PUT", _path("releases", course, lesson), params, files=files)

    @staticmethod
    def delete_release(course: str, lesson: str) -> Ask[None]:
        return Ask(None, "DELETE", _path("releases", course, lesson))

    @staticmethod
    def submit(course: str, lesson: str, files: Files) -> Ask[Submission]:
        return Ask(Submission, "POST", _path("submissions", course, lesson), files=files)

    @staticmethod
    def submissions(course: str | None = None, lesson: str | None = None, student: str | None = None) -> Ask[list[Submission]]:
        return Ask(list[Submission], "GET", "/api/submissions", _given(course=course, lesson=lesson, student=student))

    @staticmethod
    def submission(submission: str, wait: float = 0.0) -> Ask[Submission]:
        return Ask(Submission, "GET", _path("submissions", submission), _given(wait=f"{wait:g}" if wait else None), wait=wait)

    @staticmethod
    def delete_submission(submission: str) -> Ask[None]:
        return Ask(None, "DELETE", _path("submissions", submission))

    @staticmethod
    def put_feedback(submission: str, files: Files) -> Ask[Submission]:
        return Ask(Submission, "PUT", _path("feedback", submission), files=files)

    @staticmethod
    def execute(notebook: JsonValue, files: Mapping[str, str], limits: Mapping[str, float], wait: float) -> Ask[Executed]:
        body: JsonValue = {"notebook": notebook, "files": dict(files), "limits": dict(limits)}
        return Ask(Executed, "POST", "/api/executions", json=body, wait=wait)

    @staticmethod
    def release_lesson(course: str, lesson: str, wait: float = 0.0) -> Ask[JobView]:
        return Ask(JobView, "POST", _path("courses", course, "lessons", lesson, "release"), {"wait": f"{wait:g}"}, wait=wait)

    @staticmethod
    def withdraw_lesson(course: str, lesson: str, wait: float = 0.0) -> Ask[JobView]:
        return Ask(JobView, "POST", _path("courses", course, "lessons", lesson, "withdraw"), {"wait": f"{wait:g}"}, wait=wait)

    @staticmethod
    def job(job: int, wait: float = 0.0) -> Ask[JobView]:
        return Ask(JobView, "GET", _path("jobs", str(job)), {"wait": f"{wait:g}"}, wait=wait)

    @staticmethod
    def progress(course: str, lesson: str) -> Ask[dict[str, Progress]]:
        return Ask(dict[str, Progress], "GET", _path("progress", course, lesson))

    @staticmethod
    def programs(course: str, lesson: str) -> Ask[list[RobotProgram]]:
        return Ask(list[RobotProgram], "GET", _path("programs", course, lesson))

    @staticmethod
    def pupil(account: str) -> Ask[list[Card]]:
        return Ask(list[Card], "GET", _path("pupil", account))

    @staticmethod
    def release_files(course: str, lesson: str) -> Ask[None]:
        return Ask(None, "GET", _path("releases", course, lesson))

    @staticmethod
    def submission_files(submission: str) -> Ask[None]:
        return Ask(None, "GET", _path("submissions", submission, "files"))

    @staticmethod
    def feedback(submission: str) -> Ask[None]:
        return Ask(None, "GET", _path("feedback", submission))


# --------------------------------------------------------------------------------------------- the two clients
class _Door:
    """What both clients know: where the socket is, and who is asking."""

    def __init__(self, socket: str | Path | None = None, token: str | None = None) -> None:
        """Without arguments: as a room finds it, ``KANIKKO_EXCHANGE_SOCKET`` and ``JUPYTERHUB_API_TOKEN``."""
        self.socket = str(socket or os.environ.get("KANIKKO_EXCHANGE_SOCKET", "/run/kanikko/exchange.sock"))
        self.headers = {"Authorization": f"token {token or os.environ.get('JUPYTERHUB_API_TOKEN', '')}"}

    def _request(self, ask: Ask[Any], token: str | None) -> tuple[dict[str, Any], BinaryIO | None]:
        headers = {"Authorization": f"token {token}"} if token else {}
        request: dict[str, Any] = {"method": ask.method, "url": ask.path, "params": ask.params, "headers": headers}
        request["timeout"] = httpx.Timeout(PATIENCE, read=PATIENCE + ask.wait)
        body = None
        if ask.files is not None:
            body = pack_tar(ask.files)
            headers |= {"Content-Type": "application/x-tar", "Content-Length": str(os.fstat(body.fileno()).st_size)}
        elif ask.json is not None:
            request["json"] = ask.json
        return request, body

    @contextmanager
    def _knocking(self, body: BinaryIO | None = None) -> Iterator[None]:
        """Around a request: ExchangeDown where nobody answers; what was sent is closed."""
        try:
            yield
        except httpx.HTTPError as error:
            raise ExchangeDown(f"{type(error).__name__} at {self.socket}") from error
        finally:
            if body:
                body.close()


def _answer(ask: Ask[Answer], response: httpx.Response) -> Answer:
    if response.is_error:
        raise fault(response.status_code, response.content)
    return ask.read(response.content)


def _chunks(source: BinaryIO) -> Iterator[bytes]:
    while chunk := source.read(CHUNK):
        yield chunk


async def _async_chunks(source: BinaryIO) -> AsyncIterator[bytes]:
    while chunk := source.read(CHUNK):
        yield chunk


def _keep(answer: BinaryIO, folder: Path) -> list[str]:
    """Unpack what we were sent into ``folder`` (made here; must not exist), all or nothing."""
    answer.seek(0)
    aside = Path(tempfile.mkdtemp(prefix=".kk", dir=folder.parent))
    try:
        names = unpack_tar(answer, aside / "x", ANSWER_LIMITS)
        (aside / "x").rename(folder)
        return names
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _no_tls() -> ssl.SSLContext:
    """A context that trusts nobody. A Unix socket has no TLS, and reading the usual certificates costs each server 20 ms and 0.6 MB."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class ExchangeClient(_Door):
    """The blocking client. Every call raises ExchangeFault. Give ``token`` with a call to ask in another's name."""

    def __init__(self, socket: str | Path | None = None, token: str | None = None) -> None:
        super().__init__(socket, token)
        self._http = httpx.Client(
            transport=httpx.HTTPTransport(uds=self.socket, verify=_no_tls()), base_url="http://exchange", headers=self.headers
        )

    def close(self) -> None:
        self._http.close()

    def ask(self, ask: Ask[Answer], *, token: str | None = None) -> Answer:
        request, body = self._request(ask, token)
        with self._knocking(body):
            return _answer(ask, self._http.request(**request, content=_chunks(body) if body else None))

    def _fetch(self, ask: Ask[None], folder: Path) -> list[str]:
        with tempfile.TemporaryFile() as answer:
            with self._knocking(), self._http.stream(ask.method, ask.path, timeout=PATIENCE) as response:
                if response.is_error:
                    raise fault(response.status_code, response.read())
                for chunk in response.iter_bytes(CHUNK):
                    answer.write(chunk)
            return _keep(answer, folder)

    def me(self) -> Me:
        return self.ask(Asks.me())

    def lessons(self, course: str | None = None) -> list[Lesson]:
        """Lessons released to ``course``, or to every class of the asker."""
        return self.ask(Asks.lessons(course))

    def put_release(self, course: str, lesson: str, files: Files, *, title: str = "", force: bool = True) -> Lesson:
        """Release. ``force`` false: ``exists`` if it is already out. Without a title the old one, or the lesson's id, stays."""
        return self.ask(Asks.put_release(course, lesson, files, title=title, force=force))

    def delete_release(self, course: str, lesson: str) -> None:
        self.ask(Asks.delete_release(course, lesson))

    def fetch_release(self, course: str, lesson: str, folder: Path) -> list[str]:
        """Into ``folder``, which must not exist; the relative paths."""
        return self._fetch(Asks.release_files(course, lesson), folder)

    def submit(self, course: str, lesson: str, files: Files) -> Submission:
        """Hand in. Once this returns, the submission is on the disk and queued."""
        return self.ask(Asks.submit(course, lesson, files))

    def submissions(self, course: str | None = None, lesson: str | None = None, student: str | None = None) -> list[Submission]:
        """Oldest first: the asker's own, or as teacher the class's."""
        return self.ask(Asks.submissions(course, lesson, student))

    def submission(self, submission: str, wait: float = 0.0) -> Submission:
        """As soon as it is graded, or after ``wait`` seconds."""
        return self.ask(Asks.submission(submission, wait))

    def delete_submission(self, submission: str) -> None:
        """Take it off every list (its files are kept)."""
        self.ask(Asks.delete_submission(submission))

    def fetch_submission(self, submission: str, folder: Path) -> list[str]:
        return self._fetch(Asks.submission_files(submission), folder)

    def put_feedback(self, submission: str, files: Files) -> Submission:
        return self.ask(Asks.put_feedback(submission, files))

    def fetch_feedback(self, submission: str, folder: Path) -> list[str]:
        return self._fetch(Asks.feedback(submission), folder)

    def execute(self, notebook: JsonValue, files: Mapping[str, str], limits: Mapping[str, float], wait: float = 300.0) -> Executed:
        """Run a notebook in the grading sandbox; ``files``: relative path → base64; ``limits`` as in ``grading.sandbox``."""
        return self.ask(Asks.execute(notebook, files, limits, wait))

    def progress(self, course: str, lesson: str) -> dict[str, Progress]:
        return self.ask(Asks.progress(course, lesson))


class AsyncExchangeClient(_Door):
    """The same on an event loop. Give ``token`` with a call to ask in another's name (a page that serves many)."""

    def __init__(self, socket: str | Path | None = None, token: str | None = None) -> None:
        super().__init__(socket, token)
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=20)  # a class waits for its marks at once
        transport = httpx.AsyncHTTPTransport(uds=self.socket, limits=limits, verify=_no_tls())
        self._http = httpx.AsyncClient(transport=transport, base_url="http://exchange", headers=self.headers)

    async def close(self) -> None:
        await self._http.aclose()

    async def ask(self, ask: Ask[Answer], *, token: str | None = None) -> Answer:
        request, body = self._request(ask, token)
        with self._knocking(body):
            return _answer(ask, await self._http.request(**request, content=_async_chunks(body) if body else None))

    async def me(self) -> Me:
        return await self.ask(Asks.me())

    async def lessons(self, course: str | None = None) -> list[Lesson]:
        return await self.ask(Asks.lessons(course))

    async def fetch_release(self, course: str, lesson: str, folder: Path) -> list[str]:
        """Into ``folder``, which must not exist; the relative paths."""
        ask = Asks.release_files(course, lesson)
        with tempfile.TemporaryFile() as answer:
            with self._knocking():
                async with self._http.stream(ask.method, ask.path, timeout=PATIENCE) as response:
                    if response.is_error:
                        raise fault(response.status_code, await response.aread())
                    async for chunk in response.aiter_bytes(CHUNK):
                        answer.write(chunk)
            return _keep(answer, folder)

    async def submit(self, course: str, lesson: str, files: Files) -> Submission:
        """Hand in. Once this returns, the submission is on the disk and queued."""
        return await self.ask(Asks.submit(course, lesson, files))

    async def submissions(self, course: str | None = None, lesson: str | None = None, student: str | None = None) -> list[Submission]:
        return await self.ask(Asks.submissions(course, lesson, student))

    async def submission(self, submission: str, wait: float = 0.0) -> Submission:
        """As soon as it is graded, or after ``wait`` seconds."""
        return await self.ask(Asks.submission(submission, wait))

    async def release_lesson(self, course: str, lesson: str, wait: float = 0.0) -> JobView:
        """Queue building and releasing a lesson of the library; after ``wait`` seconds at most, how far it is."""
        return await self.ask(Asks.release_lesson(course, lesson, wait))

    async def withdraw_lesson(self, course: str, lesson: str, wait: float = 0.0) -> JobView:
        return await self.ask(Asks.withdraw_lesson(course, lesson, wait))

    async def job(self, job: int, wait: float = 0.0) -> JobView:
        return await self.ask(Asks.job(job, wait))

    async def progress(self, course: str, lesson: str) -> dict[str, Progress]:
        return await self.ask(Asks.progress(course, lesson))

    async def programs(self, course: str, lesson: str) -> list[RobotProgram]:
        """What the pupils of a class marked for the robot."""
        return await self.ask(Asks.programs(course, lesson))

    async def pupil(self, account: str) -> list[Card]:
        return await self.ask(Asks.pupil(account))

    async def events(self, after: int | None = None) -> AsyncIterator[Event]:
        """Every change from now on, or after event ``after``. Raises ExchangeDown when the service goes: come back with the last id."""
        headers = {} if after is None else {"Last-Event-ID": str(after)}
        quiet = httpx.Timeout(PATIENCE, read=PATIENCE * 2)  # the service sends a comment every few seconds
        with self._knocking():
            async with self._http.stream("GET", "/api/events", headers=headers, timeout=quiet) as response:
                if response.is_error:
                    raise fault(response.status_code, await response.aread())
                async for line in response.aiter_lines():
                    if line.startswith("data:"):
                        yield Event.model_validate_json(line[5:])
        raise ExchangeDown("the service ended the stream")
