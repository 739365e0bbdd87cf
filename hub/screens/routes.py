"""The table of the hub's own addresses, below ``/hub``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jupyterhub.handlers.static import CacheControlStaticFilesHandler

from hub.classstart.desk import StartDesk
from hub.screens import classstart, operator, pupil, robots, starting, teacher
from hub.screens.classroom import Classroom
from hub.screens.closed import Closed
from hub.screens.home import Home
from hub.screens.live import Live

STATIC = Path(__file__).resolve().parent / "static"
COURSE = r"(?P<course>c[a-z2-9]{7})"
LESSON = r"(?P<lesson>[A-Za-z0-9][A-Za-z0-9._-]{0,63})"
ACCOUNT = r"(?P<account>u[a-z2-9]{9})"


def routes(classroom: Classroom, desk: StartDesk) -> list[Any]:
    """Handlers as JupyterHub takes them: ``(pattern below /hub, class, arguments)``."""
    common = {"classroom": classroom}
    starts = {**common, "desk": desk}
    live = {**common, "live": Live(classroom, desk)}
    return [
        (r"/home", Home, common),
        (r"/start", starting.StartServer, starts),
        (r"/start/events", starting.StartEvents, starts),
        (rf"/lesson/{COURSE}/{LESSON}", pupil.OpenLesson, common),
        (rf"/formgrader/{COURSE}(?:/{LESSON}/{ACCOUNT})?", starting.OpenFormgrader, common),
        (rf"/class/{COURSE}", teacher.ClassPage, live),
        (rf"/class/{COURSE}/events", teacher.ClassEvents, live),
        (rf"/class/{COURSE}/start", classstart.StartClass, starts),
        (rf"/class/{COURSE}/times", classstart.Times, starts),
        (rf"/class/{COURSE}/pupils/{ACCOUNT}/start", classstart.StartPupil, starts),
        (rf"/class/{COURSE}/marks\.csv", teacher.MarksCsv, common),
        (rf"/class/{COURSE}/lessons/{LESSON}/robots\.zip", robots.RobotPrograms, common),
        (rf"/class/{COURSE}/lessons/{LESSON}/(?P<act>release|withdraw)", teacher.ReleaseLesson, common),
        (rf"/class/{COURSE}/pupils/{ACCOUNT}/unlock", teacher.Unlock, common),
        (r"/operator/roster", operator.RosterImport, common),
        (r"/operator/staff", operator.Staff, common),
        # JupyterHub's own pages behind these names are never reached.
        (r"/spawn", starting.StartAgain, common),
        (r"/spawn/(?P<account>[^/]+)", starting.StartAgain, common),
        (r"/spawn/(?P<account>[^/]+)/(?P<server>[^/]+)", starting.StartAgain, common),
        (r"/spawn-pending/(?P<account>[^/]+)", starting.StartAgain, common),
        (r"/spawn-pending/(?P<account>[^/]+)/(?P<server>[^/]+)", starting.StartAgain, common),
        (r"/(?:token|accept-share|shared)", Closed, common),
        (r"/screens/(.*)", CacheControlStaticFilesHandler, {"path": str(STATIC)}),
    ]
