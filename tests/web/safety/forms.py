"""Reading the forms of a page, as a browser would send them."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Form:
    """One form: where it goes and what it would send untouched (of choices, the last one)."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._inside: Form | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: text or "" for name, text in attrs}
        if tag == "form":
            self._inside = Form(given.get("action", ""), given.get("method", "get").upper())
            self.forms.append(self._inside)
        elif self._inside is None:
            return
        elif tag in ("input", "textarea", "button") and given.get("name"):
            self._inside.fields[given["name"]] = given.get("value", "")
        elif tag == "select":
            self._select = given.get("name", "")
            self._inside.fields.setdefault(self._select, "")
        elif tag == "option" and self._select and given.get("value"):
            self._inside.fields[self._select] = given["value"]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = None
        elif tag == "select":
            self._select = ""


def forms_in(page: str) -> list[Form]:
    reader = _Reader()
    reader.feed(page)
    return reader.forms
