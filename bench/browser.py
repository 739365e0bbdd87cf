"""One pupil's browser without the pictures: cookies, connections, headers and XSRF as Chromium has them, at little cost of its own."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import aiohttp
from yarl import URL

CONNECTIONS = 6
"""As many as a browser opens to one host over HTTP/1.1."""
AGENT = "Mozilla/5.0 (X11; CrOS x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
NAVIGATE = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "document", "Accept": "text/html,*/*;q=0.8"}
FETCH = {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "empty", "Accept": "*/*"}
SOCKET = {"Sec-Fetch-Mode": "websocket", "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "empty"}


@dataclass(frozen=True)
class Answer:
    """A whole answer; ``path`` is where redirects ended."""

    status: int
    path: str
    text: str

    def json(self) -> Any:
        return json.loads(self.text)


class Browser:
    """A cookie jar and connections of its own. Close it, or use it as an async context manager."""

    def __init__(self, url: str) -> None:
        self.url = URL(url)
        self._jar = aiohttp.CookieJar(unsafe=True)  # the site's address is a number
        self.session = aiohttp.ClientSession(
            base_url=self.url,
            cookie_jar=self._jar,
            connector=aiohttp.TCPConnector(limit_per_host=CONNECTIONS),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=30),
            headers={"User-Agent": AGENT, "Accept-Encoding": "gzip, deflate", "Accept-Language": "ja"},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.session.close()

    async def page(self, path: str) -> Answer:
        """Go to a page, through all redirects."""
        async with self.session.get(path, headers=NAVIGATE, max_redirects=20) as answer:
            return await _whole(answer)

    async def form(self, path: str, fields: Mapping[str, str]) -> Answer:
        """Send a page's form."""
        origin = {"Origin": str(self.url.origin()), "Referer": str(self.url.join(URL(path)))}
        async with self.session.post(path, data=fields, headers=NAVIGATE | origin) as answer:
            return await _whole(answer)

    async def fetch(self, method: str, path: str, token: str, **body: Any) -> Answer:
        """A script's request, with the page's XSRF token; ``data`` or ``json`` as aiohttp takes them."""
        async with self.session.request(method, path, headers=self._script(token), **body) as answer:
            return await _whole(answer)

    async def drain(self, path: str, token: str) -> int:
        """A script's request whose answer is only counted: its bytes as they came over the wire."""
        async with self.session.get(path, headers=self._script(token)) as answer:
            return len(await answer.read())

    async def events(self, method: str, path: str, token: str, **body: Any) -> AsyncIterator[dict[str, Any]]:
        """Server-sent events with JSON in them, until the stream ends."""
        headers = self._script(token) | {"Accept": "text/event-stream"}
        async with self.session.request(method, path, headers=headers, **body) as answer:
            if answer.status != 200:
                raise aiohttp.ClientResponseError(answer.request_info, (), status=answer.status, message="no events")
            async for line in answer.content:
                if line.startswith(b"data:"):
                    yield json.loads(line[5:])

    def socket(self, path: str, protocols: tuple[str, ...]) -> Any:
        """A websocket, as an async context manager."""
        headers = SOCKET | {"Origin": str(self.url.origin())}
        return self.session.ws_connect(path, headers=headers, protocols=protocols, max_msg_size=0)

    def xsrf(self, below: str) -> str:
        """The XSRF token that the pages below this path use, or nothing."""
        found = [cookie.value for cookie in self._jar if cookie.key == "_xsrf" and cookie["path"].rstrip("/") == below.rstrip("/")]
        return found[0] if found else ""

    def _script(self, token: str) -> dict[str, str]:
        return FETCH | {"Origin": str(self.url.origin()), "X-XSRFToken": token}


async def _whole(answer: aiohttp.ClientResponse) -> Answer:
    return Answer(answer.status, answer.url.path, await answer.text(errors="replace"))
