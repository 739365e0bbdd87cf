"""The gate: every way to sign in goes through here. It asks the limits, then the credentials, then the roster.

Knows nothing of HTTP. Hashing and the database run on two threads of its own, so the hub's loop stays free; the roster
is asked on the caller's thread.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ipaddress
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from hub.roster import Person, Roster, SchoolClass
from hub.signin.credentials import Credentials
from hub.signin.errors import MustWait, Refused
from hub.signin.invitations import Invitation, Invitations
from hub.signin.limits import CODES, GUESSES, Attempt
from kanikko.settings import Settings

T = TypeVar("T")

STAFF = ("teacher", "operator")


@dataclass(frozen=True)
class Origin:
    """Where an attempt comes from: the address, and the mark of a browser that has signed in before ("" for none)."""

    address: str
    mark: str = ""


class Gate:
    """Who may come in. Every check raises :class:`Refused`, or :class:`MustWait` with the seconds to wait."""

    def __init__(self, settings: Settings, roster: Roster, credentials: Credentials) -> None:
        self.roster = roster
        self.credentials = credentials
        self.invitations = Invitations(credentials)
        self._mark_key = settings.secret("browser-mark").encode()
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="signin")

    # ------------------------------------------------------------------ who is in the roster
    def person(self, account: str) -> Person | None:
        """The person, if in the roster and active."""
        person = self.roster.person(account)
        return person if person is not None and person.active else None

    def pupils(self, course: str) -> list[Person]:
        """A class's active pupils, by attendance number."""
        return [pupil for pupil in self.roster.pupils(course) if pupil.active]

    def leads(self, account: str, course: str) -> bool:
        """May this person see the class's cards and PINs? Its teachers may, and operators."""
        person = self.person(account)
        if person is None or person.role not in STAFF:
            return False
        return person.role == "operator" or any(one.course == course for one in self.roster.classes_of(account))

    # ------------------------------------------------------------------ pupils
    async def class_by_code(self, code: str, origin: Origin) -> SchoolClass:
        """The class with this sign-in code."""
        attempt = Attempt(self._origin_key(origin), CODES)
        await self._admit(attempt)
        school_class = self.remembered_class(code)
        if school_class is None:
            raise Refused("no class has this code")
        await self._run(self.credentials.limits.forgive, attempt)
        return school_class

    def remembered_class(self, code: str) -> SchoolClass | None:
        """The class of a code that this browser gave before; not counted, for the hub itself signed the cookie."""
        found = self.roster.class_by_signin_code(code)
        return found if found is not None and found.active else None

    async def pin(self, course: str, account: str, pictures: Sequence[str], origin: Origin) -> Person:
        """The pupil of this class whose PIN this is."""
        attempt = self._attempt(origin, account)
        await self._admit(attempt)
        right = await self._run(self.credentials.check_pin, account, list(pictures))
        person = next((pupil for pupil in self.pupils(course) if pupil.account == account), None)
        if not right or person is None:
            raise Refused("the PIN is not right")
        await self._run(self.credentials.limits.signed_in, attempt)
        return person

    async def badge(self, secret: str) -> Person:
        """The pupil whose badge this is. Not limited: 128 random bits cannot be guessed, and a locked PIN should not keep
        a child with a badge out."""
        account = await self._run(self.credentials.check_badge, secret)
        person = self.person(account) if account else None
        if person is None or person.role != "student":
            raise Refused("the badge is not known")
        return person

    # ------------------------------------------------------------------ teachers and operators
    async def password(self, identifier: str, password: str, origin: Origin) -> Person:
        """The member of staff whose account or e-mail address and password these are. Signs nobody in: see :meth:`totp`."""
        person = self._staff(identifier)
        account = person.account if person else _unknown(identifier)
        attempt = self._attempt(origin, account)
        await self._admit(attempt)
        right = await self._run(self.credentials.check_password, account, password)
        if not right or person is None:
            raise Refused("account or password is not right")
        await self._run(self.credentials.limits.forgive, attempt)
        return person

    async def totp(self, account: str, code: str, origin: Origin) -> Person:
        """The second step: the one-time code of somebody whose password was right a moment ago."""
        attempt = self._attempt(origin, account)
        await self._admit(attempt)
        right = await self._run(self.credentials.check_totp, account, code)
        person = self.person(account)
        if not right or person is None or person.role not in STAFF:
            raise Refused("the one-time code is not right")
        await self._run(self.credentials.limits.signed_in, attempt)
        return person

    async def invitation(self, code: str) -> tuple[Person, Invitation]:
        """Who is invited by this code. Not limited: it is 128 random bits."""
        found = await self._run(self.invitations.find, code)
        person = self.person(found.account)
        if person is None or person.role not in STAFF:
            raise Refused("the invited person is not in the roster")
        return person, found

    async def accept(self, code: str, password: str, totp_code: str) -> Person:
        """Set the invited person's password and TOTP. Raises also :class:`hub.signin.errors.SigninError`."""
        person, _ = await self.invitation(code)
        await self._run(self.invitations.accept, code, password, totp_code)
        return person

    def _staff(self, identifier: str) -> Person | None:
        wanted = identifier.strip()
        found = self.roster.person_by_email(wanted) if "@" in wanted else self.roster.person(wanted)
        return found if found is not None and found.active and found.role in STAFF else None

    # ------------------------------------------------------------------ counting
    def mark_of(self, account: str) -> str:
        """What a browser keeps after this account signed in there: it tells nobody who that was.

        Such a browser has a bucket of its own, so that a stranger (or a naughty classmate) at the same address cannot shut
        it out; and the bucket belongs to the account, so that signing in again and again makes no new ones.
        """
        return hmac.new(self._mark_key, account.encode(), hashlib.sha256).hexdigest()[:24]

    def _attempt(self, origin: Origin, account: str) -> Attempt:
        own = bool(origin.mark) and hmac.compare_digest(origin.mark, self.mark_of(account))
        # On one's own browser wrong answers count apart: strangers' guesses cannot lock a teacher out of it.
        return Attempt(self._origin_key(origin), GUESSES, f"{account}@own" if own else account)

    def _origin_key(self, origin: Origin) -> str:
        if origin.mark:
            return f"browser:{origin.mark}"
        return "address:" + hmac.new(self._mark_key, network_of(origin.address).encode(), hashlib.sha256).hexdigest()[:24]

    async def _admit(self, attempt: Attempt) -> None:
        wait = await self._run(self.credentials.limits.admit, attempt)
        if wait > 0:
            raise MustWait(wait)

    async def _run(self, work: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)


def network_of(address: str) -> str:
    """What counts as one origin: an IPv4 address, or the /64 that an IPv6 household is given."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def _unknown(identifier: str) -> str:
    """A count for somebody who does not exist, so that a lock-out does not tell who does."""
    return "?" + hashlib.sha256(identifier.strip().lower().encode()).hexdigest()[:24]
