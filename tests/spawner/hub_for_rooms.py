"""JupyterHub's configuration for these tests: our spawner and proxy, a sign-in that takes any name, and an administrator's token."""

import os

from hub.spawner.configure import configure
from kanikko.settings import get_settings

c = get_config()  # noqa: F821
settings = get_settings()
settings.make_dirs()
c.JupyterHub.db_url = f"sqlite:///{settings.hub_db}"
c.JupyterHub.cookie_secret = bytes.fromhex(settings.secret("cookie-secret"))
c.JupyterHub.bind_url = f"http://{settings.host}:{settings.port}"
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.allow_all = True
c.JupyterHub.services = [{"name": "tester", "api_token": os.environ["TESTER_TOKEN"]}]
c.JupyterHub.load_roles = [
    {"name": "tester", "scopes": ["admin:users", "admin:servers", "tokens", "access:servers"], "services": ["tester"]}
]
configure(c, settings)
