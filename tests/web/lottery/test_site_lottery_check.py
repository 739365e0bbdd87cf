"""Whoever checks a published draw hears what holds and what is wrong, in words; no tampering and no hostile file gets past."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lessons.furigana import missing
from tests.web.lottery.lotteries import MANY_CASES, entries, file_of, publish, random_publication, reseal, some_publication
from web.language import LANGUAGES
from web.lottery.check import MOST_BYTES, Noted, check
from web.lottery.cli import lottery
from web.lottery.records import Publication
from web.lottery.seals import publication_text
from web.lottery.words import FOR_SCRIPT, WORDS

FILE = file_of(some_publication())
NOTED = Noted(FILE["commitment"], FILE["list_hash"])


def codes(file: dict[str, Any] | bytes, *noted: Noted) -> list[str]:
    content = file if isinstance(file, bytes) else json.dumps(file).encode()
    report = check(content, *noted)
    found = [finding.code for finding in report.findings]
    assert report.ok == (not any(finding.state == "wrong" for finding in report.findings)), found
    return found


def changed(path: str, value: Any) -> dict[str, Any]:
    """The published file with one fact changed; a path is ``list.entries.0.resident``."""
    file = copy.deepcopy(FILE)
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    place: Any = file
    for part in way:
        place = place[part]
    place[last] = value
    return file


# ---------------------------------------------------------------- what holds
def test_a_right_file_is_told_to_be_right_in_every_part() -> None:
    found = codes(publication_text(some_publication()).encode(), NOTED)
    assert found == [
        "noted-commitment-holds", "noted-list-holds", "commitment-holds", "list-holds", "public-holds", "result-holds",
    ]  # fmt: skip


@pytest.mark.parametrize("number", range(20))
def test_every_draw_that_we_publish_is_right(number: int) -> None:
    report = check(publication_text(random_publication(number)).encode())
    assert report.ok
    assert report.is_complete


def test_notepads_byte_order_mark_and_line_ends_do_no_harm() -> None:
    text = publication_text(some_publication()).replace("\n", "\r\n")
    assert check(b"\xef\xbb\xbf" + text.encode()).ok


def test_a_file_from_before_the_draw_is_right_so_far() -> None:
    promised = some_publication().model_copy(update={"list": None, "list_hash": None, "public_value": None, "seed": None, "result": None})
    frozen = some_publication().model_copy(update={"public_value": None, "seed": None, "result": None})
    assert codes(publication_text(promised).encode()) == ["not-frozen"]
    assert codes(publication_text(frozen).encode()) == ["list-holds", "not-drawn"]
    assert not check(publication_text(frozen).encode()).is_complete


# ---------------------------------------------------------------- tampering
ENTRY_CHANGES = st.one_of(
    st.tuples(st.just("number"), st.integers(1, 40)),
    st.tuples(st.just("group"), st.integers(1, 40)),
    st.tuples(st.just("mode"), st.sampled_from(["all", "any"])),
    st.tuples(st.sampled_from(["resident", "not_drawn"]), st.booleans()),
)
ENTRY = st.integers(0, len(FILE["list"]["entries"]) - 1)


@MANY_CASES
@given(ENTRY, ENTRY_CHANGES)
def test_changing_one_fact_of_one_entry_after_freezing_is_detected(at: int, change: tuple[str, Any]) -> None:
    assume(FILE["list"]["entries"][at][change[0]] != change[1])
    assert "list-differs" in codes(changed(f"list.entries.{at}.{change[0]}", change[1]))


@MANY_CASES
@given(ENTRY, ENTRY_CHANGES)
def test_who_also_publishes_a_new_hash_is_caught_by_the_one_that_a_family_kept(at: int, change: tuple[str, Any]) -> None:
    assume(FILE["list"]["entries"][at][change[0]] != change[1])
    found = codes(reseal(changed(f"list.entries.{at}.{change[0]}", change[1])), NOTED)
    assert "noted-list-differs" in found
    assert "list-differs" not in found


@pytest.mark.parametrize("at", range(len(FILE["list"]["entries"])))
def test_leaving_out_one_entry_is_detected(at: int) -> None:
    file = copy.deepcopy(FILE)
    del file["list"]["entries"][at]
    assert "list-differs" in codes(file)


def test_slipping_in_an_entry_is_detected() -> None:
    file = copy.deepcopy(FILE)
    file["list"]["entries"].append({"number": 99, "group": 99, "mode": "any", "resident": True, "not_drawn": True})
    assert "list-differs" in codes(file)


def leaves(value: Any, path: str = "") -> list[str]:
    if isinstance(value, dict):
        return [leaf for name, more in value.items() for leaf in leaves(more, f"{path}.{name}")]
    if isinstance(value, list):
        return [leaf for at, more in enumerate(value) for leaf in leaves(more, f"{path}.{at}")]
    return [path.removeprefix(".")]


STRANGE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 30),
    st.floats(allow_nan=False),
    st.text(max_size=70),
    st.sampled_from(["all", "any", [], {}, 1.0]),
    st.integers(0, 2**256 - 1).map(lambda number: f"{number:064x}"),
    st.integers(0, 10**12 - 1).map(lambda number: f"{number:012}"),
)


@settings(MANY_CASES, max_examples=200)
@given(st.sampled_from(leaves(FILE)), STRANGE)
def test_changing_any_one_fact_of_the_file_is_detected(path: str, value: Any) -> None:
    file = changed(path, value)
    assume(json.dumps(file) != json.dumps(FILE))
    assert not check(json.dumps(file).encode()).ok


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("seed", "0" * 64, "commitment-differs"),
        ("commitment", "0" * 64, "commitment-differs"),
        ("promise.rules.residents_first", False, "commitment-differs"),
        ("promise.public_number.name", "あとで決めた数字", "commitment-differs"),
        ("promise.class", "c2", "class-differs"),
        ("list.class", "c2", "class-differs"),
        ("list.capacity", 7, "list-differs"),
        ("list_hash", "0" * 64, "list-differs"),
        ("list_hash", None, "incomplete"),
        ("seed", None, "incomplete"),
        ("result", None, "incomplete"),
        ("public_value", None, "public-missing"),
        ("public_value", "02111723354", "public-digits"),
        ("public_value", "021117233542", "result-drawn"),
        ("promise.public_number", None, "public-unpromised"),
        ("list.entries.1.number", 1, "number-twice"),
        ("list.entries.1.mode", "any", "modes-mixed"),
        ("result.drawn.0", 99, "result-unknown"),
        ("result.drawn.0", 4, "result-twice"),
        ("result.waiting", [], "result-waiting"),
        ("result.drawn", FILE["result"]["drawn"][::-1], "drawn-order"),
        ("result.waiting", FILE["result"]["waiting"][::-1], "waiting-order"),
    ],
)
def test_what_is_wrong_is_said(path: str, value: Any, code: str) -> None:
    assert code in codes(changed(path, value))


def test_swapping_a_drawn_child_with_a_waiting_one_names_both() -> None:
    file = copy.deepcopy(FILE)
    result = file["result"]
    result["drawn"][0], result["waiting"][0] = result["waiting"][0], result["drawn"][0]
    right, wrong = FILE["result"]["drawn"][0], FILE["result"]["waiting"][0]
    words = [finding.words.plain("en") for finding in check(json.dumps(file).encode()).findings if finding.state == "wrong"]
    assert words == [
        f"Number {right} should be drawn, but the published result does not say so.",
        f"Number {wrong} should be waiting, but the published result does not say so.",
    ]


def test_a_quite_different_result_does_not_bury_the_reader() -> None:
    frozen = entries(" ".join(map(str, range(1, 101))), 50)
    file = file_of(publish(frozen))
    file["result"] = {"drawn": file["result"]["waiting"], "waiting": file["result"]["drawn"]}
    found = codes(file)
    assert found[-1] == "result-more"
    assert len(found) < 30


# ---------------------------------------------------------------- hostile files
HOSTILE: dict[str, bytes] = {
    "nothing": b"",
    "a picture": b"\x89PNG\r\n\x1a\n\x00\xff",
    "a list": b"[]",
    "null": b"null",
    "a number": b"1",
    "NaN": json.dumps(changed("list.capacity", float("nan"))).encode(),
    "endless": b'{"list":' * 100_000,
    "brackets": b"[" * 1_000_000,
    "a huge number": b'{"list":' + b"9" * 100_000 + b"}",
    "a key twice": json.dumps(FILE).replace('"capacity": 6', '"capacity": 999, "capacity": 6').encode(),
    "a number as 6.0": json.dumps(changed("list.capacity", 6.0)).encode(),
    "true for 1": json.dumps(changed("list.entries.0.number", True)).encode(),
    "a fact too many": json.dumps(FILE | {"note": "\x1b[31m"}).encode(),
    "an escape in a key": json.dumps(FILE | {"\x1b[2J\u202e": 1}).encode(),
    "half a letter": json.dumps(changed("promise.public_number.name", "\ud800")).encode(),
    "an unseen letter": json.dumps(changed("promise.public_number.name", "7\u202e8")).encode(),
    "upper-case hash": json.dumps(changed("seed", FILE["seed"].replace("0", "A"))).encode(),
    "digits of another script": json.dumps(changed("public_value", "０２１１１７２３３５４１")).encode(),
    "a newline after the seed": json.dumps(changed("seed", FILE["seed"] + "\n")).encode(),
    "another format": json.dumps(FILE | {"format": "kanikko-lottery/2"}).encode(),
    "too many entries": json.dumps(changed("list.entries", FILE["list"]["entries"] * 2000)).encode(),
    "too big": b" " * (MOST_BYTES + 1),
    "Shift JIS": "くじ".encode("shift_jis"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_that_is_no_draw_is_refused_with_words(name: str) -> None:
    report = check(HOSTILE[name])
    assert not report.ok
    assert report.findings
    for finding in report.findings:
        for language in LANGUAGES:
            words = finding.words.plain(language)
            assert words.isprintable()
            assert 5 < len(words) < 400
            assert "<" not in words


@settings(MANY_CASES, max_examples=200)
@given(st.binary(max_size=200))
def test_no_bytes_make_the_check_fall_over(content: bytes) -> None:
    assert not check(content).ok


def test_letters_of_every_kind_in_the_public_numbers_name_are_kept_as_they_are() -> None:
    file = changed("promise.public_number.name", '{漢字|"\\<b>𠮷🦀{0}')
    report = check(json.dumps(file).encode())
    assert [finding.code for finding in report.findings if finding.state == "wrong"] == ["commitment-differs"]
    assert any("𠮷🦀{0}" in finding.words.plain("ja") for finding in report.findings)


# ---------------------------------------------------------------- words
@pytest.mark.parametrize("code", WORDS | FOR_SCRIPT)
def test_every_finding_has_words_in_three_languages_with_readings(code: str) -> None:
    text = (WORDS | FOR_SCRIPT)[code]
    assert text.ja and text.easy and text.en
    assert missing(text.easy, 1) == []


# ---------------------------------------------------------------- the command
def run(*arguments: str | Path, publication: Publication | None = None, input: bytes | None = None) -> Result:
    return CliRunner().invoke(lottery, ["check", *map(str, arguments)], input=input)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    place = tmp_path / "draw.json"
    place.write_text(publication_text(some_publication()))
    return place


def test_the_command_says_that_a_draw_is_right_and_what_became_of_a_number(file: Path) -> None:
    answer = run(file, "--number", "14", "--language", "en")
    assert answer.exit_code == 0
    assert "same result: 6 drawn, 9 waiting" in answer.output
    assert "Number 14: place 3 of the waiting list" in answer.output
    assert "Number 4: drawn" in run(file, "--number", "4", "--language", "en").output
    assert "Number 999 is not in the list." in run(file, "--number", "999", "--language", "en").output


@pytest.mark.parametrize("damage", [lambda text: text.replace('"capacity": 6', '"capacity": 7'), lambda text: text[:-9], lambda text: ""])
def test_the_command_ends_with_1_where_something_is_wrong(file: Path, damage: Callable[[str], str]) -> None:
    file.write_text(damage(file.read_text()))
    answer = run(file)
    assert answer.exit_code == 1
    assert "×" in answer.output
    assert "Traceback" not in answer.output


def test_the_command_compares_with_what_a_family_kept(file: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    kept.write_text(publication_text(some_publication().model_copy(update={"public_value": None, "seed": None, "result": None})))
    assert run(file, "--before", kept).exit_code == 0
    other = tmp_path / "other.json"
    other.write_text(publication_text(some_publication(number=2)))
    assert run(other).exit_code == 0
    answer = run(other, "--before", kept)
    assert answer.exit_code == 1
    assert "控えておいたものとちがいます" in answer.output
    assert run(file, "--commitment", FILE["commitment"].upper(), "--list-hash", FILE["list_hash"]).exit_code == 0
    assert run(file, "--list-hash", "0" * 64).exit_code == 1


def test_a_kept_file_that_cannot_be_read_is_told(file: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    kept.write_text("?")
    answer = run(file, "--before", kept)
    assert answer.exit_code == 1
    assert "読めません" in answer.output


def test_the_command_reads_its_input_and_shows_every_turn(file: Path) -> None:
    answer = run("-", "--steps", input=file.read_bytes())
    assert answer.exit_code == 0
    assert "9+10+11" in answer.output


def test_the_command_does_not_read_a_huge_file_to_its_end(tmp_path: Path) -> None:
    huge = tmp_path / "huge.json"
    with huge.open("wb") as sparse:
        sparse.truncate(10**12)
    answer = run(huge)
    assert answer.exit_code == 1
    assert "大きすぎます" in answer.output
