"""What all screens of one hub share: roster, exchange, openings, the live class lists."""

from __future__ import annotations

import logging
from functools import cached_property

from hub.room import quota
from hub.roster import Person, Roster, SchoolClass
from hub.screens.importing import ImportDesk
from hub.screens.openings import Openings
from hub.screens.states import Pupil
from hub.signin.credentials import Credentials
from kanikko.exchange_client import AsyncExchangeClient
from kanikko.settings import Settings

audit = logging.getLogger("JupyterHub.audit")
"""One line for each act of power (release, withdraw, unlock, export, import, invite). Opaque ids only. Below the hub's own
logger, whose handlers and level it shares."""


class Classroom:
    """Made once by `hub.screens.configure` and handed to each handler. Parts are opened at their first use."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @cached_property
    def roster(self) -> Roster:
        return Roster(self.settings.roster_db)

    @cached_property
    def openings(self) -> Openings:
        return Openings(self.settings.var / "screens.db")

    @cached_property
    def credentials(self) -> Credentials:
        return Credentials(self.settings)

    @cached_property
    def exchange(self) -> AsyncExchangeClient:
        return AsyncExchangeClient(self.settings.exchange_socket, self.settings.secret("hub-service-token"))

    @cached_property
    def imports(self) -> ImportDesk:
        return ImportDesk(self.settings.roster_db, self.settings.var)

    # ------------------------------------------------------------------ the roster, as screens ask it
    def person(self, account: str) -> Person | None:
        """The active person of an account, or nobody."""
        found = self.roster.person(account)
        return found if found is not None and found.active else None

    def classes(self, person: Person) -> list[SchoolClass]:
        """The running classes of a pupil or teacher."""
        return self.roster.classes_of(person.account)

    def class_of(self, person: Person, course: str) -> SchoolClass | None:
        """The class, if it is the person's own."""
        return next((found for found in self.classes(person) if found.course == course), None)

    def class_list(self, course: str) -> list[Pupil]:
        """The pupils of a class in the order of the attendance book."""
        numbers = self.roster.attendance_numbers(course)
        return [Pupil(pupil.account, str(numbers.get(pupil.account) or ""), pupil.name, pupil.kana) for pupil in self.roster.pupils(course)]

    def pupil_accounts(self, course: str) -> list[str]:
        """The accounts of a class's pupils in the order of the attendance book."""
        return [pupil.account for pupil in self.roster.pupils(course)]

    def is_locked(self, account: str) -> bool:
        """Has this person to wait after too many wrong answers at sign-in?"""
        return self.credentials.limits.wait_of(account) > 0

    # ------------------------------------------------------------------ homes
    def disk_percent(self, account: str) -> int | None:
        """How full a pupil's home is, 0 to 100; None if there is no home yet. Walks the home: not for the event loop."""
        home = self.settings.homes_dir / account
        if not home.is_dir():
            return None
        return min(100, round(100 * quota.measure(home).bytes / (self.settings.home_quota_mb * quota.MIB)))
