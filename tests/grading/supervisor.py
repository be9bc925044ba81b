# SPDX-License-Identifier: MIT
"""Runs the programs of a submission, watches them, and leaves nothing of them behind."""

import os
import resource
import signal
import sys
import threading
import time
from dataclasses import dataclass

from .isolation import enter_private_network, spare_user
from .processes import become_subreaper, descendants, kill_descendants, reap_orphans
from .program import Program

MIB = 1 << 20


@dataclass
class Limits:
    """What all programs of a submission may take together; one check's worth is far below."""

    processes: int = 200
    threads: int = 2000
    memory: int = 2048 * MIB
    processor_seconds: int = 60
    output: int = 16 * MIB
    files: int = 512 * MIB
    file_size: int = 256 * MIB
    descriptors: int = 4096


class LimitExceeded(Exception):
    """The submission took more than it may; it has been killed. The text says of what."""


class OutOfTime(Exception):
    """The time for the whole problem is over."""


def reset_signals():
    """What we start gets each signal as by default: what a shell ignores for `grade.sh &`, Ctrl+C, is inherited.

    Popen does it for those that Python itself ignores.
    """
    for number in signal.valid_signals() - {signal.SIGPIPE, signal.SIGXFSZ}:
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


class Supervisor:
    """All programs of one submission, what they may take, and how much time there is."""

    def __init__(self, folder, seconds, limits=Limits()):
        """`folder` is one that all programs run in or below, and that is removed afterwards."""
        self.folder = folder
        self.limits = limits
        self.deadline = time.monotonic() + seconds
        self.programs = []
        self.violation = None
        self.wait_factor = 1.0
        become_subreaper()
        reset_signals()
        self.private_network = enter_private_network()
        self.user = spare_user(folder)
        if self.user is None and os.geteuid() == 0:
            print(f"warning: submissions run as root, since others cannot enter {os.path.dirname(folder)} (TMPDIR)",
                  file=sys.stderr)
        self.environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": folder, "TMPDIR": folder,
                            "LANG": "C.UTF-8", "TERM": "dumb", "NO_COLOR": "1", "GCC_COLORS": ""}
        for name, value in os.environ.items():
            if name.endswith("SAN_OPTIONS"):
                self.environment[name] = value
        self._set_resource_limits()
        self.done = threading.Event()
        self.watcher = threading.Thread(target=self._watch, daemon=True)
        self.watcher.start()

    def _set_resource_limits(self):
        """Inherited by all that we start. Not RLIMIT_AS: a thread's stack and a sanitizer's shadow count there."""
        limits = [(resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, self.limits.file_size),
                  (resource.RLIMIT_NOFILE, self.limits.descriptors)]
        if self.user is not None:  # it has no other processes that count
            limits.append((resource.RLIMIT_NPROC, self.limits.threads))
        for kind, most in limits:
            hard = resource.getrlimit(kind)[1]
            most = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(kind, (most, most))

    def start(self, argv, folder, keyboard=False):
        """Runs a program in a folder, in a session of its own. With a keyboard its stdin is a terminal, too."""
        self.check()
        program = Program(self, argv, folder, keyboard)
        self.programs.append(program)
        return program

    def stop(self, *programs):
        """Ends these programs; all without any."""
        for program in programs or list(self.programs):
            program.stop()
            if program in self.programs:
                self.programs.remove(program)
        if not self.programs:
            self.kill_everything()

    def kill_everything(self):
        """Also what has left its parents."""
        kill_descendants(os.getpid(), self.reap)

    def reap(self):
        """Takes in the orphans that have died; our own programs are waited for by those who started them."""
        reap_orphans({program.pid for program in self.programs})

    def end_of_wait(self, seconds):
        return min(time.monotonic() + seconds * self.wait_factor, self.deadline)

    def shorten_waits(self):
        """After waits in vain: who hangs everywhere must not spend the time of what might work."""
        self.wait_factor = max(0.4, self.wait_factor * 0.85)

    def check(self):
        """Throws if the submission has used up what it may have."""
        if self.violation:
            raise LimitExceeded(self.violation)
        if time.monotonic() >= self.deadline:
            raise OutOfTime()

    def close(self):
        """Leaves nothing running."""
        self.done.set()
        self.watcher.join()
        for program in list(self.programs):
            program.stopped_by_us = True
        self.stop()

    def _watch(self):
        spent, files_checked = {}, 0.0
        while not self.done.wait(0.2):
            found = descendants(os.getpid())
            spent.update({pid: stat[3] for pid, stat in found.items()})
            problem = self._too_much(found, sum(spent.values()))
            if not problem and time.monotonic() > files_checked + 1:
                files_checked = time.monotonic()
                problem = self._too_many_files()
            if problem:
                self.violation = problem
                self.kill_everything()
                return

    def _too_much(self, found, seconds):
        limits = self.limits
        if len(found) > limits.processes:
            return f"it started more than {limits.processes} processes"
        if sum(stat[2] for stat in found.values()) > limits.threads:
            return f"it started more than {limits.threads} threads"
        if sum(stat[4] for stat in found.values()) > limits.memory:
            return f"it took more than {limits.memory // MIB} MiB of memory"
        if seconds > limits.processor_seconds:
            return f"it took more than {limits.processor_seconds} s of processor time"
        if sum(program.printed for program in self.programs) > limits.output:
            return f"it printed more than {limits.output // MIB} MiB"
        return None

    def _too_many_files(self):
        total = 0
        for folder, _, names in os.walk(self.folder):
            for name in names:
                try:
                    total += os.lstat(os.path.join(folder, name)).st_blocks * 512
                except OSError:
                    pass
        if total > self.limits.files:
            return f"it wrote more than {self.limits.files // MIB} MiB of files"
        return None
