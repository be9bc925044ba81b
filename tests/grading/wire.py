# SPDX-License-Identifier: MIT
"""The grader's own plain clients and servers for the text protocols: lines over TCP, sent as a check needs them."""

import socket
import time

from .rubric import Failure, quoted
from .processes import descendants, read_stat


class Lines:
    """A TCP connection, line by line. Ends count as `None`, silence as a Failure with `done` in it."""

    anything_came = False  # on any connection of this process

    def __init__(self, connection, supervisor):
        self.connection, self.supervisor = connection, supervisor
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.waiting = b""

    def send(self, text):
        """Sends text as it stands, in one piece."""
        try:
            self.connection.sendall(text.encode() if isinstance(text, str) else text)
        except OSError:
            pass  # what is missing will show in the answer

    def line(self, seconds):
        """The next line without its end, None if the connection has ended. Throws TimeoutError."""
        end = self.supervisor.end_of_wait(seconds)
        while b"\n" not in self.waiting:
            if not self._more(end):
                rest, self.waiting = self.waiting, b""
                return rest.decode("utf-8", "replace") if rest else None
        line, _, self.waiting = self.waiting.partition(b"\n")
        return line.decode("utf-8", "replace").rstrip("\r")

    def exactly(self, count, seconds):
        """So many bytes, or what there is before the connection ends. Throws TimeoutError."""
        end = self.supervisor.end_of_wait(seconds)
        while len(self.waiting) < count and self._more(end):
            pass
        data, self.waiting = self.waiting[:count], self.waiting[count:]
        return data

    def _more(self, end):
        self.supervisor.check()
        left = end - time.monotonic()
        if left <= 0:
            raise TimeoutError("no answer in time")
        self.connection.settimeout(left)
        try:
            data = self.connection.recv(65536)
        except ConnectionError:
            data = b""
        self.waiting += data
        Lines.anything_came = Lines.anything_came or bool(data)
        return bool(data)


def answer(lines, done, expected, seconds=3, again=None):
    """The next line, or a Failure that says that there was none."""
    try:
        line = lines.line(seconds)
    except TimeoutError:
        cause = None if Lines.anything_came else "the server never says anything"
        raise Failure(done, expected, f"nothing came within {seconds} s", again=again, timeout=True,
                      cause=cause) from None
    if line is None:
        raise Failure(done, expected, "the server closed the connection", again=again)
    return line


def threads_below(pid):
    """How many threads there are in a process and all that come from it."""
    tree = {pid: read_stat(pid), **descendants(pid)}
    return sum(stat[2] for stat in tree.values() if stat)


def says_where_it_listens(name, transport="tcp", keyboard=False):
    """A case: the server's first line. It needs only this one of the criterion's programs."""
    def case(lab):
        server = lab.server(name, transport, keyboard)
        if not server.says_where_it_listens():
            raise Failure(f"started {name}", f"the line `listening on 127.0.0.1:{server.port}` on stdout",
                          f"it said {quoted(server.program.out)}", again=lab.command(server.program))
    case.needs = (name,)
    return case
