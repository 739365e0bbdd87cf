"""What is on the robot: the library ``kani``, the profile of each kind of board, and the files a board gets."""

from robots.board.payload import Payload, payload
from robots.board.profile import Profile, ProfileError, load_profile, profiles

__all__ = ["Payload", "Profile", "ProfileError", "load_profile", "payload", "profiles"]
