"""Jupyter's sign-in as it looks in a house with a domain: it knows the hub's host."""

from __future__ import annotations

import os
from types import SimpleNamespace

from jupyter_server.auth.identity import PasswordIdentityProvider


class WithHub(PasswordIdentityProvider):
    hub_auth = SimpleNamespace(hub_host=os.environ.get("TEST_HUB_HOST", ""), hub_prefix="/hub/")
