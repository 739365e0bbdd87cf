"""A hub of one address: who a token belongs to. Run as a process: fake_hub.py SOCKET, with FAKE_HUB in the environment."""

import asyncio
import json
import os
import sys

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_unix_socket
from tornado.web import Application, RequestHandler

KNOWN = json.loads(os.environ["FAKE_HUB"])


class User(RequestHandler):
    def get(self) -> None:
        token = self.request.headers.get("Authorization", "").removeprefix("token ")
        if token not in KNOWN:
            self.set_status(403)
            self.finish({"status": 403, "message": "Forbidden"})
            return
        name, groups = KNOWN[token]
        self.finish({"kind": "user", "name": name, "groups": groups, "admin": False, "scopes": []})


async def main() -> None:
    server = HTTPServer(Application([("/hub/api/user", User)]))
    server.add_socket(bind_unix_socket(sys.argv[1]))
    await asyncio.Event().wait()


asyncio.run(main())
