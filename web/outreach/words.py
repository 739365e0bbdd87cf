"""Who asks us to come, and where a request stands."""

from __future__ import annotations

from typing import NamedTuple

from web.language import Text

KINDS: dict[str, Text] = {
    "kindergarten": Text("幼稚園・こども園", "{幼稚園|ようちえん}・こども{園|えん}", "Kindergarten"),
    "nursery": Text("保育所", "{保育所|ほいくしょ}", "Nursery"),
    "school": Text("学校", "{学校|がっこう}", "School"),
    "library": Text("図書館", "{図書館|としょかん}", "Library"),
    "neighbourhood": Text("町会", "{町会|ちょうかい}", "Neighbourhood association"),
    "other": Text("そのほか", "ほかの ところ", "Other"),
}
STATES: dict[str, Text] = {
    "new": Text("新しい依頼", "{新|あたら}しい", "New"),
    "talking": Text("相談中", "{話|はな}しています", "In discussion"),
    "accepted": Text("引き受けた", "{行|い}きます", "Accepted"),
    "declined": Text("お断りした", "{行|い}けません", "Declined"),
    "withdrawn": Text("取り下げられた", "やめました", "Withdrawn"),
}
STATE_LOOKS: dict[str, tuple[str, str]] = {
    "new": ("accent", "mail"),
    "talking": ("info", "clock"),
    "accepted": ("success", "check"),
    "declined": ("plain", "close"),
    "withdrawn": ("plain", "close"),
}
"""Kind and icon of the badge (look/macros.html)."""


class Becomes(NamedTuple):
    """What kind of class a request becomes: its programme of the plan and for whom it is."""

    programme: str
    audience: str


BECOMES: dict[str, Becomes] = {
    "kindergarten": Becomes("7-5", "preschool"),
    "nursery": Becomes("7-5", "preschool"),
    "library": Becomes("7-5", "preschool"),
    "school": Becomes("7-6", "children"),
    "neighbourhood": Becomes("7-4", "citizens"),
    "other": Becomes("7-6", "citizens"),
}
