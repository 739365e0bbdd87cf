"""The texts that are hashed, and nothing else: with these four and ``sha256sum`` a draw can be checked by hand."""

from __future__ import annotations

import hashlib
import json
import secrets
from typing import Any

from web.lottery.records import DrawList, Promise, Publication


def new_seed() -> str:
    """256 bits that nobody can guess, as 64 hexadecimal digits. Secret until the draw is published."""
    return secrets.token_hex(32)


def canonical(record: DrawList | Promise) -> str:
    """The one JSON text of a record: keys sorted, no spaces, letters as they are (UTF-8)."""
    return json.dumps(record.model_dump(by_alias=True, mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def list_hash(entries: DrawList) -> str:
    return _sha256(canonical(entries))


def commitment(promise: Promise, seed: str) -> str:
    """Seals the seed together with the class, its rules and the named public number."""
    return _sha256(f"kanikko-lottery-commitment/1\n{canonical(promise)}\n{seed}\n")


def draw_key(seed: str, hash_of_list: str, public_value: str | None) -> str:
    """All the chance there is in a draw. It depends on the seed, on every entry and on the public number."""
    return _sha256(f"kanikko-lottery-key/1\n{seed}\n{hash_of_list}\n{public_value or ''}\n")


def ticket(key: str, number: int) -> str:
    """The ticket of one entry; the smaller comes first."""
    return _sha256(f"kanikko-lottery-ticket/1\n{key}\n{number}\n")


def publication_text(publication: Publication) -> str:
    """The file as families get it: one fact a line, one entry a line."""
    facts = publication.model_dump(by_alias=True, mode="json")
    lines = [f'"{name}": {_list_text(fact) if name == "list" and fact else _text(fact)}' for name, fact in facts.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _list_text(frozen: dict[str, Any]) -> str:
    head = _text({name: fact for name, fact in frozen.items() if name != "entries"}).removesuffix("}")
    rows = ",\n".join(_text(entry) for entry in frozen["entries"])
    return f'{head}, "entries": [\n{rows}\n]}}'


def _text(fact: object) -> str:
    return json.dumps(fact, ensure_ascii=False)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
