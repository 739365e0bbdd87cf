"""Lotteries for the tests: written in one line, or drawn at random."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

from hypothesis import settings

from web.lottery import seals
from web.lottery.draw import draw, result_of
from web.lottery.records import DrawList, Entry, Promise, Publication, PublicNumber, Rules

STATIC = Path(seals.__file__).with_name("static")
MANY_CASES = settings(database=None, derandomize=True, deadline=None)
"""The same cases on every run, however slow the machine."""
CLASS = "c7k2m9qfdw"
NUMBER = PublicNumber(name="第2050回 数字くじの本数字6個（小さい順）", digits=12)


def stand_alone_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("check_draw", STATIC / "check_draw.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def seed(number: int) -> str:
    return f"{number:064x}"


def entries(words: str, capacity: int) -> DrawList:
    """``"r1 n2 rn3,4 5/6"``: entries by number; r resident, n not drawn last time; ``3,4`` siblings all or none, ``5/6`` siblings any."""
    made = []
    for group, word in enumerate(words.split(), 1):
        facts = word[: len(word) - len(word.lstrip("rn"))]
        for number in word.lstrip("rn").replace("/", ",").split(","):
            mode = "all" if "," in word else "any"
            made.append(Entry(number=int(number), group=group, mode=mode, resident="r" in facts, not_drawn="n" in facts))
    return DrawList(class_id=CLASS, capacity=capacity, entries=tuple(made))


def random_list(random: Random, most_groups: int = 12) -> DrawList:
    numbers = random.sample(range(1, 500), k=5 * most_groups)
    made = []
    for group in random.sample(range(1, 99), k=random.randint(0, most_groups)):
        mode = random.choice(("all", "any"))
        for _ in range(random.choice((1, 1, 1, 2, 2, 3, 5))):
            resident, not_drawn = random.random() < 0.7, random.random() < 0.3
            made.append(Entry(number=numbers.pop(), group=group, mode=mode, resident=resident, not_drawn=not_drawn))
    random.shuffle(made)
    return DrawList(class_id=CLASS, capacity=random.randint(0, 20), entries=tuple(made))


def random_rules(random: Random) -> Rules:
    return Rules(residents_first=random.random() < 0.5, not_drawn_first=random.random() < 0.5)


def publish(frozen: DrawList, rules: Rules | None = None, number: int = 1, value: str | None = None) -> Publication:
    promise = Promise(class_id=frozen.class_id, rules=rules or Rules(), public_number=NUMBER if value else None)
    return Publication(
        promise=promise,
        commitment=seals.commitment(promise, seed(number)),
        list=frozen,
        list_hash=seals.list_hash(frozen),
        public_value=value,
        seed=seed(number),
        result=result_of(draw(frozen, promise.rules, seed(number), value)),
    )


def some_publication(number: int = 1) -> Publication:
    """Fifteen children, siblings of both kinds, both rules, a public number."""
    frozen = entries("r1 r2,3 rn4 n5 6 r7/8 9,10,11 r12 rn13 n14,15", capacity=6)
    return publish(frozen, Rules(residents_first=True, not_drawn_first=True), number, "021117233541")


def random_publication(number: int) -> Publication:
    random = Random(number)
    return publish(random_list(random), random_rules(random), number, random.choice((None, "021117233541")))


def file_of(publication: Publication) -> dict[str, Any]:
    """As a publication is read back, to be tampered with."""
    facts: dict[str, Any] = json.loads(seals.publication_text(publication))
    return facts


def reseal(file: dict[str, Any]) -> dict[str, Any]:
    """What a clever cheat does after changing the list: publish the new list's hash."""
    changed = DrawList.model_validate_json(json.dumps(file["list"]))
    return {**file, "list_hash": seals.list_hash(changed)}
