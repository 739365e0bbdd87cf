"""JupyterHub's configuration for the culler's test: real rooms, and the administrator's token of the rooms' own tests."""

import os

import hub.classstart.configure
import hub.spawner.configure
from kanikko.settings import get_settings

c = get_config()  # noqa: F821 - JupyterHub gives it
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
hub.spawner.configure.configure(c, settings)
hub.classstart.configure.configure(c, settings)
c.JupyterHub.last_activity_interval = 4  # the proxy's word on who is in use, several times within the test
