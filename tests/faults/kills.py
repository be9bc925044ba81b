#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Kills (SIGKILL) one end of a transfer at random moments, then tries again with --resume: the file is
right in the end, and was never half there under its final name.

    kills.py [--moments 10] [--seed 1] [--pairs 1-tcp,1-udp,2]"""

import argparse
import collections
import random
import sys
import threading
import time

from lab import Folder, Program, Server, bytes_of, in_parallel, run, until

NAME = "file.bin"


class Transfer:
    """One file on its way, slow enough to be hit."""

    def __init__(self, folder):
        self.content = bytes_of(self.size, 7)
        self.source, self.target = folder / "source", folder / "target"
        self.source.mkdir()
        self.target.mkdir()
        (self.source / NAME).write_bytes(self.content)

    def start_server(self):
        """On any free port: beside other tests, that of one that was killed may have been taken."""
        server = Server([self.server_name, *self.server_args()]).must_listen()
        self.port = server.port
        return server

    def client_argv(self, again):
        return [self.client_name, "-p", str(self.port), *self.client_args(again)]

    def half(self):
        path = self.target / NAME
        return path.exists() and path.read_bytes() != self.content

    def whole(self):
        path = self.target / NAME
        return path.exists() and path.read_bytes() == self.content


class Tcp(Transfer):
    server_name, client_name, size = "problem1/tcp_server", "problem1/tcp_client", 150_000

    def server_args(self):
        return ["--dir", self.target]

    def client_args(self, again):
        return ["--timeout", "50ms", "--retries", "3", *(["--resume"] if again else []), self.source / NAME]


class Udp(Transfer):
    """Without --resume, which it does not have: from the start."""

    server_name, client_name, size = "problem1/udp_server", "problem1/udp_client", 150_000

    def server_args(self):
        return ["--dir", self.target, "--idle-timeout", "300ms"]

    def client_args(self, again):
        return ["--repair", "--rate", "1M", self.source / NAME]


class Download(Transfer):
    server_name, client_name, size = "problem2/server", "problem2/client", 1_000_000

    def server_args(self):
        return ["--root", self.source, "--write-size", "10000", "--pause", "1ms"]

    def client_args(self, again):
        return ["--dir", self.target, "--idle-timeout", "2s", *(["--resume"] if again else []), NAME]


KINDS = {"1-tcp": Tcp, "1-udp": Udp, "2": Download}


def untouched_time(kind):
    with Folder() as folder:
        transfer = kind(folder)
        with transfer.start_server():
            begin = time.monotonic()
            client = run(transfer.client_argv(False))
            assert client.code == 0 and transfer.whole(), client
            return time.monotonic() - begin


def moment(kind, end, at):
    """Whether the file was unfinished when it was hit, and what went wrong."""
    problems = []
    with Folder() as folder:
        transfer = kind(folder)
        server = transfer.start_server()
        try:
            with Program(transfer.client_argv(False)) as client:
                time.sleep(at)  # this is the moment
                (client if end == "client" else server).kill()
                hit = not (transfer.target / NAME).exists()
                if transfer.half():
                    problems.append("half of the file is under its final name")
                if end == "server":
                    code = client.wait(60)
                    if code not in (0, 1) or (code == 0 and not transfer.whole()):
                        problems.append(f"the client ended with {code}: {client.err}")
                    server = transfer.start_server()
            if not until(lambda: run(transfer.client_argv(True)).code == 0, timeout=20, every=0.1):
                problems.append(f"it cannot be sent again: {run(transfer.client_argv(True))}")
            elif not transfer.whole():
                problems.append("the file is not right")
            if (code := server.terminate()) != 0:
                problems.append(f"the server ended with {code}: {server.err}")
        finally:
            server.__exit__()
    return hit, problems


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--moments", type=int, default=10)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--pairs", default=",".join(KINDS))
    options = parser.parse_args()
    print(f"seed {options.seed}")
    random.seed(options.seed)
    moments, hits, takes = [], collections.Counter(), {}
    for pair in options.pairs.split(","):
        takes[pair] = untouched_time(KINDS[pair])
        for end in ("client", "server"):
            hits[pair, end] = 0
            moments += [(pair, end, random.uniform(0, 1.1)) for _ in range(options.moments)]
    counting = threading.Lock()

    def attempt(pair, end, part):
        at = part * takes[pair]
        hit, problems = moment(KINDS[pair], end, at)
        with counting:
            hits[pair, end] += hit
            if not hit:  # it takes less than was measured
                takes[pair] = min(takes[pair], at)
        return [f"{pair} {end} killed after {at:.3f} s: {problem}" for problem in problems]

    bad = in_parallel(attempt, *zip(*moments))
    print("| killed | moments | in the middle of the file |\n|---|---:|---:|")
    for (pair, end), count in hits.items():
        name = KINDS[pair].server_name if end == "server" else KINDS[pair].client_name
        print(f"| {name} | {options.moments} | {count} |")
    for line in bad:
        print("FAILED", line)
    if not all(hits.values()):
        bad.append("some end was never hit in the middle of a file")
        print("FAILED", bad[-1])
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
