"""The demo year's sign-in sheet: passwords made for this site alone, kept in ``var/demo/site.json`` for its user only."""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import pyotp

from kanikko.settings import Settings
from web.access import ROLE_WORDS, ROLES, Role
from web.clock import stamp
from web.data import Row
from web.ids import new_id
from web.staff.credentials import hash_password, new_totp, seal_totp

WORDS = ("kani", "umi", "nami", "kaze", "sora", "yuki", "matsu", "sakura", "hashi", "kawa", "yama", "hoshi", "tsuki", "ame", "niji", "mori")


@dataclass(frozen=True)
class DemoStaff:
    login: str
    role: Role
    password: str
    totp_secret: str

    @property
    def code(self) -> str:
        """The one-time code of this moment."""
        return str(pyotp.TOTP(self.totp_secret).now())

    @property
    def words(self) -> str:
        return ROLE_WORDS[self.role]


def place(settings: Settings) -> Path:
    return settings.var / "demo" / "site.json"


def new_sheet() -> list[DemoStaff]:
    """One member of staff a role."""
    return [DemoStaff(f"{role}@kanikko.example.jp", role, _password(), new_totp()) for role in ROLES]


def _password() -> str:
    return "-".join(secrets.choice(WORDS) for _ in range(4)) + f"-{secrets.randbelow(90) + 10}"


def staff_rows(sheet: list[DemoStaff], settings: Settings) -> list[Row]:
    """Rows of ``staff`` for the sheet's people (hashing takes its time: make them before the transaction)."""
    rows = []
    for one in sheet:
        key = new_id("staff")
        row = {"id": key, "login": one.login, "name": f"デモ {one.words}", "role": one.role, "created_at": stamp()}
        rows.append({**row, "password_hash": hash_password(one.password), "totp_sealed": seal_totp(settings, key, one.totp_secret)})
    return rows


def keep(sheet: list[DemoStaff], settings: Settings) -> None:
    target = place(settings)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    target.touch(mode=0o600)
    target.write_text(json.dumps([asdict(one) for one in sheet], ensure_ascii=False, indent=1))


def kept(settings: Settings) -> list[DemoStaff]:
    """The sheet of the site's demo year; empty when it has none."""
    return [DemoStaff(**one) for one in json.loads(place(settings).read_text())] if place(settings).exists() else []


def seconds_left() -> int:
    """How long the codes of this moment last."""
    return 30 - int(time.time()) % 30
