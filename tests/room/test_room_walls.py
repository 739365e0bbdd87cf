"""What a pupil's program cannot see, reach or change from its room."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from room_place import Ended, Place

from hub.room import Bind, Call, start
from kanikko.settings import PROJECT, default_var

Probe = Callable[..., Ended]


def refused(probe: Probe, attempt: str, **more: object) -> None:
    """The attempt (statements) must fail with an error of the system, and the probe must have come so far."""
    code = "print('trying')\ntry:\n" + "\n".join(f"    {line}" for line in attempt.splitlines())
    code += "\n    print('done')\nexcept OSError as error:\n    print('refused', error.errno)"
    ended = probe(code, **more)
    assert ended.said.startswith("trying\nrefused"), ended


# ---------------------------------------------------------------------------------------------------- files
def test_a_room_shows_its_own_home_and_no_other(place: Place) -> None:
    other = place.home.parent / "u3456789ab"
    other.mkdir()
    (other / "secret.txt").write_text("theirs")
    (place.home / "mine.txt").write_text("mine")
    ended = place.run(f"""
        import os
        others = {[str(other), str(place.folder)]!r}
        print(open('/home/room/mine.txt').read(), [os.path.exists(path) for path in others], sorted(os.listdir('/home')))
    """)
    # Where the project lies below /home, the bare path to it is there too.
    homes = sorted({"room", *([PROJECT.parts[2]] if PROJECT.is_relative_to("/home") else [])})
    assert ended.said == f"mine [False, False] {homes}"


@pytest.mark.parametrize("name", ["lessons", "tests", "web", "var", ".git"])
def test_a_room_shows_none_of_the_project_but_code(probe: Probe, name: str) -> None:
    ended = probe(f"import os; print(os.path.exists({str(PROJECT / name)!r}), sorted(os.listdir({str(PROJECT)!r})))")
    assert ended.said.startswith("False")
    assert not {"lessons", "tests", "var", ".git", "README.md"} & set(eval(ended.said.removeprefix("False ")))


def test_the_state_folder_with_roster_gradebooks_and_secrets_is_not_there(probe: Probe) -> None:
    places = [default_var(), default_var() / "secrets", default_var() / "roster.db", default_var() / "courses", default_var() / "run"]
    ended = probe(f"import os; print([os.path.exists(p) for p in {[str(p) for p in places]!r}])")
    assert ended.said == str([False] * len(places))


def test_the_hosts_accounts_and_root_home_are_not_there(probe: Probe) -> None:
    ended = probe(
        "import os; print(open('/etc/passwd').read().count(':x:'), "
        "[os.listdir(path) if os.path.exists(path) else None for path in ('/root', '/var', '/sys', '/etc/shadow', '/boot')])"
    )
    # Where the project lies below /var, the bare path to it is there.
    below_var = [PROJECT.parts[2]] if PROJECT.is_relative_to("/var") else None
    assert ended.said == f"2 {[None, below_var, None, None, None]}"


@pytest.mark.parametrize(
    "path", ["/x", "/usr/x", "/etc/x", "/etc/passwd", "/dev/x", "/home/x", "/run/x", f"{sys.prefix}/x", f"{PROJECT}/hub/x", f"{PROJECT}/x"]
)
def test_the_system_python_and_our_code_cannot_be_written(probe: Probe, path: str) -> None:
    refused(probe, f"import os\nos.makedirs(os.path.dirname({path!r}), exist_ok=True)\nopen({path!r}, 'w').write('mine')")


def test_home_and_tmp_can_be_written_and_tmp_is_small(probe: Probe) -> None:
    ended = probe("""
        import os
        open('/home/room/a', 'w').write('a'); open('/tmp/a', 'w').write('a')
        written = 0
        try:
            for number in range(100):
                written += os.path.getsize('/tmp/a') and open(f'/tmp/{number}', 'wb').write(bytes(4 << 20))
        except OSError as error:
            print('full', error.errno, written >> 20 < 65)
    """)
    assert ended.said == "full 28 True"


def test_shared_memory_is_small(probe: Probe) -> None:
    refused(probe, "for number in range(100):\n    open(f'/dev/shm/{number}', 'wb').write(bytes(4 << 20))")


def test_doors_can_be_knocked_at_but_not_changed(place: Place, knock: tuple[socket.socket, Path]) -> None:
    listener, path = knock
    doors = place.folder / "doors"
    doors.mkdir()
    path.rename(doors / "hub.sock")
    room = place.room(read_only=(Bind(doors, "/run/kanikko"),))
    ended = place.run(
        """
        import os, socket
        socket.socket(socket.AF_UNIX).connect('/run/kanikko/hub.sock')
        door = '/run/kanikko/hub.sock'
        for attempt in (lambda: os.unlink(door), lambda: open('/run/kanikko/new', 'w'), lambda: os.chmod(door, 0o777)):
            try:
                attempt(); print('done')
            except OSError as error:
                print('refused', error.errno)
        """,
        room,
    )
    assert ended.said.split("\n") == ["refused 30"] * 3
    listener.accept()[0].close()


def test_a_socket_that_is_made_anew_is_found_again_behind_the_door(place: Place) -> None:
    doors = place.folder / "doors"
    doors.mkdir()
    code = """
        import os, socket, time
        print('in', flush=True)
        while not os.path.exists('/run/kanikko/late.sock'):
            time.sleep(0.05)
        socket.socket(socket.AF_UNIX).connect('/run/kanikko/late.sock'); print('connected')
    """
    process = place.start(code, place.room(read_only=(Bind(doors, "/run/kanikko"),)))
    assert process.stdout is not None
    assert process.stdout.readline() == b"in\n"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(doors / ".late"))
        listener.listen()
        (doors / ".late").rename(doors / "late.sock")
        assert process.stdout.read() == b"connected\n"


def test_devices_of_the_machine_are_not_there_and_cannot_be_made(probe: Probe) -> None:
    ended = probe("import os; print(sorted(os.listdir('/dev')))")
    assert set(eval(ended.said)) <= {
        "core",
        "fd",
        "full",
        "null",
        "ptmx",
        "pts",
        "random",
        "shm",
        "stderr",
        "stdin",
        "stdout",
        "tty",
        "urandom",
        "zero",
        "console",
    }
    refused(probe, "import os, stat\nos.mknod('/home/room/disk', 0o600 | stat.S_IFBLK, os.makedev(8, 0))")
    refused(probe, "open('/dev/core', 'rb').read(1)")


# ---------------------------------------------------------------------------------------------------- descriptors, environment
def test_nothing_is_inherited_but_the_three_standard_streams(place: Place) -> None:
    leaked = os.open(place.folder, os.O_RDONLY)
    os.set_inheritable(leaked, True)
    try:
        ended = place.run(
            "import os; print(sorted(os.listdir('/proc/self/fd')), [os.readlink(f'/proc/self/fd/{n}')[:4] for n in range(3)])"
        )
    finally:
        os.close(leaked)
    assert ended.said == "['0', '1', '2', '3'] ['/dev', 'pipe', 'pipe']"  # 3 is the listing itself


def test_no_process_shows_the_houses_environment(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_SECRET", "the hub's own")
    ended = place.run(
        """
        import os
        seen = ''
        for pid in filter(str.isdigit, os.listdir('/proc')):
            try:
                seen += open(f'/proc/{pid}/environ').read()
            except PermissionError:
                pass
        print('HUB_SECRET' in seen, 'TOKEN' in seen.replace('TOKEN_OF_CHILD', ''), os.environ['TOKEN'])
        """,
        environment={"TOKEN": "for the server"},
    )
    assert ended.said.split()[0] == "False"


def test_the_servers_own_environment_is_empty_in_proc(place: Place) -> None:
    (place.home / "look.py").write_text(
        "import os\nopen('/home/room/told', 'w').write(repr((os.environ['TOKEN'], 'TOKEN' in open('/proc/1/environ').read())))\n"
        "try:\n    text = open('/proc/self/environ').read()\nexcept PermissionError:\n    text = ''\n"
        "open('/home/room/told', 'a').write(repr('TOKEN' in text))\n"
    )
    process = start(place.room(), Call("runpy:run_path", {"path_name": "/home/room/look.py"}, {"TOKEN": "secret"}))
    process.wait(30)
    assert (place.home / "told").read_text() == "('secret', False)False"


def test_the_first_process_holds_no_file_of_the_host(probe: Probe) -> None:
    ended = probe("""
        import os
        print(open('/proc/1/cmdline').read().split(chr(0))[:-1])
        try:
            print([os.readlink(f'/proc/1/fd/{n}') for n in os.listdir('/proc/1/fd')])
        except PermissionError:
            print([])
    """)
    command, links = (eval(line) for line in ended.said.splitlines())
    assert not [word for word in command if "homes" in word or "kkroom" in word]
    assert {link for link in links if link.startswith("/")} <= {"/dev/null"}


# ---------------------------------------------------------------------------------------------------- network
def test_the_hosts_loopback_cannot_be_reached(probe: Probe) -> None:
    with socket.socket() as service:
        service.bind(("127.0.0.1", 0))
        service.listen()
        refused(probe, f"import socket\nsocket.create_connection(('127.0.0.1', {service.getsockname()[1]}), 2)")


def test_the_world_outside_cannot_be_reached_by_address_or_name(probe: Probe) -> None:
    refused(probe, "import socket\nsocket.create_connection(('192.0.2.1', 80), 2)")
    refused(probe, "import socket\nsocket.create_connection(('example.org', 80), 2)")
    refused(probe, "import socket\nsocket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'?', ('192.0.2.1', 53))")
    ended = probe("import socket; print([name for _, name in socket.if_nameindex()])")
    assert ended.said == "['lo']"


def test_abstract_sockets_of_the_host_cannot_be_reached(probe: Probe) -> None:
    name = f"\0kanikko-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as service:
        service.bind(name)
        service.listen()
        refused(probe, f"import socket\nsocket.socket(socket.AF_UNIX).connect({name!r})")


KINDS = {"AF_VSOCK": 1, "AF_ALG": 5, "AF_PACKET": 3, "AF_BLUETOOTH": 3, "AF_CAN": 3, "AF_TIPC": 4}


@pytest.mark.parametrize("family", KINDS)
def test_families_of_sockets_that_no_namespace_covers_are_refused(probe: Probe, family: str) -> None:
    number = getattr(socket, family)
    refused(probe, f"import socket\nsocket.socket({number}, {KINDS[family]})")
    if os.uname().machine == "x86_64":  # the kernel reads 32 bits of the family: more must not hide it
        refused(
            probe,
            "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"
            f"if libc.syscall(41, ctypes.c_long((1 << 32) | {number}), {KINDS[family]}, 0) < 0: raise OSError(ctypes.get_errno(), '')",
        )


def test_of_netlink_only_the_list_of_network_cards_is_left(probe: Probe) -> None:
    assert probe("import socket; socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0); print('open')").said == "open"
    for protocol in (9, 12, 15, 16):  # audit, netfilter, udev's events, generic
        refused(probe, f"import socket\nsocket.socket(socket.AF_NETLINK, socket.SOCK_RAW, {protocol})")


def test_a_tcp_listener_may_not_be_carried_into_a_room(place: Place) -> None:
    with socket.socket() as listener, pytest.raises(ValueError, match="Unix"):
        place.start("pass", listener=listener)


def test_the_listener_of_a_room_cannot_be_turned_to_another_address(place: Place, knock: tuple[socket.socket, Path]) -> None:
    listener, _ = knock
    other = f"\0kanikko-other-{os.getpid()}"
    package = place.folder / "package"
    package.mkdir()
    (package / "turn.py").write_text(TURN.replace("OTHER", repr(other)))
    with socket.socket(socket.AF_UNIX) as service:
        service.bind(other)
        service.listen()
        room = place.room(read_only=(Bind(package, f"{PROJECT}/walls_probe"),))
        process = start(room, Call("walls_probe.turn:run"), listener=listener)
        assert process.wait(30) == 0
    assert (place.home / "told").read_text() == "[-1, True]"


TURN = """
import ctypes, socket

