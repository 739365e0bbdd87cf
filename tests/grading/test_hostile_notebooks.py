"""Hostile notebooks: none gets through, none takes longer than its limit, and each is told what happened."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.utils import determine_grade

from grading.sandbox import Executed, SandboxLimits, execute
from kanikko.safe_files import UnsafeFiles

MARGIN = 5.0
"""Seconds that starting and ending a room may take on a busy machine."""


def graded(*sources: str) -> NotebookNode:
    """Plain cells, then one check worth 2 points that everybody passes."""
    mark = {"grade": True, "solution": False, "locked": True, "grade_id": "check", "points": 2, "schema_version": 3, "cell_type": "code"}
    cells = [new_code_cell(source) for source in sources]
    return new_notebook(cells=[*cells, new_code_cell("assert 1 + 1 == 2", metadata={"nbgrader": mark})])


def run(limits: SandboxLimits, *sources: str, **files: bytes) -> Executed:
    started = time.monotonic()
    executed = execute(graded(*sources), files, limits)
    assert time.monotonic() - started < limits.notebook_seconds + MARGIN
    return executed


def points(executed: Executed) -> float | None:
    return determine_grade(executed.notebook.cells[-1])[0]


def said(executed: Executed, cell: int = 0) -> str:
    """All text a cell showed."""
    parts = []
    for output in executed.notebook.cells[cell].outputs:
        parts += [output.get("text", ""), output.get("evalue", ""), str(output.get("data", ""))]
    return "".join(parts)


def test_an_ordinary_notebook_gets_its_points(limits: SandboxLimits) -> None:
    executed = run(limits, "print('before')")
    assert (executed.ended, points(executed), said(executed)) == ("done", 2, "before\n")


def test_an_endless_loop_is_stopped_and_the_checks_after_it_still_run(limits: SandboxLimits) -> None:
    executed = run(limits, "print('before')\nwhile True: pass")
    assert executed.ended == "timeout"
    assert "before" in said(executed) and "KeyboardInterrupt" in str(executed.notebook.cells[0].outputs)
    assert points(executed) == 2


def test_an_endless_loop_that_ignores_interrupts_is_killed(limits: SandboxLimits) -> None:
    executed = run(
        limits, "print('one')", "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\nprint('two', flush=True)\nwhile True: pass"
    )
    assert (executed.ended, points(executed)) == ("timeout", 0)
    assert said(executed) == "one\n" and "two" in said(executed, 1)


def test_many_slow_cells_meet_the_limit_of_the_notebook(limits: SandboxLimits) -> None:
    executed = run(limits, *["while True: pass"] * 12)
    assert (executed.ended, points(executed)) == ("timeout", 0)


def test_a_fork_bomb_stays_in_its_room(limits: SandboxLimits) -> None:
    mark = f"kk{os.getpid()}bomb"  # its children are told by this name from those of other tests
    naming = f"import ctypes, os\nassert ctypes.CDLL(None).prctl(15, b'{mark}') == 0"
    bomb = f"{naming}\nwhile True:\n    try: os.fork()\n    except OSError: pass"
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(run, limits, bomb)
        wait_until(lambda: processes(mark) > 5, 30)
        executed = running.result()
    assert points(executed) in (0, 2)  # interrupted in time or killed
    assert executed.ended != "done"
    wait_until(lambda: not processes(mark))


def test_filling_the_memory_ends_the_cell_or_the_room(limits: SandboxLimits) -> None:
    executed = run(limits, "hoard = []\nwhile True: hoard.append(bytearray(16 << 20))")
    assert executed.ended in ("memory", "died")
    if executed.ended == "memory":
        assert "MemoryError" in str(executed.notebook.cells[0].outputs)


def test_filling_the_disk_is_an_error_in_the_room_and_nothing_outside(limits: SandboxLimits) -> None:
    filler = "for n in range(100):\n    with open(f'fill{n}', 'wb') as file: file.write(bytes(1 << 20))"
    executed = run(limits, filler)
    assert executed.ended == "disk" and "Errno" in said(executed)


def test_filling_every_writable_place_is_an_error(limits: SandboxLimits) -> None:
    filler = """
import os
for place in ('/tmp', '/dev/shm', '/home/room', '/var/tmp', '/run'):
    try:
        for n in range(200):
            with open(f'{place}/fill{n}', 'wb') as file: file.write(bytes(1 << 20))
        print('FULL', place)
    except OSError as error: print(place, error.errno)
