"""What can go wrong between the library and a class. Teachers read these, so they are in Japanese."""

from kanikko.errors import KanikkoError


class ReleaseError(KanikkoError):
    """A lesson could not be given to a class. What the class had before is still as it was."""


class LeakError(ReleaseError):
    """A solution or a hidden test was about to be handed out; nothing was. A bug or a broken lesson."""
