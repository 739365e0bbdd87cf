"""``/hub/home``: everybody's first page, by role."""

from __future__ import annotations

from hub.screens.operator import show_desk
from hub.screens.pupil import show_home
from hub.screens.screen import SignedIn


class Home(SignedIn):
    async def get(self) -> None:
        if self.person.role == "student":
            await show_home(self)
        elif self.person.role == "teacher":
            await self.show("ks_classes.html", classes=self.classroom.classes(self.person))
        else:
            await show_desk(self)
