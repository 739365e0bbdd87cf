"""Schools, classes and people: the only room that knows names."""

from hub.roster.applying import Report, apply_oneroster
from hub.roster.errors import Problem, RosterError
from hub.roster.model import OPERATORS_GROUP, Person, Role, SchoolClass, pupils_group, teachers_group
from hub.roster.store import Roster

__all__ = [
    "OPERATORS_GROUP",
    "Person",
    "Problem",
    "Report",
    "Role",
    "Roster",
    "RosterError",
    "SchoolClass",
    "apply_oneroster",
    "pupils_group",
    "teachers_group",
]
