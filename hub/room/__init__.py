"""A room: a place of its own in which code we do not trust may run. It knows nothing of Jupyter.

``start(room, call)`` runs one function of an importable module in a new room and answers a :class:`RoomProcess`.
``docs/rooms.md`` is written for whoever audits this; each module here is one page of it.
"""

from hub.room.errors import RoomError
from hub.room.launch import Beside, start
from hub.room.machine import check_machine
from hub.room.process import RoomProcess, reconnect
from hub.room.spec import Bind, Call, Limits, Room, Tmpfs

__all__ = ["Beside", "Bind", "Call", "Limits", "Room", "RoomError", "RoomProcess", "Tmpfs", "check_machine", "reconnect", "start"]
