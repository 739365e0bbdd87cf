"""Sheets of paper: badge cards (A4, ten on a sheet) and PIN lists. They hold secrets: print, hand out, do not store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from hub.roster import Person, SchoolClass
from hub.signin.credentials import Credentials
from hub.signin.pictures import BY_ID, Picture
from hub.signin.qr import qr_svg
from hub.signin.words import furigana
from kanikko import look

HERE = Path(__file__).parent
TEMPLATES = HERE / "templates"
STYLES = (look.STATIC / "tokens.css", HERE / "static" / "kanikko.css", HERE / "static" / "sheet.css")

CARDS_ON_A_SHEET = 10


@dataclass(frozen=True)
class Card:
    """One pupil's badge: the QR code holds the secret."""

    person: Person
    qr: Markup


@dataclass(frozen=True)
class PinSlip:
    """One pupil's new PIN."""

    person: Person
    pictures: tuple[Picture, ...]


def issue_cards(credentials: Credentials, pupils: Sequence[Person], public_url: str) -> list[Card]:
    """Issue a new badge to each pupil. Badges they had before stop working."""
    return [Card(pupil, qr_svg(badge_url(public_url, credentials.issue_badge(pupil.account)))) for pupil in pupils]


def issue_pins(credentials: Credentials, pupils: Sequence[Person]) -> list[PinSlip]:
    """Draw a new PIN for each pupil. PINs they had before stop working."""
    return [PinSlip(pupil, tuple(BY_ID[picture] for picture in credentials.new_pin(pupil.account))) for pupil in pupils]


def badge_url(public_url: str, secret: str) -> str:
    """What a badge's QR code says. The part behind ``#`` stays in the browser: it reaches no log and no proxy."""
    return f"{public_url}/hub/badge#{secret}"


def badge_sheet_html(school_class: SchoolClass, cards: Sequence[Card], *, base_url: str | None = None) -> str:
    """The printable sheet of cards. With ``base_url`` (``/hub/``) it links our style sheets, else it carries them inside."""
    sheets = [cards[at : at + CARDS_ON_A_SHEET] for at in range(0, len(cards), CARDS_ON_A_SHEET)]
    return _render("kk_cards_sheet.html", base_url, school_class=school_class, sheets=sheets)


def pin_sheet_html(school_class: SchoolClass, slips: Sequence[PinSlip], *, base_url: str | None = None) -> str:
    """The printable list of new PINs, to be cut into strips; styles as for :func:`badge_sheet_html`."""
    return _render("kk_pins_sheet.html", base_url, school_class=school_class, slips=slips)


def _render(template: str, base_url: str | None, **values: object) -> str:
    styles = None if base_url is not None else Markup("\n".join(file.read_text(encoding="utf-8") for file in STYLES))  # noqa: S704
    return _environment().get_template(template).render(base_url=base_url, styles=styles, furi=furigana, **values)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True)
