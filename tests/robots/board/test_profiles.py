"""Profiles and what a board gets."""

from __future__ import annotations

import subprocess
import sys
import types
from pathlib import Path

import pytest

from robots.board import ProfileError, load_profile, payload, profiles
from robots.board.payload import LIBRARY, CompileError

PROGRAM = "from kani import *\nまえ(50)\nまつ(0.5)\nprint(ひだりめ(), timer())\nstop()\n"

HEAP = """
import sys, gc
sys.path.append("/lib")
sys.path.insert(0, {onboard!r}); sys.path.append({folder!r}); sys.path.append({folder!r} + "/lib")
import onboard
t = [0]
def op(name, *arguments):
    if name == "sleep":
        t[0] += arguments[0]
        return arguments[0], ()
    t[0] += 20
    return {{"ticks": t[0], "read": 1, "adc": 40000}}.get(name, 0), ()
import machine, time
machine, time = onboard.connect(op, machine, time)
sys.modules["machine"], sys.modules["time"] = machine, time
gc.collect(); before = gc.mem_alloc()
import kani
ended = kani.run("program", False)
gc.collect(); print("heap", gc.mem_alloc() - before, ended)
"""


def test_the_library_is_small():
    assert len(LIBRARY.read_bytes()) <= 16 * 1024


@pytest.mark.parametrize("kind", ["compiled", "source"])
def test_the_library_runs_on_real_micropython_within_20_kb(tmp_path: Path, kind: str, micropython: str):
    files = dict(payload(load_profile("pico"), PROGRAM.encode()).files)
    if kind == "source":
        files = {name.replace(".mpy", ".py"): content for name, content in files.items()}
        files["lib/kani.py"], files["lib/kani_board.py"] = LIBRARY.read_bytes(), load_profile("pico").module_source().encode()
    for name, content in files.items():
        place = tmp_path / name
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(content)
    script = tmp_path / "heap.py"
    script.write_text(HEAP.format(folder=str(tmp_path), onboard=str(Path(LIBRARY).parents[1] / "simulator")))
    said = subprocess.run([micropython, "-X", "heapsize=192K", str(script)], capture_output=True, text=True, timeout=30)
    assert said.stderr == ""
    seen, heap = said.stdout.splitlines()
    assert seen == "2500 0.5"
    word, size, ended = heap.split()
    # The unix port has 64-bit pointers: a board's 32-bit ones need about half.
    assert (word, ended) == ("heap", "end") and int(size) <= 20 * 1024


def test_every_profile_makes_a_module_of_plain_values():
    for profile in profiles().values():
        module = types.ModuleType("kani_board")
        exec(profile.module_source(), module.__dict__)
        assert profile.name == module.NAME
        assert set(module.CALIBRATION) == set(profiles()["pico"].calibration)


def test_a_board_gets_library_profile_start_and_program():
    made = payload(load_profile("pico"), PROGRAM.encode())
    assert set(made.files) == {"lib/kani.mpy", "lib/kani_board.mpy", "main.py", "program.py"}
    assert made.files["program.py"] == PROGRAM.encode()
    assert payload(load_profile("pico"), PROGRAM.encode()).digest == made.digest
    assert payload(load_profile("esp32"), PROGRAM.encode()).digest != made.digest


def test_a_microbit_gets_sources_without_folders():
    assert set(payload(load_profile("microbit"), b"pass\n").files) == {"kani.py", "kani_board.py", "main.py", "program.py"}


def test_a_program_that_is_no_micropython_never_reaches_a_board():
    with pytest.raises(CompileError):
        payload(load_profile("pico"), b"forward(\n")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (b"x = 1\nif True\n  stop()\n", "program.py, line 2: SyntaxError: invalid syntax"),
        (b"x = 1\n  stop()\n", "program.py, line 2: IndentationError: unexpected indent"),
        (b"x = 1\n\nbreak\n", "program.py, line 3: SyntaxError: 'break'/'continue' outside loop"),
        (b"(" * 20_000, "program.py: MemoryError: memory allocation failed"),
    ],
)
def test_a_mistake_that_the_compiler_finds_is_named_with_the_programs_line(source: bytes, said: str):
    with pytest.raises(CompileError) as error:
        payload(load_profile("pico"), source)
    assert error.value.message.startswith(said) and "/tmp" not in error.value.message


def test_an_unknown_profile_names_the_known_ones():
    with pytest.raises(ProfileError, match="esp32, microbit, pico"):
        load_profile("rocket")


@pytest.mark.parametrize(("line", "place"), [('driver = "in-in"', "driver"), ("left = 26", "eyes"), ("button = 14", "button")])
def test_a_damaged_profile_names_the_place(tmp_path: Path, line: str, place: str):
    text = (Path(LIBRARY).parent / "profiles" / "pico.toml").read_text()
    damaged = tmp_path / "mine.toml"
    damaged.write_text(text.replace(line, line.partition("=")[0] + '= {wrong = "x"}', 1))
    with pytest.raises(ProfileError, match=place):
        load_profile(damaged)


def test_the_microbit_port_drives_pins_by_name(monkeypatch, tmp_path):
    done: list[tuple[str, object]] = []

    class Pin:
        def __init__(self, name: str) -> None:
            self.name = name

        def read_digital(self) -> int:
            return 1

        def read_analog(self) -> int:
            return 1023 if self.name == "pin1" else 0

        def write_analog(self, value: int) -> None:
            done.append((self.name, value))

        def set_analog_period_microseconds(self, us: int) -> None: ...

    clock = [0]
    microbit = types.SimpleNamespace(
        running_time=lambda: clock[0], sleep=lambda ms: clock.__setitem__(0, clock[0] + ms), audio=types.SimpleNamespace(stop=lambda: None),
        **{f"pin{number}": Pin(f"pin{number}") for number in range(17)},
    )  # fmt: skip
    board = types.ModuleType("kani_board")
    exec(load_profile("microbit").module_source(), board.__dict__)
    monkeypatch.setitem(sys.modules, "microbit", microbit)
    monkeypatch.setitem(sys.modules, "kani_board", board)
    monkeypatch.chdir(tmp_path)
    kani = types.ModuleType("kani")
    exec(compile(LIBRARY.read_text(), str(LIBRARY), "exec"), kani.__dict__)
    kani._begin()
    kani.forward(100, 1)
    assert [value for name, value in done if name == "pin13"][-2:] == [1023, 0]
    assert (kani.left_eye(), kani.right_eye(), kani.battery()) == (4095, 0, 0)
    assert clock[0] == 1000
