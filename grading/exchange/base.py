"""What every handler of the service does: know who asks, answer in JSON, turn faults into statuses, take and send files."""

from __future__ import annotations

import asyncio
import errno
import json
import logging
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, TypeVar, cast

from pydantic import BaseModel
from tornado.http1connection import HTTP1Connection
from tornado.web import HTTPError, RequestHandler, stream_request_body

from grading.exchange.store import Store
from grading.exchange.watch import Watch
from grading.exchange.who import Asker, Doorkeeper
from kanikko.exchange_faults import ExchangeFault
from kanikko.safe_files import CHUNK, ArchiveLimits, UnsafeFiles, files_below, pack_tar, unpack_tar

log = logging.getLogger(__name__)
Value = TypeVar("Value")

STATUS = {
    "sign-in": 401, "not-allowed": 403, "not-found": 404, "not-released": 404, "exists": 409, "too-big": 413, "too-many-files": 413,
    "too-often": 429, "broken": 500, "down": 503, "disk-full": 507,
}  # fmt: skip
UPLOADS_AT_ONCE = 4
"""Of one asker. Each may take its limit of disk while it arrives."""
UPLOAD_SECONDS = 120
LONGEST_WAIT = 60.0


@dataclass
class House:
    """What handlers share."""

    store: Store
    doorkeeper: Doorkeeper
    watch: Watch
    threads: ThreadPoolExecutor
    uploads: Counter[str] = field(default_factory=Counter)


def as_fault(error: BaseException) -> ExchangeFault | None:
    """The fault that an error means to the asker; None for one we did not foresee."""
    if isinstance(error, ExchangeFault):
        return error
    if isinstance(error, UnsafeFiles):
        code = error.code if error.code in ("too-big", "too-many-files", "not-a-notebook") else "bad-files"
        return ExchangeFault(code, error.message)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ExchangeFault("disk-full", "no space left")
    if isinstance(error, sqlite3.OperationalError) and "full" in str(error):
        return ExchangeFault("disk-full", "no space left for the database")
    if isinstance(error, HTTPError):
        return ExchangeFault("not-found" if error.status_code == 404 else "bad-request", error.log_message or error.reason or "")
    return None


def jsonable(value: object) -> object:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, dict):
        return {key: jsonable(one) for key, one in value.items()}
    return [jsonable(one) for one in value] if isinstance(value, list) else value


class Handler(RequestHandler):
    asker: Asker
    house: House

    def initialize(self, house: House) -> None:
        self.house = house

    @property
    def store(self) -> Store:
        return self.house.store

    async def prepare(self) -> None:
        self.asker = await self.house.doorkeeper.who(self.request.headers.get("Authorization", ""))

    def set_default_headers(self) -> None:
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Content-Type-Options", "nosniff")

    async def in_thread(self, do: Callable[..., Value], *arguments: object) -> Value:
        """For what touches files: it may wait for the disk."""
        return await asyncio.get_running_loop().run_in_executor(self.house.threads, do, *arguments)

    def give(self, value: object, status: int = 200) -> None:
        self.set_status(status)
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.finish(json.dumps(jsonable(value), ensure_ascii=False))

    def give_fault(self, fault: ExchangeFault) -> None:
        self.give({"error": {"code": fault.code, "message": fault.for_teacher, "detail": fault.detail}}, STATUS.get(fault.code, 400))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        error = kwargs.get("exc_info", (None, None))[1]
        self.give_fault((as_fault(error) if error else None) or ExchangeFault("broken"))

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        fault = as_fault(value)
        if fault is None:
            log.error("%s %s failed", self.request.method, self.request.path, exc_info=(typ, value, tb))
        elif STATUS.get(fault.code, 400) >= 500:
            log.warning("%s %s: %s", self.request.method, self.request.path, fault.detail)

    def need(self, allowed: bool) -> None:
        if not allowed:
            raise ExchangeFault("not-allowed", f"not for {self.asker.name}")

    def wait_seconds(self) -> float:
        try:
            return min(max(float(self.get_query_argument("wait", "0")), 0.0), LONGEST_WAIT)
        except ValueError as error:
            raise ExchangeFault("bad-request", "wait is a number of seconds") from error

    async def give_files(self, folder: Path) -> None:
        """Send a folder as tar."""
        with await self.in_thread(_pack, folder) as archive:
            self.set_header("Content-Type", "application/x-tar")
            while chunk := archive.read(CHUNK):
                self.write(chunk)
                await self.flush()
        self.finish()


