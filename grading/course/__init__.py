"""A class's nbgrader course: its folder, its gradebook, and the one configuration that every nbgrader tool of the house uses."""

from grading.course.config import exchange_config, nbgrader_config
from grading.course.folder import CourseError, ensure_course
from grading.course.server import course_root, server_arguments

__all__ = ["CourseError", "course_root", "ensure_course", "exchange_config", "nbgrader_config", "server_arguments"]
