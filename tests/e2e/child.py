"""A pupil's browser without the pictures: cookies, forms and the notebook page's own requests, over HTTP."""

from __future__ import annotations

import re
import time
from typing import Any
from urllib.parse import unquote

import httpx


class Child:
    """Signs in by picture PIN, opens the lesson, hands in. Raises AssertionError where a page is not what it should be."""

    def __init__(self, url: str, sheet: dict[str, Any], number: int) -> None:
        self.sheet, self.pupil = sheet, sheet["pupils"][number]
        self.account: str = self.pupil["account"]
        self.browser = httpx.Client(base_url=url, follow_redirects=True, timeout=60)
        self.path = ""

    def signs_in(self) -> None:
        self._post("/hub/login", {"code": self.sheet["class_code"]})
        page = f"/hub/login/pictures?pupil={self.account}"
        answer = self._post(page, {"pictures": " ".join(self.pupil["pin"])})
        assert answer.url.path == "/hub/home", answer.url

    def opens_the_lesson(self, seconds: float = 120) -> None:
        """As the home page's button does; waits until the server stands."""
        course, lesson = self.sheet["course"], self.sheet["lesson"]
        waiting = self.browser.get(f"/hub/lesson/{course}/{lesson}")
        token = self._xsrf("/hub/")
        self.browser.post("/hub/start", data={"_xsrf": token}, headers={"Referer": str(waiting.url), "X-XSRFToken": token})
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            answer = self.browser.get(f"/user/{self.account}/kanikko/open/{course}/{lesson}")
            if "/notebooks/" in answer.url.path:
                self.path = unquote(answer.url.path.split("/notebooks/", 1)[1])
                return
            time.sleep(0.5)
        raise AssertionError(f"the lesson did not open: {answer.status_code} {answer.url}")

    def hands_in(self) -> str | None:
        """Press ていしゅつ. The submission's id if the child was told that it is in, else None."""
        headers = {"X-XSRFToken": self._xsrf(f"/user/{self.account}/")}
        try:
            answer = self.browser.post(f"/user/{self.account}/kanikko/submit", json={"path": self.path, "wait": 0}, headers=headers)
        except httpx.HTTPError:
            return None
        return str(answer.json()["id"]) if answer.is_success else None

    def marks(self, submission: str, wait: float = 20) -> dict[str, Any] | None:
        """What the panel beside the notebook shows of a hand-in, or None while nobody answers."""
        try:
            answer = self.browser.get(f"/user/{self.account}/kanikko/submission/{submission}", params={"wait": wait})
        except httpx.HTTPError:
            return None
        found: dict[str, Any] | None = answer.json() if answer.is_success else None
        return found

    def _post(self, page: str, fields: dict[str, str]) -> httpx.Response:
        form = self.browser.get(page).text
        found = re.search(r'name="_xsrf" value="([^"]+)"', form)
        assert found, f"no form at {page}"
        return self.browser.post(page, data={"_xsrf": found[1], **fields})

    def _xsrf(self, path: str) -> str:
        cookies = [cookie for cookie in self.browser.cookies.jar if cookie.name == "_xsrf" and cookie.path == path]
        return str(cookies[0].value) if cookies else ""
