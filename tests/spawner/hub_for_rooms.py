"""JupyterHub's configuration for these tests: our spawner and proxy, a sign-in that takes any name, and an administrator's token."""

import os

from hub.room import Call
from hub.spawner.configure import configure
from hub.spawner.plan import Plan
from hub.spawner.spawner import RoomSpawner
from kanikko.settings import Settings, get_settings

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


class TellingSpawner(RoomSpawner):
    """Its rooms leave in the home what their servers imported that no warm process had."""

    def call(self, settings: Settings, made: Plan) -> Call:
        plain = super().call(settings, made)
        told = {"place": "/home/room/.imported", "target": plain.target, **plain.arguments}
        return Call("hub.warm.measure:tell", told, plain.environment)


c.JupyterHub.spawner_class = TellingSpawner
