#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""All servers under mixed load and faults for some minutes: real clients one after the other, some of
them killed, beside peers that are slow, flood, reset or forge. Memory, threads and descriptors are
sampled; after the warm-up they must be flat.

    soak.py [--minutes 1] [--seed 1]"""

import argparse
import contextlib
import random
import statistics
import sys
import threading
import time

import peers
from lab import Folder, Program, until
from pairs import PAIRS

MEMORY = 3 << 10  # kB that a server may grow by between the two halves after the warm-up, and 5 % more


class Load(threading.Thread):
    """One server and all that is done to it, in turns."""

    def __init__(self, name, folder, seed, stop):
        super().__init__()
        self.name, self.stop, self.rng = name, stop, random.Random(f"{name} {seed}")
        self.pair = PAIRS[name](folder)
        # The operator's lines for a client of problem 5 may have gone to a hostile one before it: the next
        # attempt brings new ones.
        self.pair.patience = 6.0
        self.server = self.pair.server()
        self.server.must_listen()
        self.problems, self.samples, self.done, self.hosts = [], [], {}, 0

    def run(self):
        try:
            while not self.stop.is_set() and not self.problems:
                self.round()
        except Exception as error:  # whatever it is, it is a failure of this test
            self.problems.append(repr(error))

    def round(self):
        if not self.server.running():
            self.problems.append(f"the server has ended with {self.server.wait()}: {self.server.err[-500:]}")
            return
        kind = self.rng.choice([self.real, self.real, self.real, self.killed, self.hostile])
        kind()
        self.done[kind.__name__] = self.done.get(kind.__name__, 0) + 1
        self.stop.wait(0.03)  # eight of these share the machine with others

    def real(self):
        self.problems += peers.served(self.pair, self.server, 2, "under load")

    def killed(self):
        self.pair.before(self.server, 3)
        argv = [self.pair.client_name, "-p", str(self.server.port), *self.pair.client_args(3)]
        with Program(argv, stdin="open" if self.pair.client_stdin else None) as client:
            self.stop.wait(self.rng.uniform(0, 0.03))
            client.kill()

    def hostile(self):
        if "udp" in self.name or self.name == "4":
            self.hosts += 1
            victims = peers.Victims(self.server.port, self.hosts)
            for _ in range(20):
                victims.send(peers.conversation(self.name, self.rng))
            victims.close()
            return
        kinds = [peers.flooding, peers.resetting] if self.name == "5-tcp" else peers.KINDS
        soon = threading.Event()
        threading.Timer(0.1, soon.set).start()
        peers.hurt(self.rng.choice(kinds), self.server.port, peers.OPENINGS[self.name], soon)

    def sample(self):
        with contextlib.suppress(OSError, AttributeError):  # it has ended, which is told elsewhere
            self.samples.append((self.server.status("VmRSS"), self.server.status("Threads"), self.server.descriptors()))

    def judge(self, at_rest):
        """After the load: flat while it lasted, and back to where it began."""
        third = len(self.samples) // 3
        middle, last = self.samples[third:2 * third], self.samples[2 * third:]
        if third < 3:
            self.problems.append(f"only {len(self.samples)} samples")
            return
        before, after = (statistics.median(row[0] for row in part) for part in (middle, last))
        if after > before * 1.05 + MEMORY:
            self.problems.append(f"memory is not flat: {before:.0f} kB, later {after:.0f} kB")

        def calm():
            now = (self.server.status("Threads"), self.server.descriptors())
            return now[0] <= at_rest[0] and now[1] <= at_rest[1]

        if not until(calm, timeout=60, every=0.2):
            self.problems.append(f"at rest {at_rest[0]} threads and {at_rest[1]} descriptors, afterwards "
                                 f"{self.server.status('Threads')} and {self.server.descriptors()}")
        if (code := self.server.terminate()) != 0:
            self.problems.append(f"the server ended with {code}: {self.server.err[-500:]}")
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(self.done.items()))
        peak = [max(row[column] for row in self.samples) for column in (1, 2)]
        print(f"| {self.pair.server_name} | {kinds} | {before / 1024:.1f} | {after / 1024:.1f} | {peak[0]} | {peak[1]} |")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    print(f"seed {options.seed}")
    stop = threading.Event()
    with contextlib.ExitStack() as stack:
        loads = []
        for name in ("1-tcp", "1-udp", "2", "3", "4", "5-tcp", "5-udp", "6"):
            loads.append(Load(name, stack.enter_context(Folder()), options.seed, stop))
            stack.enter_context(loads[-1].server)
        # A first client each: what is made only once is made now.
        for load in loads:
            load.problems += peers.served(load.pair, load.server, 1, "at the start")
        at_rest = {load.name: (load.server.status("Threads"), load.server.descriptors()) for load in loads}
        for load in loads:
            load.start()
        end = time.monotonic() + options.minutes * 60
        while time.monotonic() < end and not any(load.problems for load in loads):
            for load in loads:
                load.sample()
            stop.wait(max(0.25, options.minutes / 4))
        stop.set()
        for load in loads:
            load.join()
        print("| server | done | MiB, middle | MiB, end | most threads | most descriptors |\n|---|---|---:|---:|---:|---:|")
        for load in loads:
            if not load.problems:
                load.judge(at_rest[load.name])
        bad = [f"{load.name}: {problem}" for load in loads for problem in load.problems]
    for problem in bad:
        print("FAILED", problem)
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
