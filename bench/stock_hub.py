"""Configuration of the stock hub that the bench compares with: addresses, folders, and otherwise JupyterHub's defaults."""

import os
import secrets
from typing import Any

c: Any = get_config()  # type: ignore[name-defined]  # noqa: F821 - given by the loader of this file

folder = os.environ["STOCK_FOLDER"]
port, hub_port, api_port = os.environ["STOCK_PORTS"].split()
mark, value = os.environ["STOCK_MARK"].split("=")

c.JupyterHub.bind_url = f"http://127.0.0.1:{port}"
c.JupyterHub.hub_port = int(hub_port)
c.JupyterHub.db_url = f"sqlite:///{folder}/jupyterhub.sqlite"
c.JupyterHub.cookie_secret = secrets.token_bytes(32)
c.JupyterHub.spawner_class = "simple"  # SimpleLocalProcessSpawner
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.allow_all = True
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{api_port}"
c.ConfigurableHTTPProxy.pid_file = f"{folder}/proxy.pid"
c.SimpleLocalProcessSpawner.home_dir_template = f"{folder}/homes/{{username}}"
c.Spawner.default_url = "/tree"
c.Spawner.environment = {mark: value}
