"""Runs on MicroPython: the built-in modules look as they do on a board, not as on the computer it really is."""

import builtins
import collections
import os
import sys

import vfs


class Module:
    """A built-in module with some names replaced and some missing."""

    def __init__(self, base, hidden=(), **names):
        self._base, self._hidden = base, hidden
        for name in names:
            setattr(self, name, names[name])

    def __getattr__(self, name):
        if name in self._hidden:
            raise AttributeError(name)
        return getattr(self._base, name)


def replace(name, module):
    """``import name`` gives ``module`` from now on."""
    sys.modules[name] = sys.modules["u" + name] = module


def _open(name, *arguments, **more):
    if isinstance(name, int):  # a descriptor of the computer below
        raise OSError(22)
    return _real_open(name, *arguments, **more)


_real_open = builtins.open


def put_on(kind, print_exception=None):
    """``kind``: what the board says of itself. Returns the module that programs know as ``sys``."""
    version = tuple(kind["version"])
    implementation = collections.namedtuple("implementation", ("name", "version", "_machine", "_mpy", "_build"))
    uname = collections.namedtuple("uname", ("sysname", "nodename", "release", "version", "machine"))
    system = Module(
        sys,
        ("executable",),
        implementation=implementation("micropython", version, kind["machine"], sys.implementation._mpy, kind["build"]),
        platform=kind["platform"],
        version="3.4.0; MicroPython " + kind["release"],
        print_exception=print_exception or sys.print_exception,
    )
    name = uname(kind["platform"], kind["platform"], kind["firmware"], kind["release"], kind["machine"])
    replace("os", Module(os, ("system", "getenv", "putenv", "unsetenv", "VfsPosix"), uname=lambda: name))
    replace("vfs", Module(vfs, ("VfsPosix",)))
    replace("sys", system)
    builtins.open = _open
    return system
