#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A table of hostile names, against every program that takes a name from a peer: nothing outside the
shared folder is read, made or changed; what is refused leaves nothing behind; a link is never
followed, a device, FIFO or folder never replaced."""

import collections
import contextlib
import os
import random
import socket
import struct
import sys
import threading

import wire
from lab import Folder, Program, Server, connect, in_parallel, run, until, wav

SECRET = b"the secret that nobody may read\n"
# What an upload of a name may lead to: refused; stored under this very name; or either of them (names
# that one may like or not), as long as nothing else happens.
REFUSED, STORED, EITHER = "refused", "stored", "either"


def utf8(*points):
    return [f"a{chr(point)}b".encode() for point in points]


def table(folder):
    """(name, what becomes of its upload). As a path to read none of them names a file."""
    secret = os.fsencode(folder / "secret")
    paths = [
        b"", b".", b"..", b"/", b"../secret", b"../../secret", b"../" * 30 + b"etc/passwd", b"/etc/passwd",
        b"//etc/passwd", b"/", secret, b"/" + secret, b"./f", b"./../secret", b"sub/../f", b"sub/../../secret",
        b"sub//inner", b"sub/", b"sub/.", b"sub/..", b"f/", b"f/.", b"f/..", b"f/../f", b"/f", b"sub/./inner",
        b"..//secret", b"sub/" + b"x" * 256, b"a/" * 600 + b"a", b"../target/f", b"../source/f",
    ]
    links = [b"dlink/inner", b"dlink/../secret", b"sub/up/secret", b"sub/up/outside/inner", b"loop/x", b"sub/slink",
             b"fifo/x", b"f/x", b"dlink/"]
    nul = [b"f\0", b"f\0.txt", b"\0", b"../secret\0", b"\0f", b"x.part\0"]
    controls = [b"a" + bytes([code]) + b"b" for code in (1, 7, 8, 9, 10, 11, 12, 13, 27, 31, 127)]
    controls += utf8(0x80, 0x85, 0x9B, 0x9F) + [b"\x1b]0;title\x07", b"\x1b[2J"]
    hidden = utf8(*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x2028, 0x2029, *range(0x200B, 0x2010), 0xFEFF)
    lengths = [b"n" * 256, b"n" * 1000, b"n" * 4096, b"n" * 60_000]
    parts = [b"x.part", b".part", b"x.part.part", b"f.part", b"n" * 250 + b".part"]
    replaced = [b"dlink", b"loop", b"flink", b"fifo", b"sub", b"plink", b"pfifo"]
    harmless = [b"..f", b"f..", b"...", b"~", b"-rf", b"--help", b"$(touch pwned)", b"`touch pwned`", b"; touch pwned",
                b"| cat", b"*", b"con", b" ", b" f", b"f ", b"'\"", b"&", b"%2e%2e%2fsecret", b"..\\secret", b"C:\\x",
                b".hidden", b"x.PART", b"part", "\u00e9\u4e2d".encode(), b"n" * 250, b"%s%n%p"]
    either = [b"\xff", b"a\x80b", b"\xc0\xae\xc0\xae", b"..\xc0\xafsecret", b"\xed\xa0\x80", b"n" * 251, b"n" * 255,
              b"\xf5\x80\x80\x80"]
    refused = paths + links + nul + controls + hidden + lengths + parts + replaced
    return [*((name, REFUSED) for name in refused), *((name, STORED) for name in harmless),
            *((name, EITHER) for name in either)]


def lay_out(folder):
    """The world: what is shared (`target`), and what is not."""
    (folder / "secret").write_bytes(SECRET)
    (folder / "outside").mkdir()
    (folder / "outside/inner").write_bytes(SECRET)
    target = folder / "target"
    (target / "sub").mkdir(parents=True)
    (target / "f").write_bytes(b"shared\n")
    (target / "sub/inner").write_bytes(b"shared too\n")
    for link, to in (("flink", "../secret"), ("dlink", "../outside"), ("loop", "loop"), ("sub/up", "../.."),
                     ("sub/slink", "../../secret"), ("plink.part", "../secret")):
        (target / link).symlink_to(to)
    os.mkfifo(target / "fifo")
    os.mkfifo(target / "pfifo.part")
    return target


def snapshot(folder):
    """Every path below it, what kind it is and what is in it."""
    world = {}
    for parent, folders, files in os.walk(os.fsencode(folder)):
        for name in folders + files:
            path = os.path.join(parent, name)
            status = os.lstat(path)
            regular = os.path.isfile(path) and not os.path.islink(path)
            with open(path, "rb") if regular else open(os.devnull, "rb") as file:
                world[path] = (status.st_mode, file.read())
    return world


def receive_exactly(peer, count):
    data = b""
    while len(data) < count:
        piece = peer.recv(count - len(data))
        if not piece:
            return None
        data += piece
    return data


def receive_frame(peer):
    head = receive_exactly(peer, 16)
    rest = head and receive_exactly(peer, struct.unpack(">H", head[2:4])[0] + 4)
    return rest and wire.parse_frame(head + rest)


def upload_tcp(port, name, number):
    with connect(port, 10) as peer:
        peer.sendall(wire.start(number, name, 0))
        reply = receive_frame(peer)
        if reply and reply[0] == wire.ACCEPT:
            peer.sendall(wire.end(number, b""))
            while (reply := receive_frame(peer)) and reply[0] == wire.ACK:
                pass
        return {wire.DONE: STORED, wire.ERROR: REFUSED}.get(reply and reply[0], f"reply {reply}")


def upload_udp(port, name, number):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.connect(("127.0.0.1", port))
        peer.settimeout(0.5)
        for _ in range(20):
            peer.send(wire.start(number, name, 0, wire.MAY_ANSWER))
            peer.send(wire.end(number, b"", 1))
            try:
                while reply := wire.parse_frame(peer.recv(65536)):
                    if reply[0] in (wire.DONE, wire.ERROR):
                        return STORED if reply[0] == wire.DONE else REFUSED
            except TimeoutError:
                continue
        return "no reply"


def uploads(program, upload):
    problems = []
    with Folder() as folder:
        target = lay_out(folder)
        names = table(folder)
        with Server([program, "--dir", target]) as server:
            port, before = server.must_listen().port, snapshot(folder)
            for number, (name, expected) in enumerate(names, 1):
                outcome = upload(port, name, number)
                if outcome not in (REFUSED, STORED) or (expected != EITHER and outcome != expected):
                    problems.append(f"{name[:60]!r}: {outcome}, not {expected}")
                after = snapshot(folder)
                path = os.path.join(os.fsencode(target), name) if outcome == STORED else None
                changed = {at for at in before.keys() | after.keys() if before.get(at) != after.get(at)} - {path}
                if changed:
                    problems.append(f"{name[:60]!r}: {outcome}, and this is not as it was: {sorted(changed)}")
                if path and after.get(path, ("", None))[1] != b"":
                    problems.append(f"{name[:60]!r}: stored, but not under its name")
                before = after
            if (code := server.terminate()) != 0:
                problems.append(f"the server ended with {code}: {server.err[-500:]}")
            if any(ord(char) < 32 and char != "\n" for char in server.out + server.err):
                problems.append("control characters in what the server prints")
        print(f"{program}: {len(names)} names")
    return problems


def ask_lines(port, request):
    with connect(port, 10) as peer:
        peer.sendall(request)
        peer.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := peer.recv(65536):
            answer += piece
        return answer


def downloads_tcp():
    problems = []
    with Folder() as folder:
        target = lay_out(folder)
        names = table(folder)
        with Server(["problem2/server", "--root", target]) as server:
            port, before = server.must_listen().port, snapshot(folder)
            if b"shared" not in ask_lines(port, b"GET f\n"):
                problems.append("not even f can be had")
            for name, _ in names:
                for verb in (b"GET", b"GET@0", b"SUM", b"LIST"):
                    # Of these two it is true that they are folders (LIST sub/ is LIST sub).
                    if verb == b"LIST" and name in (b"", b"sub", b"sub/"):
                        continue
                    answer = ask_lines(port, verb + b" " + name + b"\n")
                    # A name with a newline is two lines, and gets two answers.
                    if not answer or any(not line.startswith(b"ERROR ") for line in answer.splitlines()):
                        problems.append(f"{verb.decode()} {name[:60]!r}: {answer[:100]!r}")
            if snapshot(folder) != before:
                problems.append("something is not as it was")
            if (code := server.terminate()) != 0:
                problems.append(f"the server ended with {code}: {server.err[-500:]}")
            if any(ord(char) < 32 and char != "\n" for char in server.out + server.err):
                problems.append("control characters in what the server prints")
        print(f"problem2/server: {len(names)} names, 4 requests each")
    return problems


def ask_stream(port, name):
    """What comes for a name, past the handshake; None for silence."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.connect(("127.0.0.1", port))
        peer.settimeout(0.2)
        nonce = random.randrange(1 << 64)
        try:
            peer.send(wire.request(nonce, name))
            reply = wire.parse_packet(peer.recv(65536))
            if not reply or reply[0] != wire.CHALLENGE:
                return reply
            peer.send(wire.begin(reply[1], nonce, name))
            return wire.parse_packet(peer.recv(65536))
        except (TimeoutError, OSError):
            return None  # longer than a name may be (or than a datagram)


