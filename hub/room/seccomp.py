"""The system calls no room needs: those that reach across processes, into namespaces, or deep into the kernel.

A deny list, because a child's notebook may import any library; what guards against the unknown is the rest of the room
(no capability, no new privileges, namespaces). libseccomp writes the program, for the architecture we run on.
"""

from __future__ import annotations

import errno
import os
import platform
import tempfile
from functools import cache
from typing import Any

from kanikko.errors import MachineError

SUPPORTED = ("x86_64", "aarch64")
"""Where ``clone`` has its flags in the first argument and we have looked at the rules."""

NAMESPACES = ("unshare", "setns", "mount", "umount2", "pivot_root", "chroot")
PROCESSES = ("ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "move_pages", "migrate_pages")
KERNEL = (
    "bpf", "perf_event_open", "userfaultfd", "kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module",
    "reboot", "swapon", "swapoff", "syslog", "acct", "quotactl", "personality", "vhangup", "lookup_dcookie", "nfsservctl",
    "fanotify_init", "vmsplice",
)  # fmt: skip
KEYS = ("keyctl", "add_key", "request_key")  # the keyring belongs to the uid, and all rooms share ours
FILES = ("open_by_handle_at", "name_to_handle_at", "mknod", "mknodat")
CLOCKS = ("settimeofday", "clock_settime", "adjtimex", "clock_adjtime", "sethostname", "setdomainname")
MEMORY = ("shmget", "shmat", "msgget", "semget", "mq_open", "memfd_create")  # memory that no rlimit counts
X86_ONLY = ("modify_ldt", "ioperm", "iopl", "uselib", "ustat", "sysfs", "_sysctl", "create_module", "query_module", "get_kernel_syms")

# Calls younger than some libseccomp in use; from 424 on every architecture has the same number.
NUMBERED = {
    "pidfd_getfd": 438, "process_madvise": 440, "process_mrelease": 448,
    "open_tree": 428, "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433, "mount_setattr": 442,
    "open_tree_attr": 467, "statmount": 457, "listmount": 458, "listns": 470,
    "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427,
    "quotactl_fd": 443, "memfd_secret": 447,
}  # fmt: skip

CLONE3 = 435
"""Its flags lie in memory, where a filter cannot look: say "no such call", and libc falls back to ``clone``."""

NEW_NAMESPACE_FLAGS = (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000)
"""CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET."""

TERMINAL_IOCTLS = (0x5412, 0x541C)
"""TIOCSTI types into another's terminal; TIOCLINUX pastes into a console."""

NETLINK = 16
SOCKET_FAMILIES = (1, 2, 10, NETLINK)
"""AF_UNIX, AF_INET, AF_INET6 and AF_NETLINK; of the last only protocol 0, which lists network cards (ZMQ looks at them).
Others no namespace covers (AF_VSOCK reaches the hypervisor) or nobody needs (AF_ALG, AF_PACKET, …)."""

LAST_FAMILY = 64
LOW_32_BITS = 0xFFFFFFFF


@cache
def program() -> bytes:
    """The filter as BPF, for ``bwrap --seccomp`` (struct sock_filter, native byte order).

    Raises MachineError on an architecture we have not looked at, or without libseccomp.
    """
    if platform.machine() not in SUPPORTED:
        raise MachineError(
            f"Rooms know the processors {', '.join(SUPPORTED)}; this machine is {platform.machine()}.",
            remedy="Run Kanikko on one of those.",
        )
    library = _library()
    rules = library.SyscallFilter(library.ALLOW)
    rules.set_attr(library.Attr.ACT_BADARCH, library.KILL_PROCESS)  # 32-bit and x32 calls would walk past every rule below
    _deny_calls(library, rules)
    _deny_arguments(library, rules)
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()


def _deny_calls(library: Any, rules: Any) -> None:
    refuse = library.ERRNO(errno.EPERM)
    for name in (*NAMESPACES, *PROCESSES, *KERNEL, *KEYS, *FILES, *CLOCKS):
        if (number := library.resolve_syscall(library.Arch.NATIVE, name)) >= 0:  # below zero: not on this architecture
            rules.add_rule(refuse, number)
    if platform.machine() == "x86_64":
        for name in X86_ONLY:
            rules.add_rule(refuse, name)
    for number in NUMBERED.values():
        rules.add_rule(refuse, number)
    missing = library.ERRNO(errno.ENOSYS)
    for name in MEMORY:
        rules.add_rule(missing, name)
    rules.add_rule(missing, CLONE3)


def _deny_arguments(library: Any, rules: Any) -> None:
    refuse = library.ERRNO(errno.EPERM)
    for flag in NEW_NAMESPACE_FLAGS:
        rules.add_rule(refuse, "clone", library.Arg(0, library.MASKED_EQ, flag, flag))
    for request in TERMINAL_IOCTLS:  # the kernel reads 32 bits: bits above them must not hide the number
        rules.add_rule(refuse, "ioctl", library.Arg(1, library.MASKED_EQ, LOW_32_BITS, request))
    no_family = library.ERRNO(errno.EAFNOSUPPORT)
    for call in ("socket", "socketpair"):
        for family in range(LAST_FAMILY):
            if family not in SOCKET_FAMILIES:
                rules.add_rule(no_family, call, library.Arg(0, library.MASKED_EQ, LOW_32_BITS, family))
        rules.add_rule(no_family, call, library.Arg(0, library.GE, LAST_FAMILY))
        rules.add_rule(no_family, call, library.Arg(0, library.MASKED_EQ, LOW_32_BITS, NETLINK), library.Arg(2, library.NE, 0))


def memory_file(content: bytes, name: str) -> int:
    """A descriptor of an anonymous file that holds ``content``, to be passed to bwrap."""
    descriptor = os.memfd_create(name)
    with os.fdopen(os.dup(descriptor), "wb") as file:
        file.write(content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def _library() -> Any:
    try:
        import pyseccomp  # here: it looks for libseccomp when imported
    except (ImportError, RuntimeError) as error:
        raise MachineError("libseccomp is missing: rooms need it.", remedy="Debian and Ubuntu: apt install libseccomp2") from error
    return pyseccomp
