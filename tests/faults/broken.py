#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A call that fails whenever it is made: a file system that does not have it (links and modes on FAT,
locks on some networks), or one that is broken. What can be done without it is done; else the client
ends with 1 in time, and a line names the call, the file and the reason. The server lives, and once the
file system works again, so does the next attempt."""

import errno
import re
import sys

from lab import BIN, PRELOAD, SANITIZED, Folder, in_parallel
from pairs import PAIRS

LINUX = b"renameat2" in (BIN / "problem1/tcp_server").read_bytes()  # else POSIX_ONLY
NO_LINKS = None if LINUX else "link f1: this file system has no links"

# Pair, whose call, the call, its error, and what is said; None: all goes well.
CASES = [
    ("1-window", "server", "link", errno.EPERM, NO_LINKS),  # with --no-overwrite
    ("1-window", "server", "link", errno.EIO, "link f1: Input/output error"),
    ("1-udp", "server", "fchmod", errno.EPERM, None),
    ("1-tcp", "server", "flock", errno.ENOLCK, "flock f1.part: No locks available"),
    ("1-tcp", "server", "stat", errno.EIO, "stat f1.part: Input/output error"),
    ("1-tcp", "server", "stat", errno.ENOENT, "another transfer of f1 is under way"),
    ("1-udp", "server", "stat", errno.EIO, "stat f1.part: Input/output error"),
    ("1-udp", "server", "fsync", errno.EIO, "fsync f1.part: Input/output error"),
    ("2", "client", "stat", errno.EIO, "stat f1.part: Input/output error"),
    ("2", "client", "flock", errno.ENOLCK, "flock f1.part: No locks available"),
    ("2-list", "server", "stat", errno.EIO, "stat f[1-4]: Input/output error"),
    ("4", "client", "flock", errno.ENOLCK, "flock .*f1: No locks available"),
]


def broken(pair_name, end, call, error, said):
    environment = {"LD_PRELOAD": PRELOAD, "FAULTS_CALL": call, "FAULTS_MODE": "forever", "FAULTS_AT": "1",
                   "FAULTS_ERROR": str(error)}
    with Folder() as folder:
        pair = PAIRS[pair_name](folder)
        pair.target.mkdir(exist_ok=True)
        with pair.server(env=environment if end == "server" else None) as server:
            server.must_listen()
            client = pair.client(server, 1, environment if end == "client" else None)
            ended = None if server.running() else f"the server ended with {server.wait()}"
            problems = [ended or pair.half() or pair.false_claim(client.err)]
            if said is None and (client.code != 0 or pair.wrong(client, 1)):
                problems.append(f"{pair.wrong(client, 1)}: {client}")
            elif said is not None and (client.code != 1 or not re.search(said, client.err + server.err)):
                problems.append(f"'{said}' is not told, with exit 1: {client}")
            if (code := server.terminate()) != 0:
                problems.append(f"the server ended with {code}: {server.err}")
        if said is not None:
            with pair.server() as server:
                client = pair.client(server.must_listen(), 1)
                if client.code != 0 or pair.wrong(client, 1):
                    problems.append(f"and it does not work when the file system does: {client}")
    return [f"{pair_name}, {call} of its {end} fails with {errno.errorcode[error]}: {problem}"
            for problem in problems if problem]


def main():
    if SANITIZED:
        print("skipped: under a sanitizer the shim would have to be loaded after its runtime")
        return 77
    problems = in_parallel(broken, *zip(*CASES))
    for problem in problems:
        print("FAILED", problem)
    print(f"{len(CASES)} cases")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
