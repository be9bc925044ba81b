# SPDX-License-Identifier: MIT
"""The tree of processes below one of them: who is in it, and how to end all of it."""

import ctypes
import os
import resource
import signal
import sys
import time

PR_SET_CHILD_SUBREAPER = 36


def python(module, *arguments):
    """The command that starts a module of the grader."""
    return [sys.executable, "-I", "-B", os.path.join(os.path.dirname(os.path.abspath(__file__)), "run.py"),
            f"{__package__}.{module}", *arguments]


def become_subreaper():
    """Orphans come to us, not to init: a daemon cannot leave the tree in which we look for it."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def read_stat(pid):
    """(parent, state, threads, seconds of processor time, resident bytes), or None if it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb", buffering=0) as file:
            fields = file.read(1024).rpartition(b")")[2].split()
    except OSError:
        return None
    seconds = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return int(fields[1]), fields[0], int(fields[17]), seconds, int(fields[21]) * resource.getpagesize()


def descendants(root):
    """{pid: stat} of all that come from the process `root`, without itself."""
    stats, children = {}, {}
    for name in os.listdir("/proc"):
        if name.isdigit() and (stat := read_stat(name)):
            stats[int(name)] = stat
            children.setdefault(stat[0], []).append(int(name))
    found, todo = {}, [root]
    while todo:
        for pid in children.get(todo.pop(), ()):
            found[pid] = stats[pid]
            todo.append(pid)
    return found


def kill_descendants(root, reap, keep=()):
    """Ends all that come from `root`, stopped first, so that none starts another while it is looked for.

    Spares `keep` and what comes from them. Calls reap() for what has died. Returns once there is nothing
    left, but for what sleeps in the kernel.
    """
    end = time.monotonic() + 5
    while time.monotonic() < end:
        found = descendants(root)
        for pid in keep:
            for spared in (pid, *descendants(pid)):
                found.pop(spared, None)
        alive = {pid for pid, stat in found.items() if stat[1] not in (b"Z", b"X")}
        if not alive:
            break
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in alive:
                send_signal(pid, number)
        reap()
        time.sleep(0.005)
    reap()


def send_signal(pid, number):
    """kill(2); a process that is gone needs none."""
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        pass


def reap_orphans(keep):
    """Takes in what has died here and is not in `keep`: those have a Popen that waits for them."""
    me = os.getpid()
    for pid, stat in descendants(me).items():
        if stat[0] == me and stat[1] == b"Z" and pid not in keep:
            try:
                os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:
                pass
