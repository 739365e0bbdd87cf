"""Puts the screens into JupyterHub's configuration. Called by `hub.config` after the sign-in has chosen its authenticator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jupyterhub.auth import Authenticator
from traitlets.config import Config
from traitlets.config.loader import LazyConfigValue
from traitlets.utils.importstring import import_item

from hub.classstart.desk import StartDesk
from hub.screens.classroom import Classroom
from hub.screens.closed import named_server_limit
from hub.screens.routes import routes
from hub.screens.words import template_words
from kanikko.errors import SettingsError
from kanikko.settings import Settings

HERE = Path(__file__).resolve().parent
TEMPLATES = HERE / "templates"


def configure(c: Config, settings: Settings) -> None:
    """Register pages, templates and the rules that belong to them on ``c``.

    Raises SettingsError if no authenticator class is set yet.
    """
    classroom = Classroom(settings)
    c.JupyterHub.authenticator_class = with_screens(c.JupyterHub.get("authenticator_class"), classroom)
    c.JupyterHub.default_url = "/hub/home"
    c.JupyterHub.allow_named_servers = True
    c.JupyterHub.named_server_limit_per_user = named_server_limit(classroom)
    _first(c, "template_paths", [str(TEMPLATES)])
    c.JupyterHub.template_vars = {**_given(c, "template_vars"), "ruby": template_words(classroom), "city": settings.city}


def with_screens(authenticator_class: Any, classroom: Classroom) -> type[Authenticator]:
    """The same authenticator, whose ``get_handlers`` also brings the screens.

    JupyterHub asks its authenticator for handlers before it adds its own, and ``extra_handlers`` come last: this is the
    public place from which a page of the hub (``/hub/home``) can be replaced.
    """
    found = import_item(authenticator_class) if isinstance(authenticator_class, str) and "." in authenticator_class else authenticator_class
    if not (isinstance(found, type) and issubclass(found, Authenticator)):
        raise SettingsError("No authenticator class is set for the hub.", remedy="call hub.signin.configure.configure first")

    def get_handlers(self: Authenticator, app: Any) -> list[Any]:
        desk = StartDesk(app, classroom.settings, classroom.pupil_accounts)
        desk.follow_timetable()
        return [*routes(classroom, desk), *super(screened, self).get_handlers(app)]

    screened: type[Authenticator] = type(found.__name__, (found,), {"get_handlers": get_handlers, "__module__": found.__module__})
    return screened


def _given(c: Config, name: str) -> dict[str, Any]:
    value = c.JupyterHub.get(name)
    return dict(value) if isinstance(value, dict) else {}


def _first(c: Config, name: str, items: list[str]) -> None:
    """Put ``items`` before what a list setting holds, whether it was set or not."""
    value = c.JupyterHub.get(name)
    if value is None or isinstance(value, LazyConfigValue):
        c.JupyterHub[name].prepend(items)
    else:
        c.JupyterHub[name] = [*items, *value]
