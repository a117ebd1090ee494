"""Runs a sandbox's command under what a unit of systemd lets a service do, as far as a process can ask.

python confined.py SYSTEMD_ANALYZE FILTERS COMMAND...: the system calls of the filters, a line each, no memory
that is written and executed, no capability, the umask. It exits with 77 where libseccomp is missing.
"""

import ctypes
import os
import runpy
import subprocess
import sys

_NO_NEW_PRIVILEGES, _MEMORY, _DROP = 38, 65, 24
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | 1
_UMASK, _LAST_CAPABILITY = 0o027, 40


def _calls(analyze: str, name: str) -> set[str]:
    """Return the system calls of a set, and of the sets in it."""
    if not name.startswith("@"):
        return {name}
    listed = subprocess.run([analyze, "syscall-filter", name], capture_output=True, text=True, check=True)
    words = [line.strip() for line in listed.stdout.splitlines()[1:]]
    inside = [word for word in words if word and not word.startswith("#")]
    return set().union(*(_calls(analyze, word) for word in inside))


def _allowed(analyze: str, filters: str) -> set[str]:
    found: set[str] = set()
    for line in filters.splitlines():
        calls = set().union(*(_calls(analyze, name) for name in line.removeprefix("~").split()))
        found = found - calls if line.startswith("~") else found | calls
    return found


def confine(analyze: str, filters: str) -> None:
    allowed = _allowed(analyze, filters)
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        seccomp = ctypes.CDLL("libseccomp.so.2")
    except OSError:
        sys.exit(77)
    seccomp.seccomp_init.restype = ctypes.c_void_p
    made = ctypes.c_void_p(seccomp.seccomp_init(_REFUSE))
    for name in allowed:
        if (number := seccomp.seccomp_syscall_resolve_name(name.encode())) >= 0:
            seccomp.seccomp_rule_add(made, _ALLOW, number, 0)
    os.umask(_UMASK)
    for capability in range(_LAST_CAPABILITY + 1):
        libc.prctl(_DROP, capability, 0, 0, 0)
    libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    libc.prctl(_MEMORY, 1, 0, 0, 0)
    if seccomp.seccomp_load(made):
        sys.exit(77)


if __name__ == "__main__":
    _, analyze, filters, *command = sys.argv
    confine(analyze, filters)
    sys.argv = ["paper_run", *command, "--sandbox"]
    runpy.run_module("paper_run", run_name="__main__", alter_sys=True)