def _pack(folder: Path) -> BinaryIO:
    try:
        return pack_tar(files_below(folder, ignore=lambda name: False))
    except FileNotFoundError as error:  # replaced by a newer version while we read
        raise ExchangeFault("down", "changed while it was read") from error


@stream_request_body
class UploadHandler(Handler):
    """Takes a body piece by piece into an unnamed file; stops at the limit, before memory or disk notice.

    A subclass says in ``allow`` who may send how much (and refuses before a byte is read), and in ``take`` what comes of it.
    """

    body: BinaryIO
    limit = 0
    received = 0
    _counted = False
    _arrived = False

    def allow(self) -> int:
        """Most bytes this asker may send now. Raises a fault for none at all."""
        raise NotImplementedError

    async def prepare(self) -> None:
        connection = cast(HTTP1Connection, self.request.connection)
        try:
            await super().prepare()
            self.limit = self.allow()
            if int(self.request.headers.get("Content-Length", 0)) > self.limit:
                raise ExchangeFault("too-big", f"more than {self.limit} bytes")
            if self.house.uploads[self.asker.name] >= UPLOADS_AT_ONCE:
                raise ExchangeFault("too-often", "too many uploads at once")
        except (ExchangeFault, ValueError) as error:
            self.refuse(as_fault(error) or ExchangeFault("bad-request", str(error)))
            return
        self.house.uploads[self.asker.name] += 1
        self._counted = True
        self.body = cast(BinaryIO, tempfile.TemporaryFile(dir=self.store.shelf.incoming))  # noqa: SIM115 (closed by _let_go)
        connection.set_max_body_size(1 << 62)  # data_received counts, and hangs up with an answer instead of a bare 400
        connection.set_body_timeout(UPLOAD_SECONDS)

    def refuse(self, fault: ExchangeFault) -> None:
        """Answer at once and hang up: what is still on its way is not read."""
        self.set_header("Connection", "close")
        self.give_fault(fault)
        cast(HTTP1Connection, self.request.connection).close()

    def data_received(self, chunk: bytes) -> None:
        if self._finished:
            return
        self.received += len(chunk)
        if self.received > self.limit:
            self.refuse(ExchangeFault("too-big", f"more than {self.limit} bytes"))
            return
        try:
            self.body.write(chunk)
        except OSError as error:
            self.refuse(as_fault(error) or ExchangeFault("broken", "cannot keep the upload"))

    def on_finish(self) -> None:
        self._let_go()

    def on_connection_close(self) -> None:
        if not self._arrived:  # else the work goes on, and on_finish comes
            self._let_go()

    def _let_go(self) -> None:
        if self._counted:
            self._counted = False
            self.house.uploads -= Counter([self.asker.name])
            self.body.close()

    @contextmanager
    def complete(self) -> Iterator[BinaryIO]:
        """The whole body, from its start."""
        self._arrived = True
        self.body.seek(0)
        yield self.body

    async def unpacked(self, limits: ArchiveLimits, then: Callable[..., Value], *arguments: object) -> Value:
        """Unpack the body into a staged folder and call ``then(*arguments, folder)`` in the same thread; no trace stays of a failure."""
        with self.complete() as body:
            return await self.in_thread(_unpack_then, self.store, body, limits, then, arguments)


def _unpack_then(store: Store, body: BinaryIO, limits: ArchiveLimits, then: Callable[..., Value], arguments: Sequence[object]) -> Value:
    folder = store.stage()
    try:
        unpack_tar(body, folder, limits)
        return then(*arguments, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