"""
    assert "FULL" not in said(run(limits, filler))


def test_a_hundred_megabytes_of_output_are_cut(limits: SandboxLimits) -> None:
    executed = run(limits, "line = 'x' * 1023\nfor _ in range(100 << 10): print(line)")
    assert (executed.ended, points(executed)) == ("output", 0)


def test_output_too_large_to_be_sent_is_not_lost_without_a_word(limits: SandboxLimits) -> None:
    for megabytes in (40, 60, 80, 100):
        executed = run(limits, f"import sys\nline = 'x' * ({megabytes} << 20)\n_ = sys.stdout.write(line)")
        assert executed.ended in ("output", "memory", "died") and points(executed) == 0, megabytes


def test_output_past_python_and_into_the_pipe_itself_is_cut(limits: SandboxLimits) -> None:
    flood = """
import os
for number in range(3, 64):
    try:
        for _ in range(3000): os.write(number, b'x' * 4096)
    except OSError: pass
"""
    executed = run(limits, flood)
    assert executed.ended in ("output", "timeout", "done")
    assert sum(len(str(cell)) for cell in executed.notebook.cells) < 4 << 20


def test_one_picture_shown_under_a_thousand_ids_is_cut(limits: SandboxLimits) -> None:
    show = """
from IPython.display import display, update_display
for _ in range(1000): display('a', display_id='same')
update_display('x' * 500_000, display_id='same')
"""
    executed = run(limits, show)
    assert sum(len(str(cell.outputs)) for cell in executed.notebook.cells) < 4 << 20


@pytest.mark.parametrize(
    "how",
    ["import os; os._exit(0)", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "import ctypes; ctypes.string_at(0)"],
    ids=["exit", "kill", "crash"],
)
def test_a_program_that_ends_its_kernel_keeps_what_it_printed_and_gets_zero(limits: SandboxLimits, how: str) -> None:
    executed = run(limits, "print('so far')", how)
    assert (executed.ended, points(executed), said(executed)) == ("died", 0, "so far\n")


def test_a_kernel_that_ends_within_the_check_gets_zero_whatever_it_showed_before(limits: SandboxLimits) -> None:
    trick = "import os\nclass Two(int):\n    def __add__(self, other):\n        get_ipython().displayhook(2.0); os._exit(0)\n"
    notebook = graded(trick)
    notebook.cells[-1].source = "assert Two(1) + 1 == 2"
    executed = execute(notebook, {}, limits)
    assert (executed.ended, points(executed)) == ("died", 0)


def test_a_program_that_stops_itself_is_killed(limits: SandboxLimits) -> None:
    executed = run(limits, "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)")
    assert (executed.ended, points(executed)) == ("timeout", 0)


def test_exit_handlers_and_children_that_stay_cannot_hold_the_room(limits: SandboxLimits) -> None:
    stay = """
import atexit, os, subprocess, threading, time
atexit.register(time.sleep, 1000)
threading.Thread(target=time.sleep, args=(1000,)).start()
child = os.fork()
if child == 0:
    os.setsid()
    time.sleep(1000)
subprocess.Popen(['sleep', '1000'], start_new_session=True)
"""
    executed = run(limits, stay)
    assert (executed.ended, points(executed)) == ("done", 2)
    assert executed.seconds < 5


def test_exit_in_a_cell_does_not_lose_the_cells_after_it(limits: SandboxLimits) -> None:
    executed = run(limits, "exit()", "import time; time.sleep(0.5); print('still here')")
    assert (points(executed), said(executed, 1)) == (2, "still here\n")


def test_the_network_is_not_there(limits: SandboxLimits) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        knock = f"""
import socket
for address in (('127.0.0.1', {port}), ('1.1.1.1', 53), ('169.254.169.254', 80)):
    try:
        socket.create_connection(address, 1); print('REACHED', address)
    except OSError as error: print(type(error).__name__)
try: print('REACHED', socket.gethostbyname('example.com'))
except OSError as error: print(type(error).__name__)
"""
        executed = run(limits, knock)
    assert "REACHED" not in said(executed) and said(executed).count("\n") == 4


def homes_in_a_room() -> list[str]:
    """The room's own; and the bare path to the project where that lies below /home."""
    project = Path(__file__).parents[2]
    return sorted({"room", *([project.parts[2]] if project.is_relative_to("/home") else [])})


