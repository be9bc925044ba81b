# SPDX-License-Identifier: MIT
"""A program that runs: its screen, its keyboard, its end."""

import os
import select
import signal
import subprocess
import termios
import threading
import time

from .processes import kill_descendants, send_signal
from .rubric import quoted

MAX_KEPT = 4 << 20


def open_terminal(lines_in):
    """A pseudo-terminal: for a keyboard, lines go in as they are typed; for a screen, bytes come as they are."""
    master, slave = os.openpty()
    attributes = termios.tcgetattr(slave)
    attributes[1] &= ~termios.OPOST
    attributes[3] &= ~termios.ECHO
    if not lines_in:
        attributes[3] &= ~termios.ICANON
    termios.tcsetattr(slave, termios.TCSANOW, attributes)
    return master, slave


def how_it_ended(code):
    """An exit code in words, a signal by its name."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"


class Program:
    """A program that runs. Its stdout is a terminal, so that what it prints is not kept back in a buffer."""

    def __init__(self, supervisor, argv, folder, keyboard):
        self.supervisor = supervisor
        self.argv = argv
        self.name = os.path.basename(argv[0])
        self.stopped_by_us = False
        self.changed = threading.Condition()
        self.streams = {"out": bytearray(), "err": bytearray()}
        self.printed = 0
        self._start(folder, keyboard)

    def _start(self, folder, keyboard):
        screen, screen_end = open_terminal(lines_in=False)
        errors, errors_end = os.pipe()
        if keyboard:
            self.input, input_end = open_terminal(lines_in=True)
        else:
            input_end, self.input = os.pipe()
        os.set_blocking(self.input, False)
        user = self.supervisor.user
        identity = {} if user is None else {"user": user, "group": user, "extra_groups": []}
        try:
            self.process = subprocess.Popen(self.argv, cwd=folder, env=self.supervisor.environment,
                                            stdin=input_end, stdout=screen_end, stderr=errors_end,
                                            start_new_session=True, **identity)
        except (OSError, subprocess.SubprocessError):
            for end in (screen, errors, self.input):
                os.close(end)
            raise
        finally:
            for end in (screen_end, errors_end, input_end):
                os.close(end)
        self.readers = [threading.Thread(target=self._read, args=pair, daemon=True)
                        for pair in ((screen, "out"), (errors, "err"))]
        for reader in self.readers:
            reader.start()

    def _read(self, descriptor, stream):
        """Takes all that comes, so that the program never waits for us; keeps what one might want to see."""
        while True:
            try:
                some = os.read(descriptor, 65536)
            except OSError:  # EIO: the other end of the terminal is closed
                some = b""
            with self.changed:
                self.printed += len(some)
                if len(self.streams[stream]) < MAX_KEPT:
                    self.streams[stream] += some
                self.changed.notify_all()
            if not some:
                break
        os.close(descriptor)

    @property
    def pid(self):
        return self.process.pid

    @property
    def out(self):
        """What stands on stdout so far."""
        return self.streams["out"].decode("utf-8", "replace")

    @property
    def screen(self):
        """What the user sees: stdout and stderr."""
        return self.out + self.streams["err"].decode("utf-8", "replace")

    @property
    def said(self):
        """In words: its last line on stderr, since that tells why it ended; what is on stdout if there is none."""
        lines = self.streams["err"].decode("utf-8", "replace").strip().splitlines()
        return quoted(lines[-1] if lines else self.out, 120)

    def type(self, *lines):
        """Types lines, each with Enter."""
        for line in lines:
            data = line.encode() + b"\n"
            while data:
                if not select.select([], [self.input], [], 1)[1]:
                    return  # who does not read for so long loses what is typed
                try:
                    data = data[os.write(self.input, data):]
                except BlockingIOError:
                    time.sleep(0.01)
                except OSError:  # nobody will ever read it
                    return

    def interrupt(self):
        """Ctrl+C: SIGINT for all of the program's own process group."""
        try:
            os.killpg(self.pid, signal.SIGINT)
        except ProcessLookupError:
            pass

    @property
    def code(self):
        """Its exit code, negative for a signal; None while it runs."""
        return self.process.poll()

    def sees(self, condition, seconds):
        """Waits until condition() of what was printed is true. False if it is not in time."""
        end = self.supervisor.end_of_wait(seconds)
        with self.changed:
            while not condition():
                self.supervisor.check()
                left = end - time.monotonic()
                if left <= 0 or self._is_over():
                    return condition()
                self.changed.wait(min(left, 0.03))  # it may look at other things than this screen
        return True

    def _is_over(self):
        return self.code is not None and not any(reader.is_alive() for reader in self.readers)

    def shows(self, text, seconds):
        """Waits until `text` is on the screen."""
        return self.sees(lambda: text in self.screen, seconds)

    def wait(self, seconds):
        """Its exit code, None if it does not end in time."""
        end = self.supervisor.end_of_wait(seconds)
        while (code := self.code) is None and time.monotonic() < end:
            self.supervisor.check()
            time.sleep(0.005)
        if code is not None:
            for reader in self.readers:
                reader.join(0.5)
        return code

    def stop(self):
        """Ends it and all that it has started, and forgets it."""
        if self.code is None:
            self.stopped_by_us = True
            send_signal(self.pid, signal.SIGTERM)
            end = time.monotonic() + 0.3
            while self.code is None and time.monotonic() < end:
                time.sleep(0.005)
            send_signal(self.pid, signal.SIGSTOP)  # so that it starts no other ones
        kill_descendants(self.pid, self.supervisor.reap)
        if self.code is None:
            send_signal(self.pid, signal.SIGKILL)
            self.process.wait()
        if self.input is not None:
            os.close(self.input)
            self.input = None
