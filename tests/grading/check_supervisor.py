# SPDX-License-Identifier: MIT
"""Tests of the supervisor: each limit ends what exceeds it, and nothing outlives it. Prints what went wrong."""

import os
import re
import signal
import sys
import tempfile
import time

from .processes import descendants
from .supervisor import MIB, LimitExceeded, Limits, Supervisor

SECONDS = 15

# What a shell does, the limits, and what is to be said of it.
TOO_MUCH = [
    ("yes", Limits(output=MIB), "printed"),
    ("while :; do sleep 100 & done", Limits(processes=30), "processes"),
    ("tail /dev/zero", Limits(memory=64 * MIB), "memory"),
    ("while :; do :; done", Limits(processor_seconds=1), "processor time"),
    ("while :; do head -c 4000000 /dev/zero >$(mktemp -p .); done", Limits(files=20 * MIB), "files"),
]

# What wants to stay.
DAEMONS = ["setsid sleep 100 &", "(setsid sh -c 'trap \"\" TERM HUP; sleep 100; sleep 100' &) &",
           "trap '' TERM; while :; do sleep 1; done", "kill -STOP $$"]


def run(script, limits, folder):
    """The violation that ended a script, None if it ran until it was stopped; and what is left of it."""
    supervisor = Supervisor(folder, SECONDS, limits)
    os.chmod(folder, 0o777)
    violation = None
    try:
        program = supervisor.start(["/bin/sh", "-c", script], folder)
        program.wait(1 if limits == Limits() else SECONDS)
        supervisor.check()
    except LimitExceeded as limit:
        violation = str(limit)
    finally:
        supervisor.close()
    return violation, descendants(os.getpid())


def start_in_a_process_of_its_own(check, *arguments):
    """A supervisor changes its process for good. Returns the process, which ends with 0 if all is well."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            code = 0 if check(*arguments) else 1
        finally:
            os._exit(code)
    return pid


def is_well(script, limits, expected):
    with tempfile.TemporaryDirectory(prefix="grading.") as folder:
        start = time.monotonic()
        violation, left = run(script, limits, folder)
    well = not left and (expected in violation if expected and violation else expected == violation)
    if not well:
        print(f"{script}: {violation or 'no limit'} after {time.monotonic() - start:.1f} s, left running: {left}",
              flush=True)
    return well


def resets_signals():
    """From a script, a grader in the background ignores SIGINT; what it starts does not."""
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGUSR1})
    with tempfile.TemporaryDirectory(prefix="grading.") as folder:
        supervisor = Supervisor(folder, SECONDS)
        program = supervisor.start(["/bin/grep", "-E", "Sig(Blk|Ign)", "/proc/self/status"], "/")
        program.wait(SECONDS)
        supervisor.close()
    well = re.findall(r"\w+:\s+(\w+)", program.out) == ["0" * 16] * 2
    if not well:
        print(f"what is started ignores or blocks signals: {program.out}", flush=True)
    return well


def main():
    cases = [(is_well, *case) for case in TOO_MUCH + [(script, Limits(), None) for script in DAEMONS]]
    processes = [start_in_a_process_of_its_own(*case) for case in [*cases, (resets_signals,)]]
    return 1 if any([os.waitpid(process, 0)[1] != 0 for process in processes]) else 0


if __name__ == "__main__":
    sys.exit(main())
