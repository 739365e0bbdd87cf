"""What a teacher's Jupyter server needs to know about its class."""

from __future__ import annotations

from grading.course.config import ROOM_COURSES


def course_root(course: str) -> str:
    """The course folder inside a teacher's room. The server's ``root_dir`` must be this: formgrader serves nothing outside of it."""
    return f"{ROOM_COURSES}/{course}"


def server_arguments(course: str) -> list[str]:
    """Command-line arguments of a teacher's server: which course formgrader shows.

    All else nbgrader reads from ``nbgrader_config.py``, which ``ensure_course`` keeps in the course folder.
    """
    return [f"--CourseDirectory.root={course_root(course)}", f"--CourseDirectory.course_id={course}"]
