#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Hostile peers: slow, frozen, flooding and resetting ones over TCP, forged datagrams over
UDP, and a stdout that nobody reads. A real client is served beside them or after them.

    peers.py streams [--pairs 1-tcp,2,3,5-tcp,6] [--each 10]
    peers.py datagrams [--pairs 1-udp,4,5-udp] [--count 3000]
    peers.py stdout | unread"""

import argparse
import collections
import contextlib
import random
import selectors
import socket
import struct
import sys
import threading
import time

import wire
from lab import SLOWDOWN, Folder, connect, in_parallel, until
from pairs import PAIRS

# What a client of each might begin with.
OPENINGS = {
    "1-tcp": wire.start(77, b"victim", 100_000), "2": b"GET f1\n", "3": b"1 + 1\n", "5-tcp": b"hello\n",
    "6": b"hello\n",
}
MAX_GROWTH = (100 << 10) * SLOWDOWN  # kB that a server may grow by, all of them together


def slow(port, opening, stop):
    """A byte now and then, to the end of the opening."""
    with connect(port) as peer:
        for byte in opening:
            if stop.wait(0.02):
                break
            peer.send(bytes([byte]))
        stop.wait(20)


def frozen(port, opening, stop):
    """Asks for much, and reads nothing."""
    with connect(port) as peer:
        peer.settimeout(0.1)
        with contextlib.suppress(TimeoutError):
            for _ in range(200):
                peer.sendall(opening)
        stop.wait(20)


def flooding(port, opening, stop):
    """Bytes without an end of line, then bytes of any kind, as fast as they are taken: 8 MiB at most."""
    rubbish = random.Random(port).randbytes(1 << 16)
    with connect(port) as peer:
        peer.settimeout(2)
        for piece in [b"x" * (1 << 16)] * 32 + [rubbish] * 96:
            if stop.is_set():
                break
            peer.sendall(piece)


def resetting(port, opening, stop):
    """Asks, and is gone with a reset; again and again."""
    for cut in range(20):
        if stop.is_set():
            break
        with connect(port) as peer:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            peer.send(opening[:1 + cut % len(opening)])


def half_closing(port, opening, stop):
    """Says all at once, and no more; and never reads."""
    with connect(port) as peer:
        peer.sendall(opening * 50)
        peer.shutdown(socket.SHUT_WR)
        stop.wait(20)


KINDS = [slow, frozen, flooding, resetting, half_closing]


def hurt(kind, port, opening, stop):
    with contextlib.suppress(OSError):  # the server may refuse, close, reset: it is its right
        kind(port, opening, stop)


def streams(pair_name, each):
    problems = []
    with Folder() as folder:
        pair = PAIRS[pair_name](folder)
        # The operator's lines may have gone to somebody hostile: the next attempt brings new ones.
        pair.patience = 6.0 * SLOWDOWN
        with pair.server() as server:
            port, before = server.must_listen().port, server.status("VmRSS")
            stop = threading.Event()
            threads = [threading.Thread(target=hurt, args=(kind, port, OPENINGS[pair_name], stop))
                       for kind in KINDS for _ in range(each)]
            for thread in threads:
                thread.start()
            # One to one: whoever speaks holds the line, so it is served after them.
            if pair_name != "5-tcp":
                problems += served(pair, server, 1, "beside them")
            time.sleep(1)  # they do their worst
            grown = server.status("VmRSS") - before if server.running() else 0
            stop.set()
            for thread in threads:
                thread.join(30)
            problems += served(pair, server, 2, "after them")
            if grown > MAX_GROWTH:
                problems.append(f"the server grew by {grown} kB")
            if (code := server.terminate()) != 0:
                problems.append(f"the server ended with {code}: {server.err[-500:]}")
            print(f"{pair_name}: {len(threads)} peers, {grown} kB more, {server.err.count(chr(10))} lines of log")
    return [f"{pair_name}: {problem}" for problem in problems]


def served(pair, server, turn, when):
    clients = []

    def good():
        clients.append(pair.client(server, turn))
        return clients[-1].code == 0 and not pair.wrong(clients[-1], turn)

    if until(good, timeout=20 * SLOWDOWN, every=0.2):
        return []
    return [f"no client is served {when}: {pair.wrong(clients[-1], turn)}; {clients[-1]}"]


# --- datagrams ---


def forged(pair_name, rng):
    """One datagram of somebody who makes them up."""
    if rng.random() < 0.2:
        return rng.randbytes(rng.randrange(1, 1400))
    if pair_name == "1-udp":
        transfer, size = rng.randrange(1, 1 << 32), rng.choice([0, 100, 5000, 1 << 40])
        name = f"forged{rng.randrange(1 << 30)}".encode()
        whole = rng.choice([
            lambda: wire.start(transfer, name, size, rng.choice([0, 2, 4])),
            lambda: wire.end(transfer, b"x" * rng.choice([0, 250]), 1),
            lambda: wire.frame(rng.randrange(1, 10), transfer, rng.randrange(1 << 40), rng.randbytes(100)),
        ])()
    elif pair_name == "4":
        nonce = rng.randrange(1 << 64)
        whole = rng.choice([
            lambda: wire.request(nonce, b"f1"),
            lambda: wire.begin(rng.randrange(1 << 64), nonce, b"f1"),
            lambda: wire.packet(rng.randrange(1, 10), rng.randrange(1 << 64), rng.randbytes(60)),
        ])()
    else:
        whole = rng.choice([b"MSG 1 hi", b"MSG 1 " + b"x" * 1000, b"MSG 2 hi", b"MSG 0 me", b"ACK 1", b"PING", b"PONG",
                            b"BYE", b"BUSY", b"MSG 99999999999999999999 x", b"MSG 1", b"msg 1 x"])
    return whole if rng.random() < 0.8 else whole[:rng.randrange(1, len(whole) + 1)]


def conversation(pair_name, rng):
    """What one forged address sends, in order."""
    if pair_name == "1-udp" and rng.random() < 0.3:
        transfer = rng.randrange(1, 1 << 32)  # the reflector: a big file of which nothing comes, and END
        ends = [wire.frame(wire.END, transfer, 500_001, struct.pack(">IIQ", 0, round_, 0)) for round_ in (1, 1, 2, 3)]
        return [wire.start(transfer, f"big{transfer}".encode(), 50_000_000, wire.MAY_ANSWER),
                *(wire.frame(wire.DATA, transfer, at, bytes(100)) for at in range(2, 40, 2)), *ends]
    if pair_name == "4" and rng.random() < 0.3:
        return [wire.request(rng.randrange(1 << 64), b"f1")] * 4
    return [forged(pair_name, rng) for _ in range(rng.randrange(1, 8))]


class Victims:
    """Addresses that somebody forges: each counts what it sent (so it seems) and what came to it. Nobody
    answers from them. Each round has a host of its own, since a port that is used again would hear what is
    meant for who had it before."""

    def __init__(self, port, number):
        self.port, self.sent, self.came = port, collections.Counter(), collections.Counter()
        self.host = f"127.0.{1 + number // 250}.{1 + number % 250}"
        self.proved = set()
        self.selector = selectors.DefaultSelector()

    def send(self, datagrams):
        one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        one.bind((self.host, 0))
        one.setblocking(False)
        self.selector.register(one, selectors.EVENT_READ)
        for datagram in datagrams:
            one.sendto(datagram, ("127.0.0.1", self.port))
            self.sent[one] += len(datagram)
            if datagram.startswith((b"ACK 1", b"PONG")):  # in a chat, the proof: it may have come at the right time
                self.proved.add(one)

    def collect(self, seconds):
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            for key, _ in self.selector.select(left):
                with contextlib.suppress(BlockingIOError):
                    while True:
                        self.came[key.fileobj] += len(key.fileobj.recv(65536))

    def worst(self):
        return max((self.came[one] / self.sent[one] for one in self.sent if one not in self.proved), default=0)

    def close(self):
        for one in list(self.sent):
            self.selector.unregister(one)
            one.close()
        self.sent.clear()
        self.came.clear()


def datagrams(pair_name, count, seed):
    rng, problems, worst, sent, came = random.Random(seed), [], 0, 0, 0
    with Folder() as folder:
        pair = PAIRS[pair_name](folder)
        with pair.server() as server:
            port, before = server.must_listen().port, server.status("VmRSS")
            if pair_name == "5-udp":
                # What an operator's script says must not go to somebody who has proved nothing.
                server.write(b"".join(b"%d %s\n" % (n, b"y" * 900) for n in range(20)))
            most_files = 0
            for number in range(count // 250):
                victims = Victims(port, number)
                for _ in range(250):
                    victims.send(conversation(pair_name, rng))
                victims.collect(0.7 if count <= 3000 else 0.3)
                worst = max(worst, victims.worst())
                sent += sum(victims.sent.values())
                came += sum(victims.came.values())
                victims.close()
                if pair_name == "1-udp":
                    most_files = max(most_files, len(empty_parts(pair.target)))
            grown = server.status("VmRSS") - before if server.running() else 0
            if worst > 3:
                problems.append(f"an address that has proved nothing gets {worst:.1f} times what it sent")
            if grown > MAX_GROWTH:
                problems.append(f"the server grew by {grown} kB")
            if most_files > 256:
                problems.append(f"{most_files} empty files at once")
            if pair_name == "1-udp" and not until(lambda: not empty_parts(pair.target), timeout=15):
                problems.append(f"{len(empty_parts(pair.target))} empty files are left")
            if pair_name != "5-udp":  # of that, the script is still there
                problems += served(pair, server, 1, "after them")
            code = server.terminate()
            if code != 0:
                problems.append(f"the server ended with {code}: {server.err[-500:]}")
            print(f"{pair_name}: {count} forged addresses, {sent} bytes in, {came} out, "
                  f"the worst {worst:.2f} to 1, {grown} kB more, at most {most_files} empty files")
    return [f"{pair_name} (seed {seed}): {problem}" for problem in problems]


def empty_parts(folder):
    """What was begun, and of which nothing has come. The server may be giving it up at this moment."""
    empty = []
    for path in folder.glob("*.part") if folder.exists() else []:
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_size == 0:
                empty.append(path)
    return empty


# Those whose stdout is where the operator reads what is said; and problem 4, which should go on.
END_WITHOUT_STDOUT = {"4", "5-tcp", "5-udp"}


def stdout(pair_name):
    """Nobody reads the server's results any more: told once, everybody is served, exit 1; or, for some,
    an end that is told."""
    problems = []
    with Folder() as folder:
        pair = PAIRS[pair_name](folder)
        with pair.server(deaf=True) as server:
            server.must_listen().readers[0].join()  # now it is closed
            for turn in (1, 2):
                client = pair.client(server, turn)
                if pair_name in END_WITHOUT_STDOUT and server.wait_for("write stdout", "err", timeout=0.5):
                    break
                if client.code != 0 or pair.wrong(client, turn):
                    problems.append(f"client {turn}: {pair.wrong(client, turn)}; {client}")
            code = server.terminate() if server.running() else server.wait()
            if code != 1 or server.err.count("write stdout: Broken pipe") != 1:
                problems.append(f"the server ended with {code}, and has said: {server.err}")
    return [f"{pair_name}: {problem}" for problem in problems]


def unread(pair_name):
    """Nobody reads what the server prints, `server --trace 2>&1 | sleep 1000`: everybody is served all the
    same, and it ends in time, with 1 if results were lost. When it is read again, it tells how much was."""
    problems = []
    with Folder() as folder:
        pair = PAIRS[pair_name](folder)
        args = [*pair.server_args(), "--trace"]
        pair.server_args = lambda: args

        def serve(turn):
            client = pair.client(server, turn)
            if client.code != 0 or pair.wrong(client, turn):
                problems.append(f"client {turn}: {pair.wrong(client, turn)}; {client}")

        def told():
            serve(4)
            return problems or "lines of this log that nobody read" in server.out

        for read_again in (False, True):
            with pair.server(unread=True) as server:
                server.must_listen()
                for number in range(24):
                    if not problems:
                        serve(number % 3 + 1)
                if read_again:
                    server.reading.set()
                    if not until(told):
                        problems.append(f"what was lost is not told: {server.out[-500:]}")
                begin = time.monotonic()
                code, took = server.terminate(), time.monotonic() - begin
                lost_results = pair_name in ("1-tcp", "1-udp", "4")
                if code != lost_results or took > 2 * SLOWDOWN:
                    problems.append(f"the server ended with {code} after {took:.1f} s")
        print(f"{pair_name}: {len(server.out)} bytes were read of what 24 clients caused")
    return [f"{pair_name}: {problem}" for problem in problems]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["streams", "datagrams", "stdout", "unread"])
    parser.add_argument("--pairs")
    parser.add_argument("--each", type=int, default=10)
    parser.add_argument("--count", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    every = {"streams": "1-tcp,2,3,5-tcp,6", "datagrams": "1-udp,4,5-udp", "stdout": "1-tcp,1-udp,4,5-tcp,5-udp,6",
             "unread": "1-tcp,1-udp,2,3,4"}
    check = {"streams": lambda pair: streams(pair, options.each),
             "datagrams": lambda pair: datagrams(pair, options.count, options.seed),
             "stdout": stdout, "unread": unread}[options.what]
    problems = in_parallel(check, (options.pairs or every[options.what]).split(","))
    for problem in problems:
        print("FAILED", problem)
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
