#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Fails the Nth system call of a small real run, for N = 1, 2, 3 ... until the run passes untouched;
each program in turn, at both ends of its pair.

    nth_call.py                          everything, with the likely and with a less likely error
    nth_call.py --pairs 2,3 --every 7    some pairs, every 7th call
    nth_call.py --pairs 3 --end server --only 12 --error -1     one case, with all that was printed
    nth_call.py --modes                  short reads and writes, and calls interrupted, by chance

What must hold: no signal and no hang; no exit 0 over a wrong result; nothing half under a final name;
the next client is served, unless the server could not start at all; an error line that names the
call and why it failed. The output is a table."""

import argparse
import collections
import concurrent.futures
import itertools
import os
import re
import sys
import time

from lab import PRELOAD, SANITIZED, Folder
from pairs import PAIRS

# How messages name a call that has other names in libc, or is part of something bigger.
NAMES = {
    "accept": "accept|refused", "fchmod": "chmod", "fcntl": "fcntl|nonblock|non-block", "fdopendir": "opendir|LIST|list", "link": "link|rename|create",
    "mkdir": "mkdir", "mmap": "thread", "poll": "poll|wait", "pthread_create": "thread", "readdir": "readdir|LIST|list",
    "recvmsg": "recv", "sendfile": "send", "stat": "stat|mkdir|open", "getaddrinfo": "resolve|getaddrinfo|127.0.0.1",
    "rename": "rename|link", "socket": "socket|connect|bind",
    "ftruncate": "truncate", "fsync": "fsync|durable",
}


class Case:
    """One run with one fault: what happened (`outcome`), and what was wrong about it."""

    def __init__(self, pair, end, number, error):
        self.pair, self.end, self.number, self.error = pair, end, number, error
        self.problems, self.report = [], []
        self.call = self.object = self.reason = None
        self.outcome = "survived"
        with Folder() as folder:
            self.log = folder / "log"
            self.environment = {
                "LD_PRELOAD": PRELOAD, "FAULTS_CALL": "all", "FAULTS_AT": str(number),
                "FAULTS_ERROR": str(error), "FAULTS_LOG": str(self.log)}
            self.run(PAIRS[pair](folder))

    def fired(self):
        if self.call is None and self.log.exists() and (line := self.log.read_text()):
            self.call, _, code, self.object = line.rstrip("\n").split(" ", 3)
            self.reason = reason(self.call, int(code))
        return self.call is not None

    def run(self, pair):
        environment = self.environment if self.end == "server" else None
        with pair.server(env=environment) as server:
            if server.port is None:
                self.never_started(server)
                return
            served = self.serve(pair, server)
            if served and not server.running():
                served = []  # it has told why
            at_the_end = not self.fired()
            code = server.terminate() if server.running() else server.wait()
            self.report.append(f"server: exit {code}\nout: {server.out}\nerr: {server.err}")
            if claim := pair.false_claim(server.err):
                self.problems.append(claim)
            if code is None:
                self.problems.append("the server does not end after SIGTERM")
            elif code < 0:
                self.problems.append(f"the server died of signal {-code}")
            elif code not in (0, 1) or (code == 1 and not (self.fired() and self.end == "server")):
                self.problems.append(f"the server ended with {code}")
            elif code == 0 and not pair.told(server, served):
                self.problems.append("the server ended with 0, and has not told of a client that it served")
            if self.fired() and at_the_end and code == 1:
                self.outcome = "told"
                self.must_name(server.err)
            if self.end == "server" and self.outcome == "told" and self.fired() and not at_the_end:
                self.must_name(server.err)

    def never_started(self, server):
        code = server.wait()
        self.report.append(f"server: exit {code}\nerr: {server.err}")
        self.fired()
        self.outcome = "no start"
        if code is None:
            server.kill()
            self.problems.append("the server neither listens nor ends")
        elif code != 1 or self.end != "server" or not self.fired():
            self.problems.append(f"the server did not start, and ended with {code}")
        else:
            self.must_name(server.err)

    def serve(self, pair, server):
        """Clients until one is served after the fault; returns the turns that went well."""
        served = []
        for turn in range(1, 5):
            before = self.fired()
            faulty = self.environment if self.end == "client" and turn == 1 else None
            client = pair.client(server, turn, faulty)
            patience = time.monotonic() + 15.0
            while before and pair.again(client) and time.monotonic() < patience:
                client = pair.client(server, turn)
            self.report.append(f"client {turn}: {client}")
            self.judge(pair, client, turn)
            if client.code == 0:
                served += [] if pair.early(client) else [turn]
            elif self.end == "client" and turn == 1 and self.fired():
                self.outcome = "told"
                if client.code == 1:
                    self.must_name(client.err)
            elif self.fired() and not before and self.end == "server":
                self.outcome = "told"
            elif not (self.call == "poll" or pair.operated) or server.wait(3) is None:  # it is ending
                self.problems.append(f"client {turn} was not served: exit {client.code}")
            if not server.running():
                self.ended_early(pair, server)
                break
            if before or not self.fired():
                break
        return served

    def ended_early(self, pair, server):
        """poll cannot fail for a handful of descriptors (the kernel needs memory from about 30 on), so a
        server may end at that; and one whose operator is one of the two who talk, if it cannot show him
        what is said, or read what he says."""
        fired = self.fired() and self.end == "server"
        if fired and (self.call == "poll" or (pair.operated and self.object.startswith(("0=", "1=")))):
            self.outcome = "told"
        else:
            self.problems.append("the server has ended")

    def judge(self, pair, client, turn):
        if client.code is None:
            self.problems.append(f"client {turn} hangs")
        elif client.code < 0:
            self.problems.append(f"client {turn} died of signal {-client.code}")
        elif client.code > 1:
            self.problems.append(f"client {turn} ended with {client.code}")
        elif client.code == 0 and (wrong := pair.wrong(client, turn)):
            self.problems.append(f"client {turn} ended with 0, but {wrong}")
        if problem := pair.half() or pair.false_claim(client.err):
            self.problems.append(problem)

    def must_name(self, err):
        if self.object.startswith("2="):
            return  # stderr itself
        what = NAMES.get(self.call, self.call) + "|" + re.escape(os.path.basename(self.object))
        if not any(self.reason in line and re.search(what, line) for line in err.splitlines()):
            self.problems.append(f"no line names {self.call} (or its object) and '{self.reason}'")

    def __str__(self):
        return (f"{self.pair} {self.end} N={self.number} error={self.error}: {self.call} {self.object} "
                f"({self.reason}): {'; '.join(self.problems)}\n    again: tests/faults/run.sh nth_call.py "
                f"--pairs {self.pair} --end {self.end} --only {self.number} --error {self.error}")


def reason(call, code):
    if call == "getaddrinfo":
        return {-10: "Memory allocation failure", -3: "Temporary failure in name resolution"}[code]
    return os.strerror(code)


def sweep(pool, pair, end, every, error, deadline):
    """All cases of one end: some at a time, until runs pass untouched."""
    cases, numbers, pending = [], itertools.count(1, every), collections.deque()
    while True:
        while len(pending) < 6:
            pending.append(pool.submit(Case, pair, end, next(numbers), error))
        case = pending.popleft().result()
        cases.append(case)
        if not case.fired() or time.monotonic() > deadline:
            break
    cases += [rest.result() for rest in pending]
    return cases


class Chance:
    """A run in which reads and writes are short, or calls are interrupted, all the time."""

    def __init__(self, pair, end, mode, seed):
        self.pair, self.end, self.mode, self.seed, self.problems = pair, end, mode, seed, []
        environment = {"LD_PRELOAD": PRELOAD, "FAULTS_MODE": mode, "FAULTS_SEED": str(seed)}
        with Folder() as folder:
            pair = PAIRS[pair](folder)
            with pair.server(env=environment if end == "server" else None) as server:
                if server.port is None:
                    self.problems.append(f"the server does not listen: {server.err}")
                    return
                for turn in (1, 2):
                    client = pair.client(server, turn, environment if end == "client" else None)
                    if client.code != 0 or pair.wrong(client, turn) or pair.half():
                        self.problems.append(f"client {turn}: {pair.wrong(client, turn)}; {client}")
                if (code := server.terminate()) != 0:
                    self.problems.append(f"the server ended with {code}: {server.err}")

    def __str__(self):
        return f"{self.pair} {self.end} {self.mode} seed={self.seed}: {'; '.join(self.problems)}"


def table(cases):
    """Program x call: cases (survived / told and failed / not started)."""
    rows = collections.defaultdict(lambda: collections.defaultdict(collections.Counter))
    for case in cases:
        if case.call:
            name = getattr(PAIRS[case.pair], f"{case.end}_name")
            rows[name][case.call][case.outcome] += 1
    print("\n| program | cases | survived | told, exit 1 | did not start | calls (cases) |")
    print("|---|---:|---:|---:|---:|---|")
    for name, calls in sorted(rows.items()):
        total = sum(calls.values(), collections.Counter())
        listed = ", ".join(f"{call} {sum(outcomes.values())}" for call, outcomes in sorted(calls.items()))
        print(f"| {name} | {sum(total.values())} | {total['survived']} | {total['told']} | {total['no start']} | {listed} |")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", default=",".join(PAIRS))
    parser.add_argument("--end", choices=["server", "client"])
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--only", type=int)
    parser.add_argument("--error", type=int)
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=3600, help="take no further case after so long")
    parser.add_argument("--modes", action="store_true")
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    if SANITIZED:
        print("skipped: under a sanitizer the shim would have to be loaded after its runtime")
        return 77
    ends = [options.end] if options.end else ["server", "client"]
    errors = [0, -1] if options.error is None else [options.error]
    if options.only:
        case = Case(options.pairs, ends[0], options.only, errors[0])
        print(case, case.outcome, *case.report, sep="\n")
        return bool(case.problems)

    cases, deadline = [], time.monotonic() + options.seconds
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        if options.modes:
            runs = itertools.product(options.pairs.split(","), ends, ["short", "interrupt"], range(1, options.seeds + 1))
            cases = list(pool.map(lambda run: Chance(*run), runs))
            print(f"{len(cases)} runs with short reads and writes, or with interruptions")
        else:
            for pair, end, error in itertools.product(options.pairs.split(","), ends, errors):
                cases += sweep(pool, pair, end, options.every, error, deadline)
            table(cases)
            print(f"\n{sum(1 for case in cases if case.call)} calls have failed")
    bad = [case for case in cases if case.problems]
    for case in bad:
        print(f"\nFAILED {case}", *getattr(case, "report", []), sep="\n")
    print(f"{len(bad)} of {len(cases)} runs went wrong")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
