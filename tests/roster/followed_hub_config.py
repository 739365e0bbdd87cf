"""A real JupyterHub with the roster's follower: anybody of the roster signs in by account name, servers are tiny web servers."""

import os
import sys
from pathlib import Path

from jupyterhub.auth import DummyAuthenticator
from jupyterhub.spawner import SimpleLocalProcessSpawner

from hub.roster import Roster
from hub.roster.follow import RosterFollower

PLACE = Path(os.environ["KANIKKO_TEST_PLACE"])
roster = Roster(PLACE / "roster.db")


class ByAccount(DummyAuthenticator):
    manage_groups = True
    allow_all = True
    auth_refresh_age = 0  # so that only the follower can be what signs people out

    async def authenticate(self, handler, data):
        person = roster.person(data["username"])
        return {"name": person.account, "groups": roster.groups_of(person.account)} if person and person.active else None

    def get_handlers(self, app):
        self.follower = RosterFollower(app, roster, every=0.2)
        self.follower.start()
        return super().get_handlers(app)


c = get_config()  # noqa: F821
c.JupyterHub.authenticator_class = ByAccount
c.JupyterHub.spawner_class = SimpleLocalProcessSpawner
c.SimpleLocalProcessSpawner.home_dir_template = str(PLACE / "homes" / "{username}")
c.JupyterHub.allow_named_servers = True
c.Spawner.cmd = [sys.executable, str(Path(__file__).with_name("tiny_server.py"))]
c.JupyterHub.bind_url = os.environ["KANIKKO_TEST_URL"]
c.JupyterHub.hub_bind_url = os.environ["KANIKKO_TEST_HUB"]  # the stock Python proxy knows no Unix sockets
c.JupyterHub.db_url = f"sqlite:///{PLACE / 'hub.db'}"
c.JupyterHub.cookie_secret_file = str(PLACE / "cookie_secret")
c.ConfigurableHTTPProxy.api_url = os.environ["KANIKKO_TEST_PROXY_API"]
c.ConfigurableHTTPProxy.command = [str(Path(sys.executable).with_name("configurable-http-proxy"))]
c.ConfigurableHTTPProxy.pid_file = str(PLACE / "proxy.pid")
c.JupyterHub.cleanup_servers = True
c.JupyterHub.services = [{"name": "looker", "api_token": os.environ["KANIKKO_TEST_TOKEN"]}]
c.JupyterHub.load_roles = [
    {
        "name": "looker",
        "scopes": ["admin:users", "list:users", "read:servers", "tokens", "admin:server_state", "servers"],
        "services": ["looker"],
    }
]