def downloads_udp():
    problems, silent = [], 0
    with Folder() as folder:
        target = lay_out(folder)
        names = table(folder)
        with Server(["problem4/server", "--root", target]) as server:
            port, before = server.must_listen().port, snapshot(folder)
            reply = ask_stream(port, b"f")
            if not reply or reply[0] != wire.INFO:
                problems.append(f"not even f can be had: {reply}")
            for name, _ in names:
                reply = ask_stream(port, name)
                silent += reply is None
                if (reply and reply[0] != wire.REFUSED) or (reply is None and 0 < len(name) <= 1024):
                    problems.append(f"{name[:60]!r}: {reply}")
            if snapshot(folder) != before:
                problems.append("something is not as it was")
            if (code := server.terminate()) != 0:
                problems.append(f"the server ended with {code}: {server.err[-500:]}")
            if any(ord(char) < 32 and char != "\n" for char in server.out + server.err):
                problems.append("control characters in what the server prints")
        print(f"problem4/server: {len(names)} names, {silent} without an answer")
    return problems


# --- swapped while they are in use ---


def swap_folder(target):
    target.rename(target.with_name("moved"))
    target.symlink_to("outside")


def swap_name(target):
    (target / "g").symlink_to("../secret")


def swap_part(target):
    (target / "g.part").unlink()
    (target / "g.part").symlink_to("../secret")


