"""JupyterHub's view of sign-in: who was let in, which groups they are in, and whether they still may be here."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from jupyterhub.auth import Authenticator
from traitlets import Any as AnyTrait
from traitlets import default

from hub.roster import Person, Roster
from hub.roster.follow import RosterFollower
from hub.signin.credentials import Credentials
from hub.signin.gate import Gate
from kanikko.settings import Settings, get_settings

REFRESH_SECONDS = 60
"""A person taken off the roster is out after at most this time."""


@dataclass(frozen=True)
class Proven:
    """Made by our own pages once the gate let somebody in. Form fields and JSON bodies are text and can never be one."""

    account: str


class RosterMember(Authenticator):
    """What every way to sign in has in common: the roster decides, at sign-in and ever after.

    Nobody is an admin of the hub: operators get the few scopes of the role ``operators`` (``hub.signin.configure``).
    """

    settings = AnyTrait(help="The house's settings (kanikko.settings.Settings).").tag(config=True)

    @default("settings")
    def _settings_default(self) -> Settings:
        return get_settings()

    @default("manage_groups")
    def _manage_groups_default(self) -> bool:
        return True

    @default("any_allow_config")
    def _any_allow_config_default(self) -> bool:
        return True  # the roster is the list of who is allowed

    @default("auth_refresh_age")
    def _auth_refresh_age_default(self) -> int:
        return REFRESH_SECONDS

    @default("auth_refresh_strict")
    def _auth_refresh_strict_default(self) -> bool:
        return True  # tokens of people who left are worth nothing either

    @default("refresh_pre_spawn")
    def _refresh_pre_spawn_default(self) -> bool:
        return True

    @cached_property
    def gate(self) -> Gate:
        """Made at the first use: the hub reads the whole configuration before it may touch any file."""
        settings: Settings = self.settings
        return Gate(settings, Roster(settings.roster_db), Credentials(settings))

    def follow_roster(self, app: Any) -> None:
        """From now on the hub follows each change of the roster within seconds."""
        self._follower = RosterFollower(app, self.gate.roster)
        self._follower.start()

    def normalize_username(self, username: str) -> str:
        return username  # account names are made by us; "U…" is not "u…"

    def model(self, person: Person) -> dict[str, Any]:
        """JupyterHub's auth model of a person."""
        return {"name": person.account, "admin": False, "groups": self.gate.roster.groups_of(person.account)}

    async def check_allowed(self, username: str, authentication: Any = None) -> bool:
        """Only active people of the roster, whatever the hub's own lists say."""
        return self.gate.person(username) is not None

    async def refresh_user(self, user: Any, handler: Any = None, **kwargs: Any) -> bool | dict[str, Any]:
        """False (sign in again, which will not work) for who left; a new model when role or groups changed."""
        person = self.gate.person(user.name)
        if person is None:
            return False
        model = self.model(person)
        if not user.admin and {group.name for group in user.groups} == set(model["groups"]):
            return True
        return model


class KanikkoAuthenticator(RosterMember):
    """Sign-in by our own pages: pictures and badges for pupils, password and one-time code for staff."""

    async def authenticate(self, handler: Any, data: Any) -> dict[str, Any] | None:
        """Turn a :class:`Proven` of our pages into JupyterHub's model; anything else is nobody."""
        proof = data.get("proof") if isinstance(data, dict) else None
        person = self.gate.person(proof.account) if isinstance(proof, Proven) else None
        return self.model(person) if person else None

    def get_handlers(self, app: Any) -> list[Any]:
        """Our pages; they stand before the hub's own, so ``/login`` is ours."""
        from hub.signin.pages import own_pages  # the pages know us

        self.follow_roster(app)
        return own_pages()