def run(listener):
    said = [ctypes.CDLL(None, use_errno=True).connect(listener.fileno(), bytes(16), 16)]  # AF_UNSPEC: forget the address
    try:
        listener.connect(OTHER)
        said.append("connected")
    except OSError as error:
        said.append(error.errno > 0)
    open("/home/room/told", "w").write(repr(said))
"""


# ---------------------------------------------------------------------------------------------------- processes
def test_only_the_rooms_own_processes_exist_and_no_signal_leaves_it(probe: Probe) -> None:
    with subprocess.Popen(["/bin/sleep", "60"]) as outside:
        refused(probe, f"import os\nos.kill({outside.pid}, 9)")
        ended = probe("import os; os.kill(-1, 0); print(sorted(int(n) for n in os.listdir('/proc') if n.isdigit()))")
        assert len(eval(ended.said)) <= 4
        assert outside.poll() is None
        outside.kill()


SERVER = "__import__('os').getppid()"  # the probe's parent: where a pupil's server would be


@pytest.mark.parametrize("pid", ["1", SERVER])
def test_the_first_processes_cannot_be_traced(probe: Probe, pid: str) -> None:
    refused(
        probe, f"import ctypes\nif ctypes.CDLL(None, use_errno=True).ptrace(16, {pid}, 0, 0) < 0: raise OSError(ctypes.get_errno(), '')"
    )
    refused(
        probe,
        f"import ctypes\nbuffer = ctypes.create_string_buffer(64)\nvector = (ctypes.c_size_t * 2)(ctypes.addressof(buffer), 64)\n"
        f"if ctypes.CDLL(None, use_errno=True).process_vm_readv({pid}, vector, 1, vector, 1, 0) < 0: raise OSError(ctypes.get_errno(), '')",
    )


@pytest.mark.parametrize("what", ["mem", "environ", "maps", "fd/0", "cwd", "root", "exe"])
def test_the_server_cannot_be_read_by_what_it_starts(probe: Probe, what: str) -> None:
    attempt = "os.readlink(path)" if what in ("cwd", "root", "exe", "fd/0") else "open(path, 'rb').read(16)"
    refused(probe, f"import os\npath = f'/proc/{{os.getppid()}}/{what}'\n{attempt}")


def test_a_descriptor_cannot_be_taken_from_the_server(probe: Probe) -> None:
    refused(
        probe,
        f"import ctypes, os\npidfd = os.pidfd_open({SERVER})\n"
        "if ctypes.CDLL(None, use_errno=True).syscall(438, pidfd, 0, 0) < 0: raise OSError(ctypes.get_errno(), '')",
    )


def test_no_namespace_can_be_made_within(probe: Probe) -> None:
    refused(probe, "import ctypes\nif ctypes.CDLL(None, use_errno=True).unshare(0x10000000) < 0: raise OSError(ctypes.get_errno(), '')")
    for flag in (0x10000000, 0x00020000, 0x20000000, 0x40000000):
        refused(
            probe,
            "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"
            f"pid = libc.syscall(56, {flag} | 17, 0, 0, 0, 0)\nif pid < 0: raise OSError(ctypes.get_errno(), '')",
        )
    refused(probe, "import ctypes\nif ctypes.CDLL(None, use_errno=True).syscall(435, 0, 0) < 0: raise OSError(ctypes.get_errno(), '')")
    ended = probe("import subprocess; print(subprocess.run(['unshare', '-Ur', 'true'], capture_output=True).returncode)")
    assert ended.said != "0"


CALLS = {
    "mount": "165, b'none', b'/tmp', b'tmpfs', 0, 0", "umount": "166, b'/home/room', 0", "pivot_root": "155, b'/', b'/'",
    "open_tree": "428, -100, b'/', 0", "fsopen": "430, b'tmpfs', 0", "bpf": "321, 0, 0, 0", "keyctl": "250, 0, -3, 1",
    "userfaultfd": "323, 1", "perf_event_open": "298, 0, 0, 0, 0, 0", "io_uring_setup": "425, 1, 0", "setns": "308, 0, 0",
    "open_by_handle_at": "304, -100, 0, 0", "memfd_create": "319, b'x', 0", "shmget": "29, 0, 4096, 0o1600",
    "kexec_load": "246, 0, 0, 0, 0", "init_module": "175, 0, 0, 0", "personality": "135, 0x0040000", "chroot": "161, b'/tmp'",
}  # fmt: skip


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="numbers of x86-64")
@pytest.mark.parametrize("name", CALLS)
def test_dangerous_system_calls_are_refused(probe: Probe, name: str) -> None:
    ended = probe(f"import ctypes; libc = ctypes.CDLL(None, use_errno=True); print(libc.syscall({CALLS[name]}), ctypes.get_errno())")
    assert ended.said in ("-1 1", "-1 38"), ended  # EPERM or ENOSYS: said by the filter, before the kernel looks


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="numbers of x86-64")
def test_a_call_of_another_architecture_ends_the_program(probe: Probe) -> None:
    ended = probe(
        "import subprocess, sys; getpid_of_x32 = 'import ctypes; ctypes.CDLL(None).syscall(0x40000000 | 39)'\n"
        "print(subprocess.run([sys.executable, '-c', getpid_of_x32]).returncode)"
    )
    assert ended.said == "-31"  # SIGSYS


def test_nothing_can_be_typed_into_a_terminal(probe: Probe) -> None:
    terminal = "import os, fcntl, termios\nmaster, slave = os.openpty()\n"
    ended = probe(terminal + "print('pty')")
    assert ended.said == "pty", ended
    refused(probe, terminal + "os.setsid()\nfcntl.ioctl(slave, termios.TIOCSCTTY, 0)\nfcntl.ioctl(slave, termios.TIOCSTI, b'x')")
    refused(probe, "open('/dev/tty')")


def test_setuid_programs_give_nothing(probe: Probe) -> None:
    ended = probe("""
        import os, subprocess
        status = open('/proc/self/status').read()
        print([line.split()[1] for line in status.splitlines() if line.startswith(('Cap', 'NoNewPrivs', 'Seccomp:'))])
        print(any('nosuid' not in line.split()[3] for line in open('/proc/mounts') if line.split()[2] not in ('devpts',)))
        print(subprocess.run(['/bin/su', '-c', 'id -u'], capture_output=True, stdin=subprocess.DEVNULL).stdout)
    """)
    assert ended.said.splitlines() == [str(["0" * 16] * 5 + ["1", "2"]), "False", "b''"]


def test_a_room_is_never_root(probe: Probe) -> None:
    ended = probe("import os; print(os.getuid(), os.geteuid(), os.getresgid(), open('/proc/self/uid_map').read().split())")
    assert ended.said.startswith("1000 1000 (1000, 1000, 1000)")
    refused(probe, "import os\nos.setuid(0)")
