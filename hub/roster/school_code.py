"""学校コード: 13 characters that the ministry gives every school.

Type 2 (B1 elementary, C1 junior high, …) + prefecture 2 (01 to 47) + establishment 1 (1 national, 2 public,
3 private) + number 7 + check digit 1. The check digit is Luhn's (modulus 10, weights 2 and 1 from the left, digits of
each product added) where the leading letter counts as its place in the alphabet.
"""

from __future__ import annotations

import re

SHAPE = re.compile(r"[A-H][12](0[1-9]|[1-3][0-9]|4[0-7])[1-3][0-9]{7}[0-9]")


def check_digit(first_twelve: str) -> int:
    """The thirteenth character for the first twelve."""
    values = [ord(first_twelve[0]) - ord("A") + 1, *(int(digit) for digit in first_twelve[1:])]
    doubled = (value * 2 if place % 2 == 0 else value for place, value in enumerate(values))
    return -sum(product // 10 + product % 10 for product in doubled) % 10


def is_school_code(text: str) -> bool:
    return SHAPE.fullmatch(text) is not None and check_digit(text[:12]) == int(text[12])
