"""Where the proxy's own API listens: a Unix socket beside the others, outside every room."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from kanikko.settings import Settings


def api_socket(settings: Settings) -> Path:
    """The socket on which the hub tells the proxy its routes."""
    return settings.run_dir / "proxy-api.sock"


def api_url(settings: Settings) -> str:
    """The same as a URL that JupyterHub understands."""
    return "http+unix://" + quote(str(api_socket(settings)), safe="")


def routes_file(settings: Settings) -> Path:
    """Where a proxy that was restarted finds its routes again."""
    return settings.run_dir / "proxy-routes.json"
