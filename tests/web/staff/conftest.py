"""Passwords are hashed at argon2's lowest cost here; one test looks at the real one."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from web.staff import credentials


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    monkeypatch.setattr(credentials, "_nobody", lambda: credentials.HASHER.hash("nobody"))
