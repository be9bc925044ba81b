# SPDX-License-Identifier: MIT
"""Programs of the suite as child processes, for the tests of faults: started on free ports of the
loopback, watched, and ended by their own process id. All waits are bounded.

Environment: SUITE_BIN_DIR (the build whose programs are run; default: FAULTS_BUILD_DIR),
FAULTS_PRELOAD (the shim), SUITE_SANITIZED (set to anything: those programs run with a sanitizer)."""

import concurrent.futures
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("FAULTS_BUILD_DIR", REPOSITORY / "build"))
BIN = pathlib.Path(os.environ.get("SUITE_BIN_DIR") or BUILD)
PRELOAD = os.environ.get("FAULTS_PRELOAD", str(BUILD / "tests/faults/libfaults_preload.so"))
SANITIZED = bool(os.environ.get("SUITE_SANITIZED"))
SLOWDOWN = 6 if SANITIZED else 1  # of programs, and how much more memory they need
PATIENCE = 30.0 * SLOWDOWN
MAX_KEPT = 4 << 20  # of what a program prints

PROGRAMS = [
    "problem1/tcp_server", "problem1/tcp_client", "problem1/udp_server", "problem1/udp_client",
    "problem2/server", "problem2/client", "problem3/server", "problem3/client",
    "problem4/server", "problem4/client",
    "problem5/tcp_chat_server", "problem5/tcp_chat_client",
    "problem5/udp_chat_server", "problem5/udp_chat_client",
    "problem6/server", "problem6/client",
]


class Folder:
    """A new folder, removed at the end."""

    def __enter__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="faults-"))
        return self.path

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)


class Program:
    """A running program. Threads collect what it prints, so that it never waits for us."""

    def __init__(self, argv, env=None, stdin=None, prefix=(), deaf=False, unread=False):
        """stdin: None is /dev/null, bytes are a script followed by the end of input, "open" is a
        pipe to write() to. prefix: such as ("prlimit", "--nofile=32"). deaf: its stdout is closed after
        the first line. unread: stdout and stderr are one small pipe, which is read no further than to the
        first line until `reading` is set."""
        self.argv = [*prefix, str(BIN / argv[0]), *map(str, argv[1:])]
        self.name = argv[0].rsplit("/", 1)[-1]
        self.process = subprocess.Popen(
            self.argv, env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT if unread else subprocess.PIPE, bufsize=0,
            pipesize=4096 if unread else -1)
        self.deaf = deaf
        self.reading = threading.Event()
        if not unread:
            self.reading.set()
        self.changed = threading.Condition()
        self.text = {"out": "", "err": ""}
        self.readers = [threading.Thread(target=self._collect, args=(pipe, stream), daemon=True)
                        for pipe, stream in ((self.process.stdout, "out"), (self.process.stderr, "err")) if pipe]
        for reader in self.readers:
            reader.start()
        if isinstance(stdin, bytes):
            self.write(stdin)
            self.close_stdin()

    def _collect(self, pipe, stream):
        with pipe:
            while data := pipe.read(65536):
                with self.changed:
                    self.text[stream] = (self.text[stream] + data.decode(errors="replace"))[-MAX_KEPT:]
                    self.changed.notify_all()
                if self.deaf and stream == "out" and "\n" in self.out:
                    break
                self.reading.wait()
        with self.changed:
            self.text[stream + " over"] = ""
            self.changed.notify_all()

    out = property(lambda self: self.text["out"])
    err = property(lambda self: self.text["err"])
    pid = property(lambda self: self.process.pid)

    def write(self, data):
        try:
            self.process.stdin.write(data)
        except BrokenPipeError:
            pass  # it has ended, which its exit code tells

    def close_stdin(self):
        self.process.stdin.close()

    def wait_for(self, expression, stream="out", timeout=PATIENCE):
        """The match, or None if the stream ends or the time is over before."""
        deadline = time.monotonic() + timeout
        with self.changed:
            while True:
                if match := re.search(expression, self.text[stream]):
                    return match
                left = deadline - time.monotonic()
                if stream + " over" in self.text or left <= 0:
                    return None
                self.changed.wait(left)

    def wait(self, timeout=PATIENCE):
        """The exit code, negative for a signal; None if it still runs."""
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None
        self.reading.set()
        for reader in self.readers:
            reader.join(5)
        return code

    def running(self):
        return self.process.poll() is None

    def terminate(self, timeout=10.0 * SLOWDOWN):
        self.process.send_signal(signal.SIGTERM)
        return self.wait(timeout)

    def kill(self):
        self.process.kill()
        return self.wait()

    def status(self, key):
        """A figure of /proc/PID/status: VmRSS (kB), Threads."""
        text = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(rf"^{key}:\s*(\d+)", text, re.M).group(1))

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.reading.set()
        if self.running():
            self.process.kill()
        self.process.wait()
        for reader in self.readers:
            reader.join(5)
        if self.process.stdin:
            try:
                self.process.stdin.close()
            except BrokenPipeError:
                pass


class Server(Program):
    """On a free port, which `port` is; None if it ended without one."""

    def __init__(self, argv, **options):
        super().__init__([argv[0], "-p", "0", *argv[1:]], **options)
        match = self.wait_for(r"(?m)^listening on .*:(\d+)\n")
        self.port = int(match.group(1)) if match else None

    def must_listen(self):
        if self.port is None:
            raise AssertionError(f"{self.argv} does not listen: {self.err}")
        return self


class Finished:
    def __init__(self, program, code):
        self.code, self.out, self.err = code, program.out, program.err

    def __str__(self):
        return f"exit {self.code}\nout: {self.out[-600:]}\nerr: {self.err[-1200:]}"


def run(argv, timeout=PATIENCE, **options):
    """Runs a program to its end; the code is None if it did not end in time (and was killed)."""
    with Program(argv, **options) as program:
        code = program.wait(timeout)
        if code is None:
            program.kill()
        return Finished(program, code)


def bytes_of(size, seed):
    return random.Random(seed).randbytes(size)


def wav(size):
    """A tone of 8000 samples a second; the container tells how long it plays."""
    return struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + size, b"WAVE", b"fmt ", 16, 1, 1, 8000, 8000,
                       1, 8, b"data", size) + bytes(128 + i % 64 for i in range(size))


def connect(port, timeout=PATIENCE):
    return socket.create_connection(("127.0.0.1", port), timeout)


def in_parallel(function, *columns, jobs=4):
    """Calls function(*row) for each row of the columns, `jobs` at a time. All the problems that they return."""
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        return [problem for problems in pool.map(function, *columns) for problem in problems]


def until(condition, timeout=PATIENCE, every=0.02):
    """Whether it came true in time. For what can only be asked, not waited for."""
    deadline = time.monotonic() + timeout
    while not (true := condition()) and time.monotonic() < deadline:
        time.sleep(every)
    return true
