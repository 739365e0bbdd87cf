"""Lessons of the library, given to a class: furigana for its grade, nbgrader's generate_assignment, the exchange."""

from grading.release.errors import LeakError, ReleaseError
from grading.release.publish import Released, build, release, release_many, withdraw

__all__ = ["LeakError", "ReleaseError", "Released", "build", "release", "release_many", "withdraw"]
