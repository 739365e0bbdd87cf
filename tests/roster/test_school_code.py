"""学校コード and its check digit, against codes of real universities and schools' ranges that the ministry publishes."""

from __future__ import annotations

import pytest

from hub.roster.school_code import is_school_code


@pytest.mark.parametrize(
    "code",
    [
        "F113110102700",
        "F126110107407",
        "F101110100010",
        "B117210000001",
        "C139290001200",
        "G139190110577",
        "A239290000106",
        "H239390000083",
    ],
)
def test_a_real_code_holds(code):
    assert is_school_code(code)


@pytest.mark.parametrize(
    "code", ["", "B117210000002", "B171210000001", "b117210000001", "B11721000000", "B1172100000011", "B148210000001", "Ｂ117210000001"]
)
def test_a_code_with_a_slip_does_not(code):
    assert not is_school_code(code)


def test_every_single_wrong_digit_is_found():
    good = "B117299000004"
    assert is_school_code(good)
    for place in range(5, 13):
        for digit in "0123456789":
            if digit != good[place]:
                assert not is_school_code(good[:place] + digit + good[place + 1 :])
