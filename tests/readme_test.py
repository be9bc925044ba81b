#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the sessions that the READMEs show, and compares what comes with what is printed there.

    tests/readme_test.py [BUILD_DIR [README...]]

Each ```console block is a terminal of its own, in a copy of the layout that the README assumes, with free ports
in the place of the default ones. A server in the foreground stays until another block starts the same program or
the section ends; then comes its Ctrl+C. `...` stands for any lines. Numbers with a unit, ports, times and what
chance decides are masked. A block is not run behind <!-- not run: WHY -->, nor if it builds or tests.
"""
import collections
import concurrent.futures
import os
import pathlib
import random
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = re.compile(r"build/problem\d/\w+")
SERVER = re.compile(r"build/problem\d/\w*server\b")
DEFAULT_PORT = re.compile(r"\b7[1-6]0[12]\b")
PATIENCE = 30  # seconds for a command

MASKS = [
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME"),
    (r"((?:127\.0\.0\.1|10\.9\.0\.\d|\[::1\]):)\d+", r"\1PORT"),
    (r"\[thread \d+\]", "[thread N]"),
    (r"\d+(\.\d+)? ?([kMG]?B/s)", "RATE"),
    (r"\d+(\.\d+)? ?(ms|s|[kMG]?B)\b", r"N \2"),
    (r"\|[#. ]+\|", "BAR"),
    (r"\d+ (retransmission|duplicate|datagram)s?\b", r"N \1s"),
    (r"\d+ (resent|recovered)\b", r"N \1"),
    (r"\b(lost|recovered|late|duplicate) \d+", r"\1 N"),
    (r"(requests?:|client) \d+", r"\1 N"),
    (r"\s+", " "),
]


def mask(line):
    for pattern, replacement in MASKS:
        line = re.sub(pattern, replacement, line)
    return line.strip()


class Block:
    """One ```console block: its commands, and the lines printed below them."""

    def __init__(self, readme, line, section, why_not):
        self.where = f"{readme}:{line}"
        self.section = section
        self.why_not = why_not
        self.commands = []
        self.printed = []

    def add(self, line):
        if line.startswith("$ "):
            self.commands.append(line[2:])
        else:
            self.printed.append(line)

    def foreground_server(self):
        """The program that this terminal is left with, or None."""
        last = self.commands[-1].split("#")[0].rstrip()
        found = SERVER.match(last)
        return found.group() if found and not last.endswith("&") else None

    def left_out(self):
        if self.why_not:
            return self.why_not
        if not any(PROGRAM.search(command) or "/dev/tcp/" in command for command in self.commands):
            return "builds, tests, or shows something else"
        text = " ".join(self.commands)
        for program, sign in (("ffmpeg", "clip.mp4"), ("mpv", "mpv")):
            if sign in text and not shutil.which(program):
                return f"needs {program}"
        return None


def parse(readme):
    blocks, block, indent, section, why_not = [], None, 0, 0, None
    for number, raw in enumerate((REPOSITORY / readme).read_text().splitlines(), 1):
        text = raw.strip()
        if block is not None:
            if text == "```":
                block = None
            else:
                block.add(raw[indent:])
        elif text == "```console":
            block, indent = Block(readme, number, section, why_not), len(raw) - len(raw.lstrip())
            blocks.append(block)
            why_not = None
        elif text.startswith("#") or re.match(r"\d+\. ", text):
            section += 1
        elif found := re.fullmatch(r"<!-- not run: (.*) -->", text):
            why_not = found.group(1)
        elif text:
            why_not = None
    for block in blocks:
        if not block.commands and not block.why_not:
            sys.exit(f"{block.where}: a console block without a command")
    return blocks


class Terminal:
    """Runs a block's commands in bash, one by one, and keeps what they print."""

    def __init__(self, block, directory):
        self.block = block
        self.text = ""
        self.changed = threading.Condition()
        self.process = subprocess.Popen(["bash", "--norc"], cwd=directory, stdin=subprocess.PIPE, text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def run_all(self, ports):
        for number, command in enumerate(self.block.commands):
            self.run(DEFAULT_PORT.sub(lambda found: ports[found.group()], command), f"\x01{number}\x01",
                     self.block.foreground_server() and number == len(self.block.commands) - 1)

    def read(self):
        for piece in iter(lambda: os.read(self.process.stdout.fileno(), 65536).decode(errors="replace"), ""):
            with self.changed:
                self.text += piece
                self.changed.notify()

    def wait_for(self, text, times=1):
        with self.changed:
            if not self.changed.wait_for(lambda: self.text.count(text) >= times, PATIENCE):
                raise TimeoutError(f"no {text!r} within {PATIENCE} s")

    def run(self, command, mark, stays):
        bare = command.split(" # ")[0].rstrip()
        if bare.startswith("kill"):  # somebody types that when all has come
            with self.changed:
                self.changed.wait_for(lambda: self.text.count("\n") >= len(self.block.printed), 5)
        listening = self.text.count("listening on") + 1
        if stays:
            self.process.stdin.write(f"exec {bare}\n")
        else:
            self.process.stdin.write(f"{{ {bare}\n}} </dev/null\n")
        self.process.stdin.flush()
        if stays or (bare.endswith("&") and SERVER.search(bare)):
            self.wait_for("listening on", listening)
        if not stays:
            self.process.stdin.write(f"printf '{mark}'\n")
            self.process.stdin.flush()
            self.wait_for(mark)

    def end(self):
        """Ctrl+C for a server in the foreground, the end of the shell otherwise. Returns what is wrong, or None."""
        try:
            if self.block.foreground_server():
                os.killpg(self.process.pid, signal.SIGINT)
            self.process.stdin.close()
            code = self.process.wait(PATIENCE)
            left = re.search(SERVER, " ".join(c for c in self.block.commands if c.endswith("&")))
            if left and not any(c.startswith(("kill", "wait")) for c in self.block.commands):
                return "a server is left in the background"
        finally:
            self.kill()
        if self.block.foreground_server() and code != 0:
            return f"the server exited with {code}"
        return difference(self.block, re.sub("\x01\\d+\x01", "", self.text).splitlines())

    def kill(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        self.reader.join()


def fits(printed, came):
    """Line by line, where `...` stands for any lines."""
    if not printed:
        return not came
    if printed[0] == "...":
        return any(fits(printed[1:], came[skip:]) for skip in range(len(came) + 1))
    return bool(came) and printed[0] == came[0] and fits(printed[1:], came[1:])


def difference(block, lines):
    # How far a transfer came that is interrupted after a time, is for chance to say; how large the clip is, for ffmpeg.
    by_chance = any(sign in " ".join(block.commands + block.printed) for sign in ("timeout -s", "clip.mp4"))

    # So is how far each end is when, in a trace over a bad network and in a stream.
    lossy = any(sign in " ".join(block.commands) for sign in ("loss=", "drop=", "delay=", "build/problem4"))

    def masked(line):
        by_time = lossy and re.match(r"\s*[0-9.]+ ms  ", line)
        return re.sub(r"\d+", "N", mask(line)) if by_chance or by_time else mask(line)

    printed = [masked(line) for line in block.printed if line.strip()]
    came = [masked(line) for line in lines if line.strip()]
    if fits(printed, came):
        return None
    # Two programs share the terminal, or a server has several clients: their lines may change places.
    if block.foreground_server() or any(command.rstrip().endswith("&") for command in block.commands):
        missing = collections.Counter(line for line in printed if line != "...") - collections.Counter(came)
        extra = collections.Counter(came) - collections.Counter(printed)
        # On a busy machine a timer may fire before the ACK has come.
        early = any("-- timeout" in line for line in extra) and all(" ms -" in line or " ms <-" in line for line in extra)
        if not missing and (not extra or "..." in printed or early):
            return None
    return "printed:\n  " + "\n  ".join(block.printed) + "\ncame:\n  " + "\n  ".join(lines)


def free_ports(count):
    """Below the range from which the system takes its own."""
    ports, candidates = [], random.sample(range(20000, 32000), 1000)
    for port in candidates:
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            try:
                tcp.bind(("127.0.0.1", port))
                udp.bind(("127.0.0.1", port))
                ports.append(port)
            except OSError:
                continue
        if len(ports) == count:
            return ports
    sys.exit("no free ports")


def lay_out(directory, build, samples, ports):
    """build/ with each program at its new port, samples/ and README.md: what a session is typed in."""
    shutil.copytree(samples, directory / "samples")
    shutil.copy(REPOSITORY / "README.md", directory)
    for port, names in {"7101": "problem1/tcp_server problem1/tcp_client", "7102": "problem1/udp_server problem1/udp_client",
                        "7201": "problem2/server problem2/client", "7301": "problem3/server problem3/client",
                        "7401": "problem4/server problem4/client",
                        "7501": "problem5/tcp_chat_server problem5/tcp_chat_client",
                        "7502": "problem5/udp_chat_server problem5/udp_chat_client",
                        "7601": "problem6/server problem6/client"}.items():
        for name in names.split():
            program = directory / "build" / name
            program.parent.mkdir(parents=True, exist_ok=True)
            program.write_text(f'#!/bin/sh\nexec {shlex.quote(str(build / name))} --port {ports[port]} "$@"\n')
            program.chmod(0o755)


def run_readme(readme, build, samples, port_numbers):
    """Returns how many blocks ran, why others did not, and what failed."""
    ports = dict(zip(("7101", "7102", "7201", "7301", "7401", "7501", "7502", "7601"), map(str, port_numbers)))
    ran, left_out, failures, open_terminals = 0, [], [], []

    def end(terminal):
        open_terminals.remove(terminal)
        problem = terminal.end()
        if problem:
            failures.append(f"{terminal.block.where}: {problem}")

    with tempfile.TemporaryDirectory() as scratch:
        lay_out(pathlib.Path(scratch), build, samples, ports)
        for block in parse(readme):
            for terminal in list(open_terminals):
                started = {found for command in block.commands for found in SERVER.findall(command)}
                if terminal.block.section != block.section or terminal.block.foreground_server() in started:
                    end(terminal)
            why = block.left_out()
            if why:
                left_out.append(f"{block.where}: {why}")
                continue
            ran += 1
            terminal = Terminal(block, scratch)
            try:
                terminal.run_all(ports)
                open_terminals.append(terminal)
                if not block.foreground_server():
                    end(terminal)
            except (TimeoutError, BrokenPipeError) as error:
                terminal.kill()
                failures.append(f"{block.where}: {error}; came:\n{terminal.text}")
        for terminal in list(open_terminals):
            end(terminal)
    return ran, left_out, failures


def main():
    build = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else REPOSITORY / "build").resolve()
    readmes = sys.argv[2:] or ["README.md"] + [f"problem{number}/README.md" for number in range(1, 7)]
    begun = time.monotonic()
    ports = free_ports(8 * len(readmes))
    with tempfile.TemporaryDirectory() as samples:
        subprocess.run([REPOSITORY / "tests/make-samples.sh", samples], check=True)
        with concurrent.futures.ThreadPoolExecutor(len(readmes)) as pool:
            results = list(pool.map(lambda number: run_readme(readmes[number], build, samples,
                                                              ports[8 * number:8 * number + 8]), range(len(readmes))))
    for _, left_out, failures in results:
        for line in [f"not run: {why}" for why in left_out] + [f"FAILED: {why}" for why in failures]:
            print(line)
    failed = sum(len(failures) for _, _, failures in results)
    print(f"{sum(ran for ran, _, _ in results)} blocks ran, {failed} failed, "
          f"{sum(len(left_out) for _, left_out, _ in results)} were not run; {time.monotonic() - begun:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