def test_nothing_of_the_house_is_in_the_room(limits: SandboxLimits, folder: Path) -> None:
    secret = folder / "gradebook.db"
    secret.write_text("SECRETMARKS")
    os.environ["KANIKKO_TEST_TOKEN"] = "SECRETTOKEN"
    look = f"""
import glob, os
places = [pattern for wanted in ('/proc/*/environ', '/proc/*/fd/*', '/run/**') for pattern in glob.glob(wanted, recursive=True)]
for place in [{str(secret)!r}, *places]:
    try:
        data = os.read(os.open(place, os.O_RDONLY | os.O_NONBLOCK), 100000)
        if b'SECRET' in data: print('FOUND', place)
    except OSError: pass
print(sorted(os.listdir('/home')), os.environ.get('KANIKKO_TEST_TOKEN'))
for name in ('tests', 'lessons', 'var', '.git'):
    place = os.path.join({str(Path(__file__).parents[2])!r}, name)
    if os.path.isdir(place) and os.listdir(place): print('FOUND', place)
"""
    try:
        executed = run(limits, look)
    finally:
        del os.environ["KANIKKO_TEST_TOKEN"]
    assert "FOUND" not in said(executed) and f"{homes_in_a_room()} None" in said(executed)


def test_writing_outside_is_refused(limits: SandboxLimits) -> None:
    write = f"""
import sys
for place in ('/etc/x', '/usr/x', '/x', sys.prefix + '/x', {str(Path(__file__).parents[2] / "grading" / "x")!r}, '/proc/sysrq-trigger'):
    try:
        open(place, 'w').write('x'); print('WROTE', place)
    except OSError: pass
"""
    assert "WROTE" not in said(run(limits, write))


def test_two_runs_share_nothing(limits: SandboxLimits) -> None:
    run(limits, "for place in ('/tmp/mark', '/dev/shm/mark', 'mark'): open(place, 'w').write('x')")
    executed = run(limits, "import os; print([os.path.exists(p) for p in ('/tmp/mark', '/dev/shm/mark', 'mark')])")
    assert said(executed) == "[False, False, False]\n"


def test_a_hand_in_s_files_lie_beside_it(limits: SandboxLimits) -> None:
    executed = execute(graded("print(open('data/a.txt').read())"), {"data/a.txt": "かに".encode()}, limits)
    assert said(executed) == "かに\n"


@pytest.mark.parametrize("name", ["../out", "/etc/x", "a/../../b", "a\0b", ""])
def test_file_names_that_leave_the_folder_are_refused(limits: SandboxLimits, name: str) -> None:
    with pytest.raises(UnsafeFiles):
        execute(graded(), {name: b"x"}, limits)


@pytest.mark.parametrize(
    "line",
    [
        "not json", "[1, 2]", '{"type": 5}', '{"type": "stream"}', '{"type": "unknown", "content": {}}', "NaN",
        '{"type": "execute_result", "content": {"data": {"text/plain": "5"}, "metadata": {}, "execution_count": 1e999}}',
        "[" * 100_000, '{"a":' * 30_000, '{"type": "stream", "content": {"name": "stdout", "text": ' + "9" * 5000 + "}}",
        '{"type": "comm_open", "parent": PARENT, "content": {"comm_id": "x", "target_name": "jupyter.widget", "data": {"state": 5}}}',
        '{"type": "comm_msg", "parent": PARENT, "content": {"comm_id": "x", "data": {"buffer_paths": [[1]], "state": {}}}}',
        '{"type": "display_data", "parent": PARENT, "content": {"data": {"text/plain": "\\ud800"}, "metadata": {}}}',
    ],
)  # fmt: skip
def test_a_forged_line_on_the_pipe_spoils_nothing(limits: SandboxLimits, line: str) -> None:
    forge = f"""
import os
parent = '"' + get_ipython().get_parent()['header']['msg_id'] + '"'
line = {line!r}.replace('PARENT', parent)
pipe = get_ipython().kernel.session.pipe
pipe.write(line.encode())
pipe.write(b'\\xff\\xfe' + line.encode('utf-8', 'surrogatepass'))
print('after')
"""
    executed = run(limits, forge)
    assert (executed.ended, points(executed)) == ("done", 2)
    assert "after" in said(executed)


def test_the_next_notebook_runs_while_hostile_ones_do(limits: SandboxLimits) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(3) as pool:
        bad = [pool.submit(run, limits, source) for source in ("while True: pass", "x = []\nwhile True: x.append('y' * 10**6)")]
        good = pool.submit(run, limits, "1").result()
        assert points(good) == 2 and good.seconds < 5
        [future.result() for future in bad]


def processes(name: str) -> int:
    """How many processes of this name live on the machine, in rooms or out of them."""
    count = 0
    for place in Path("/proc").glob("[0-9]*/comm"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            count += place.read_text().strip() == name
    return count


def wait_until(true: object, seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.05)
