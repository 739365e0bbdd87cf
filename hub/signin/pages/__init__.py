"""The pages of sign-in, and where they stand below ``/hub``."""

from __future__ import annotations

from typing import Any

from hub.signin.pages.badge import BadgePage
from hub.signin.pages.cards import CardsPage, PinsPage
from hub.signin.pages.pupil import ClassPage, PicturesPage, StartPage
from hub.signin.pages.staff import CodePage, InvitationPage, PasswordPage
from hub.signin.pages.static import STATIC_ROUTES

COURSE = "(?P<course>c[a-z2-9]{7})"


def own_pages() -> list[Any]:
    """Handlers of the picture sign-in."""
    return [
        (r"/login", StartPage),
        (r"/login/class", ClassPage),
        (r"/login/pictures", PicturesPage),
        (r"/login/staff", PasswordPage),
        (r"/login/staff/code", CodePage),
        (r"/badge", BadgePage),
        (r"/invitation", InvitationPage),
        (rf"/class/{COURSE}/cards", CardsPage),
        (rf"/class/{COURSE}/pins", PinsPage),
        *STATIC_ROUTES,
    ]
