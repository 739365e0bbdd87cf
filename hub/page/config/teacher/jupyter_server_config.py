"""A teacher's Jupyter server: ordinary Lab and Notebook in Japanese with nbgrader's pages."""

from hub.page import server_extensions

c = get_config()  # type: ignore[name-defined]  # noqa: F821 - given by the loader of this file

OTHERS = ("nbgrader.server_extensions.course_list",)
c.ServerApp.jpserver_extensions = dict.fromkeys(OTHERS, False) | dict.fromkeys(server_extensions("teacher"), True)
c.ServerApp.tornado_settings = {"compress_response": True}
