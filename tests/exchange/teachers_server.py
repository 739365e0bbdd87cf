"""A real Jupyter server with nbgrader's own extensions, as a teacher's room runs it: teachers_server.py SOCKET ROOT [COURSE]."""

import sys

from jupyter_server.serverapp import ServerApp

from grading.course import server_arguments

ALL = ("formgrader", "assignment_list", "validate_assignment", "course_list")
socket, root, *course = sys.argv[1:]
extensions = ("formgrader", "assignment_list", "validate_assignment") if course else ("assignment_list",)
ServerApp.launch_instance(
    [
        f"--ServerApp.sock={socket}", f"--ServerApp.root_dir={root}", "--ServerApp.open_browser=False", "--IdentityProvider.token=",
        "--ServerApp.allow_root=True", "--ServerApp.disable_check_xsrf=True",
        "--ServerApp.jpserver_extensions=" + repr({f"nbgrader.server_extensions.{name}": name in extensions for name in ALL}),
        *([argument.replace("/courses/" + course[0], root) for argument in server_arguments(course[0])] if course else []),
    ]
)  # fmt: skip
