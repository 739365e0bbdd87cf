"""Configuration of the test's hub: the real sign-in and screens, a tiny server in place of Notebook, everything on loopback."""

import asyncio
import sys
from pathlib import Path

from jupyterhub.spawner import SimpleLocalProcessSpawner

import hub.classstart.configure
import hub.screens.configure
import hub.signin.configure
import hub.spawner.configure
from kanikko.settings import get_settings

settings = get_settings()
here = Path(__file__).resolve().parent


class TinySpawner(SimpleLocalProcessSpawner):
    """Starts the tiny server. A file ``<account>.fails`` in the state folder makes that many starts fail, ``<account>.slow``
    holds the start up until the file is gone."""

    async def start(self):
        order = settings.var / f"{self.user.name}.fails"
        left = int(order.read_text()) if order.exists() else 0
        if left:
            order.write_text(str(left - 1))
            raise RuntimeError("no room for this one, says the test")
        while (settings.var / f"{self.user.name}.slow").exists():
            await asyncio.sleep(0.05)
        return await super().start()


c = get_config()  # noqa: F821 - JupyterHub gives it
c.JupyterHub.bind_url = f"http://{settings.host}:{settings.port}"
c.JupyterHub.db_url = f"sqlite:///{settings.hub_db}"
c.JupyterHub.cookie_secret = bytes.fromhex(settings.secret("cookie-secret"))
hub.spawner.configure.configure(c, settings)
c.JupyterHub.spawner_class = TinySpawner
c.JupyterHub.cleanup_servers = True
c.Spawner.cmd = [sys.executable, str(here / "tiny_server.py")]
c.SimpleLocalProcessSpawner.home_dir_template = str(settings.var / "tiny-homes" / "{username}")
c.Spawner.env_keep = ["PATH", "TINY_SECONDS"]
hub.signin.configure.configure(c, settings)
hub.screens.configure.configure(c, settings)
hub.classstart.configure.configure(c, settings)
