"""What can go wrong with a room, beside the machine itself (``kanikko.errors.MachineError``)."""

from kanikko.errors import KanikkoError


class RoomError(KanikkoError):
    """A room could not be built, or its call could not begin."""
