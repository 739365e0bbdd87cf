"""抽選のファイルを、もう一度引き直して確かめます。Repeats a published draw with nothing but Python (3.8 or later).

    python3 check_draw.py FILE [YOUR NUMBER]

This is the whole draw, written apart from the city's own program on purpose, short enough to be read.
Ends with 0 if the file is right, with 1 if anything is wrong or not there yet.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import sys
from typing import Any

FILE = {"format": str, "promise": dict, "commitment": str, "list": dict, "list_hash": str, "public_value": str, "seed": str, "result": dict}
PROMISE = {"class": str, "rules": dict, "public_number": dict}
RULES = {"residents_first": bool, "not_drawn_first": bool}
LIST = {"format": str, "class": str, "capacity": int, "entries": list}
ENTRY = {"number": int, "group": int, "mode": str, "resident": bool, "not_drawn": bool}


def sha256(*lines: str) -> str:
    return hashlib.sha256("".join(line + "\n" for line in lines).encode()).hexdigest()


def canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def hash_of(frozen: Any) -> str:
    in_order = sorted(frozen["entries"], key=lambda entry: entry["number"])
    return hashlib.sha256(canonical({**frozen, "entries": in_order}).encode()).hexdigest()


def redo(file: Any) -> tuple[list[int], list[int]]:
    """The numbers that are drawn and those that wait, each in order."""
    rules, frozen = file["promise"]["rules"], file["list"]
    key = sha256("kanikko-lottery-key/1", file["seed"], hash_of(frozen), file["public_value"] or "")
    lots: dict[Any, list[Any]] = {}  # a child alone, or an all-or-none sibling group -> its children
    for entry in sorted(frozen["entries"], key=lambda entry: entry["number"]):
        lots.setdefault(("group", entry["group"]) if entry["mode"] == "all" else ("child", entry["number"]), []).append(entry)

    def place(children: list[Any]) -> Any:
        """Residents first, then who was not drawn last time (siblings as the last of them), then by ticket."""
        tier = max((rules["residents_first"] and not c["resident"], rules["not_drawn_first"] and not c["not_drawn"]) for c in children)
        return tier, sha256("kanikko-lottery-ticket/1", key, str(children[0]["number"]))

    free, drawn, waiting = frozen["capacity"], [], []
    for children in sorted(lots.values(), key=place):
        numbers = [child["number"] for child in children]
        if len(numbers) <= free:
            free -= len(numbers)
            drawn += numbers
        else:
            waiting += numbers
    return drawn, waiting


def kinds(value: dict[str, Any]) -> dict[str, type]:
    return {name: type(fact) for name, fact in value.items()}


def is_shaped(file: Any) -> bool:
    """Every fact is there under its name and of its kind, and nothing else is."""
    promise, frozen = file["promise"], file["list"]
    named = promise["public_number"]
    nothing = {} if named else {"public_value": type(None)}
    return bool(
        kinds(file) == {**FILE, **nothing}
        and kinds(promise) == {**PROMISE, "public_number": type(named)}
        and (named is None or kinds(named) == {"name": str, "digits": int})
        and kinds(promise["rules"]) == RULES
        and kinds(frozen) == LIST
        and all(kinds(entry) == ENTRY and entry["mode"] in ("all", "any") and entry["number"] > 0 for entry in frozen["entries"])
        and (file["format"], frozen["format"], frozen["capacity"] >= 0) == ("kanikko-lottery/1", "kanikko-lottery-list/1", True)
        and re.fullmatch("[0-9a-f]{64}", file["seed"])
        and re.fullmatch("[0-9]*", file["public_value"] or "")
    )


def problems(file: Any) -> list[str]:
    """Everything that is wrong, in words; empty if nothing is."""
    if not is_shaped(file):
        return ["ファイルの形がちがうか、まだ抽選していません / not shaped as it should be, or not drawn yet"]
    promise, entries, found = file["promise"], file["list"]["entries"], []
    if sha256("kanikko-lottery-commitment/1", canonical(promise), file["seed"]) != file["commitment"]:
        found.append("種か決まりが、封をしたものとちがいます / the commitment does not match")
    if hash_of(file["list"]) != file["list_hash"] or file["list"]["class"] != promise["class"]:
        found.append("応募一覧が、締め切ったときのものとちがいます / the list is not the frozen one")
    if len({entry["number"] for entry in entries}) < len(entries):
        found.append("同じ番号が二度あります / a number is there twice")
    if len({entry["group"] for entry in entries}) < len({(entry["group"], entry["mode"]) for entry in entries}):
        found.append("きょうだいの選び方がまざっています / a sibling group mixes modes")
    if len(file["public_value"] or "") != (promise["public_number"] or {"digits": 0})["digits"]:
        found.append("公の数字が約束とちがいます / the public number is not as promised")
    drawn, waiting = redo(file)
    if not found and canonical(file["result"]) != canonical({"drawn": drawn, "waiting": waiting}):
        found.append(f"結果がちがいます。正しくは / the result differs; it should be: {drawn} | {waiting}")
    return found


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a name twice")
    return dict(pairs)


def main(path: str, number: str = "") -> int:
    try:
        with open(path, encoding="utf-8-sig") as source:  # noqa: PTH123 (short)
            file = json.load(source, object_pairs_hook=once)
        found = problems(file)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        found = [f"抽選のファイルとして読めません / this is no lottery's file ({type(error).__name__})"]
    for problem in found:
        print("×", problem)
    if found:
        return 1
    drawn, waiting = redo(file)
    print(f"○ 結果は正しいです / the result is right: {len(drawn)} + {len(waiting)}")
    print(f"  封印の値 / commitment: {file['commitment']}\n  一覧の指紋 / list hash:  {file['list_hash']}")
    print("  この二つが、前に控えたものと同じか見てください / compare these two with those you noted before the draw")
    if number:
        at = f"補欠 / waiting {waiting.index(int(number)) + 1}" if number in map(str, waiting) else "一覧にありません / not in the list"
        print(f"  {number}: {'当選 / drawn' if number in map(str, drawn) else at}")
    return 0


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 3:
        sys.exit(__doc__)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    sys.exit(main(*sys.argv[1:]))