def swapped_upload_tcp(port, content, swap):
    with connect(port, 10) as peer:
        frames = [wire.start(1, b"g", len(content)), *wire.data(1, content), wire.end(1, content)]
        for frame in frames:
            if frame is frames[len(frames) // 2]:
                swap()
            peer.sendall(frame)
            reply = receive_frame(peer)
            if reply and reply[0] == wire.ERROR:
                return REFUSED
        reply = receive_frame(peer)  # of END, behind its ACK
        return {wire.DONE: STORED, wire.ERROR: REFUSED}.get(reply and reply[0], f"reply {reply}")


def swapped_upload_udp(port, content, swap):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.connect(("127.0.0.1", port))
        peer.settimeout(0.2)
        frames = [wire.start(1, b"g", len(content), wire.MAY_ANSWER), *wire.data(1, content)]
        for frame in frames[:-2]:
            peer.send(frame)
        swap()
        for frame in frames[-2:]:
            peer.send(frame)
        for _ in range(50):
            peer.send(wire.end(1, content, 1))
            with contextlib.suppress(TimeoutError):
                while reply := wire.parse_frame(peer.recv(65536)):
                    if reply[0] in (wire.DONE, wire.ERROR):
                        return STORED if reply[0] == wire.DONE else REFUSED
        return "no reply"


def swapped_uploads(program, upload):
    """The upload goes on in the folder where it began, or fails; what a link leads to is left alone."""
    problems, content = [], random.Random(1).randbytes(1000)
    for swap, expected in ((swap_folder, STORED), (swap_name, REFUSED), (swap_part, REFUSED)):
        with Folder() as folder:
            target = lay_out(folder)

            def swap_when_begun():
                if not until((target / "g.part").exists):
                    problems.append("no g.part is begun")
                swap(target)

            with Server([program, "--dir", target]) as server:
                outcome = upload(server.must_listen().port, content, swap_when_begun)
                if outcome != expected:
                    problems.append(f"{swap.__name__}: {outcome}, not {expected}")
                if expected == STORED and (folder / "moved/g").read_bytes() != content:
                    problems.append(f"{swap.__name__}: not the file")
                if swap == swap_part and os.path.lexists(target / "g"):
                    problems.append(f"{swap.__name__}: a link has got the final name")
                if (folder / "secret").read_bytes() != SECRET or os.listdir(folder / "outside") != ["inner"]:
                    problems.append(f"{swap.__name__}: something outside has changed")
                if (code := server.terminate()) != 0:
                    problems.append(f"the server ended with {code}: {server.err[-500:]}")
    print(f"{program}: 3 swaps")
    return problems


@contextlib.contextmanager
def swapping(target):
    """`sub` is a folder and a link to the one outside by turns, as fast as can be."""
    stop = threading.Event()

    def swap():
        while not stop.is_set():
            (target / "sub").rename(target / "real")
            (target / "sub").symlink_to("../outside")
            (target / "sub").unlink()
            (target / "real").rename(target / "sub")

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def swapped_downloads():
    """Reading goes on in the file that was opened, and a link is never followed, at whatever moment it takes
    the place of a folder."""
    problems = []
    with Folder() as folder:
        target, big, tone = lay_out(folder), random.Random(2).randbytes(8 << 20), wav(32_000)
        (target / "sub/big").write_bytes(big)
        (target / "sub/tone").write_bytes(tone)
        for name in ("big", "tone"):
            (folder / "outside" / name).write_bytes(SECRET * 10_000)
        with Server(["problem2/server", "--root", target]) as files, Server(["problem4/server", "--root", target]) as media:
            with connect(files.must_listen().port) as peer, Program(
                    ["problem4/client", "-p", str(media.must_listen().port), "--output", folder / "copy", "sub/tone"]) as copy:
                peer.sendall(b"GET sub/big\n")
                head = receive_exactly(peer, len(b"OK 8388608\n") + 100)
                if not until(lambda: (folder / "copy").exists() and (folder / "copy").stat().st_size > 0):
                    problems.append("nothing is streamed")
                (target / "sub").rename(target / "real")
                (target / "sub").symlink_to("../outside")
                if head + receive_exactly(peer, len(big) - 100) != b"OK 8388608\n" + big:
                    problems.append("GET: not the file that was asked for")
                if copy.wait() != 0 or (folder / "copy").read_bytes() != tone:
                    problems.append(f"stream: not the file that was asked for: {copy.err}")
            (target / "sub").unlink()
            (target / "real").rename(target / "sub")

            served = collections.Counter()
            with swapping(target):
                for _ in range(400):
                    answer = ask_lines(files.port, b"GET sub/inner\n")
                    served["GET", answer] += 1
                    if answer not in (b"OK 11\nshared too\n", b"ERROR no such file\n"):
                        problems.append(f"GET: {answer}")
                for number in range(40):
                    to = folder / f"copy{number}"
                    copy = run(["problem4/client", "-p", str(media.port), "--output", to, "sub/inner"])
                    content = to.read_bytes() if to.exists() else b""
                    served["stream", copy.code] += 1
                    if content != (b"shared too\n" if copy.code == 0 else b""):
                        problems.append(f"stream: {content[:100]!r}: {copy}")
            print(f"downloads from a folder that is swapped: {dict(served)}")
            for server in (files, media):
                if (code := server.terminate()) != 0:
                    problems.append(f"the server ended with {code}: {server.err[-500:]}")
    return problems


def main():
    checks = [
        ("problem1/tcp_server", lambda: uploads("problem1/tcp_server", upload_tcp)),
        ("problem1/udp_server", lambda: uploads("problem1/udp_server", upload_udp)),
        ("problem2/server", downloads_tcp), ("problem4/server", downloads_udp),
        ("problem1/tcp_server", lambda: swapped_uploads("problem1/tcp_server", swapped_upload_tcp)),
        ("problem1/udp_server", lambda: swapped_uploads("problem1/udp_server", swapped_upload_udp)),
        ("swapped", swapped_downloads)]
    problems = in_parallel(lambda name, check: [f"{name}: {problem}" for problem in check()], *zip(*checks))
    for problem in problems:
        print("FAILED", problem)
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
