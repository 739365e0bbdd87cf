"""Arithmetic that gives the same bits on every machine: ``+ - * /`` and ``sqrt``, which IEEE 754 fixes to the last digit.

The platform's own ``sin`` and ``exp`` differ in the last digit from one C library to the next; after a minute's run that is another run.
"""

from __future__ import annotations

from math import sqrt

PI = 3.141592653589793


def small_sincos(angle: float) -> tuple[float, float]:
    """Sine and cosine of a small angle (below 0.2 rad: right to 1e-15)."""
    square = angle * angle
    if square < 0.0004:  # below 0.02 rad the last terms change no digit
        return angle * (1.0 - square / 6.0 * (1.0 - square / 20.0)), 1.0 - square / 2.0 * (1.0 - square / 12.0 * (1.0 - square / 30.0))
    sine = angle * (1.0 - square / 6.0 * (1.0 - square / 20.0 * (1.0 - square / 42.0 * (1.0 - square / 72.0))))
    cosine = 1.0 - square / 2.0 * (1.0 - square / 12.0 * (1.0 - square / 30.0 * (1.0 - square / 56.0 * (1.0 - square / 90.0))))
    return sine, cosine


def sincos(angle: float) -> tuple[float, float]:
    """Sine and cosine of any angle in radians: halved until it is small, then doubled back."""
    halvings = 0
    while abs(angle) > 0.1:
        angle /= 2.0
        halvings += 1
    sine, cosine = small_sincos(angle)
    for _ in range(halvings):
        sine, cosine = 2.0 * sine * cosine, cosine * cosine - sine * sine
    length = sqrt(sine * sine + cosine * cosine)
    return sine / length, cosine / length


def exp(power: float) -> float:
    """e to the ``power``, right to about 1e-14."""
    halvings = 0
    while abs(power) > 0.1:
        power /= 2.0
        halvings += 1
    term = value = 1.0
    for number in range(1, 12):
        term = term * power / number
        value += term
    for _ in range(halvings):
        value *= value
    return value
