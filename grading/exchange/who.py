"""Who is asking: a hub token becomes a name and the classes it belongs to."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from pydantic import BaseModel, ValidationError

from kanikko.exchange_faults import ExchangeFault

PUPILS = "nbgrader-"
TEACHERS = "formgrade-"

FRESH = 15.0
"""Seconds an answer of the hub counts: a child who leaves a class loses access after this."""
STALE = 300.0
"""Seconds an answer still counts while the hub cannot be asked: a hand-in must not fail because the hub restarts."""
REFUSED = 5.0
"""Seconds a refused token is not asked about again."""
MOST_KNOWN = 20_000


@dataclass(frozen=True, slots=True)
class Asker:
    """``is_hub`` is the hub's own service, which may ask for anyone."""

    name: str
    student_of: frozenset[str] = frozenset()
    instructor_of: frozenset[str] = frozenset()
    is_hub: bool = False

    @property
    def member_of(self) -> frozenset[str]:
        return self.student_of | self.instructor_of

    def teaches(self, course: str) -> bool:
        return self.is_hub or course in self.instructor_of

    def belongs_to(self, course: str) -> bool:
        return self.is_hub or course in self.member_of

    def may_see(self, course: str, student: str) -> bool:
        """A pupil's hand-in for a class: the pupil's own eyes, the class's teachers', the hub's."""
        return self.teaches(course) or self.name == student


class HubUser(BaseModel):
    kind: str = "user"
    name: str
    groups: tuple[str, ...] = ()


def asker_from(user: HubUser) -> Asker:
    """Pure: what the hub's groups mean."""

    def courses(prefix: str) -> frozenset[str]:
        return frozenset(group.removeprefix(prefix) for group in user.groups if group.startswith(prefix) and group != prefix)

    return Asker(user.name, student_of=courses(PUPILS), instructor_of=courses(TEACHERS))


@dataclass(slots=True)
class _Known:
    asker: Asker | None
    at: float = field(default_factory=time.monotonic)

    def counts(self, hub_answers: bool) -> bool:
        age = time.monotonic() - self.at
        return age < (REFUSED if self.asker is None else FRESH if hub_answers else STALE)


class Doorkeeper:
    """Asks the hub over its Unix socket, and remembers for a short while. Tokens themselves are never kept."""

    def __init__(self, hub_socket: Path, service_token: str) -> None:
        self._service_token = service_token.encode()
        self._http = httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(uds=str(hub_socket)), base_url="http://hub", timeout=10)
        self._known: OrderedDict[bytes, _Known] = OrderedDict()
        self._asking: dict[bytes, asyncio.Task[Asker | None]] = {}

    async def close(self) -> None:
        await self._http.aclose()

    async def who(self, authorization: str) -> Asker:
        """The asker behind an ``Authorization`` header. Faults: ``sign-in``; ``down`` while the hub cannot be asked."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() not in ("token", "bearer") or not token.isascii() or not 8 <= len(token) <= 512:
            raise ExchangeFault("sign-in", "no token")
        if hmac.compare_digest(token.encode(), self._service_token):
            return Asker("hub", is_hub=True)
        key = hashlib.sha256(token.encode()).digest()
        known = self._known.get(key)
        asker = known.asker if known and known.counts(hub_answers=True) else await self._ask_once(key, token)
        if asker is None:
            raise ExchangeFault("sign-in", "the hub does not know this token")
        return asker

    async def _ask_once(self, key: bytes, token: str) -> Asker | None:
        """Many requests with one token at the same moment make one question to the hub."""
        task = self._asking.get(key)
        if task is None:
            task = self._asking[key] = asyncio.create_task(self._ask(key, token))
            task.add_done_callback(lambda _: self._asking.pop(key, None))
        return await asyncio.shield(task)

    async def _ask(self, key: bytes, token: str) -> Asker | None:
        try:
            response = await self._http.get("/hub/api/user", headers={"Authorization": f"token {token}"})
            if response.status_code in (401, 403, 404):
                asker = None
            else:
                response.raise_for_status()
                user = HubUser.model_validate_json(response.content)
                asker = asker_from(user) if user.kind == "user" else None
        except (httpx.HTTPError, ValidationError) as error:
            known = self._known.get(key)
            if known and known.asker and known.counts(hub_answers=False):
                return known.asker
            raise ExchangeFault("down", f"the hub cannot be asked: {type(error).__name__}", status=503) from error
        self._known[key] = _Known(asker)
        while len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)
        return asker
