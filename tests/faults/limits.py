#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Little of everything: descriptors, address space; many connections that say nothing; a room full of
members.

    limits.py descriptors | memory | idle [--connections 1000] | room [--connections 1000]"""

import argparse
import resource
import selectors
import sys
import time

from lab import SANITIZED, SLOWDOWN, Folder, Server, connect, in_parallel, until
from pairs import PAIRS

# Those that serve many clients at once over TCP.
CROWDED = ["1-tcp", "2", "3", "6"]


def refused(sockets):
    """How many were told something, or closed, without having asked anything."""
    count = 0
    for one in sockets:
        one.settimeout(0)
        try:
            one.recv(1)
            count += 1
        except BlockingIOError:
            pass
        except ConnectionError:
            count += 1
    return count


def crowd(port, count):
    sockets = []
    for _ in range(count):
        try:
            sockets.append(connect(port, 5))
        except OSError:
            break  # the queue of the listener is full
    return sockets


def starve(pair_name, prefix, count):
    """More clients than there is room for: some are refused, and the server serves again when they have
    left. Returns what went wrong."""
    with Folder() as folder:
        pair = PAIRS[pair_name](folder)
        with pair.server(prefix=prefix) as server:
            if server.port is None:
                return [f"{pair_name}: does not listen: {server.err}"]
            sockets = crowd(server.port, count)
            problems = []
            if not until(lambda: not server.running() or refused(sockets) > 0):
                problems.append(f"nobody was refused of {len(sockets)}")
            if not server.running():
                return [f"{pair_name}: the server ended with {server.wait()}: {server.err[-500:]}"]
            for one in sockets:
                one.close()
            clients = []

            def served():
                clients.append(pair.client(server, 1))
                return clients[-1].code == 0 and not pair.wrong(clients[-1], 1)

            if not until(served, every=0.1):
                problems.append(f"nobody is served afterwards: {clients[-1]}")
            if (code := server.terminate()) != 0:
                problems.append(f"the server ended with {code}: {server.err[-500:]}")
            lines = server.err.count("\n")
            if lines > 4 * count + 100:
                problems.append(f"{lines} lines of log for {count} clients")
            print(f"{pair_name}: {len(sockets)} connections, {server.err.count('refused')} refused, {lines} lines of log")
            return [f"{pair_name}: {problem}" for problem in problems]


def starve_all(limit, count):
    return in_parallel(lambda pair: starve(pair, ("prlimit", limit), count), CROWDED)


def allow_descriptors(count):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard < count + 200:
        print(f"skipped: only {hard} descriptors are allowed here")
        return False
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return True


def room(count, lines=200, speakers=4):
    """Everybody in the room gets what all speakers say, in the same order, but for his own lines."""
    if not allow_descriptors(count):
        return None
    with Server(["problem6/server", "--room", "--max-clients", count], stdin="open") as server:
        sockets = crowd(server.must_listen().port, count)
        heard = {one: b"" for one in sockets}
        selector = selectors.DefaultSelector()
        for one in sockets:
            one.setblocking(False)
            selector.register(one, selectors.EVENT_READ)

        def said(one):
            return [line for line in heard[one].decode().splitlines() if line.startswith("<")]

        def listen():
            for key, _ in selector.select(0.02):
                if piece := key.fileobj.recv(1 << 20):
                    heard[key.fileobj] += piece
                else:
                    selector.unregister(key.fileobj)

        def all_heard():
            listen()
            return all(heard[one].count(b"\n<") + heard[one].startswith(b"<") >= lines - lines // speakers * (one in speaking)
                       for one in sockets)

        speaking = sockets[:speakers]
        if not until(lambda: listen() or server.err.count(" joined from ") == len(sockets), every=0):
            return [f"only {server.err.count(' joined from ')} of {count} have joined"]
        for number, one in enumerate(speaking):
            one.sendall(b"/nick speaker%d\n" % number)
        begin = time.monotonic()
        for number in range(lines // speakers):
            for one in speaking:
                one.sendall(b"line %d\n" % number)
        problems = [] if until(all_heard, every=0) else ["not all have heard all"]
        took = time.monotonic() - begin
        order = said(sockets[-1])
        for number, one in enumerate(sockets):
            if said(one) != [line for line in order if not line.startswith(f"<speaker{number}> ")]:
                problems.append(f"number {number} has heard something else than the last one")
        print(f"{len(sockets)} members hear {len(order)} lines in {took:.2f} s, {server.status('VmRSS') / 1024:.0f} MiB")
        if len(order) != lines or took > 10 * SLOWDOWN:
            problems.append(f"{len(order)} of {lines} lines were heard in {took:.1f} s: {server.err[-500:]}")
        if (code := server.terminate(20)) != 0:
            problems.append(f"the server ended with {code}: {server.err[-500:]}")
        return problems


def idle(count):
    """The best of three clients is served within a second, beside all those that say nothing."""
    if not allow_descriptors(count):
        return None
    with Folder() as folder:
        pair = PAIRS["2"](folder)
        pair.server_args = lambda: ["--root", pair.source, "--max-clients", str(count + count // 5),
                                    "--idle-timeout", "600s"]
        with pair.server() as server:
            begin = time.monotonic()
            sockets = crowd(server.must_listen().port, count)
            connected = time.monotonic() - begin
            problems = [] if len(sockets) == count else [f"only {len(sockets)} could connect: {server.err[-300:]}"]
            if not until(lambda: server.err.count(" connected\n") >= len(sockets)):
                problems.append("not all were accepted")
            times = []
            for turn in (1, 2, 3):
                begin = time.monotonic()
                client = pair.client(server, turn)
                times.append(time.monotonic() - begin)
                if client.code != 0 or pair.wrong(client, turn):
                    problems.append(f"client {turn}: {client}")
            if min(times) > SLOWDOWN:
                problems.append(f"the fastest of three clients took {min(times):.1f} s")
            if gone := refused(sockets):
                problems.append(f"{gone} of the idle ones are gone")
            print(f"{len(sockets)} idle connections in {connected:.1f} s, a client in {min(times):.3f} s, "
                  f"{server.status('VmRSS') / 1024:.0f} MiB, {server.status('Threads')} threads")
            if (code := server.terminate(20)) != 0:
                problems.append(f"the server ended with {code}: {server.err[-300:]}")
            for one in sockets:
                one.close()
            return problems


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["descriptors", "memory", "idle", "room"])
    parser.add_argument("--connections", type=int, default=1000)
    options = parser.parse_args()
    if options.what == "memory" and SANITIZED:
        print("skipped: a sanitizer needs terabytes of address space")
        return 77
    problems = {"descriptors": lambda: starve_all("--nofile=32:32", 60),
                "memory": lambda: starve_all(f"--as={30 << 20}:{30 << 20}", 400),
                "idle": lambda: idle(options.connections),
                "room": lambda: room(options.connections)}[options.what]()
    if problems is None:
        return 77
    for problem in problems:
        print("FAILED", problem)
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
