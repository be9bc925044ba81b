# SPDX-License-Identifier: MIT
"""Stands between a client and its server, whatever they say to each other, and writes down what passes."""

import select
import socket
import threading
import time

CLIENT, SERVER = "client", "server"
TICK = 0.02  # how often a wait looks whether it should end
TOO_SOON = 0.008
UNIT = 100  # less is no unit of its own, but a part of one


class Turn:
    """What one side of a connection said before the other one answered."""

    def __init__(self, side):
        self.side, self.data = side, b""


class Proxy:
    """What both kinds share: a port, a thread, an end. Use `recorded` only under `changed`."""

    def __init__(self, kind, server_port):
        self.server_port = server_port
        self.listener = socket.socket(socket.AF_INET, kind)
        self.listener.bind(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.changed = threading.Condition()
        self.closing = False
        self.thread = threading.Thread(target=self._run, daemon=True)

    def begin(self):
        self.thread.start()
        return self

    def close(self):
        self.closing = True
        self.thread.join(2)
        self.listener.close()

    def wait(self, condition, supervisor, seconds):
        """Waits until condition() is true; condition() after that time."""
        end = supervisor.end_of_wait(seconds)
        with self.changed:
            while not condition() and time.monotonic() < end:
                supervisor.check()
                self.changed.wait(TICK)
            return condition()

    def _run(self):
        raise NotImplementedError


class TurnProxy(Proxy):
    """A TCP proxy for one client that talks in turns.

    It keeps each answer of the server back for `hold` seconds (a mapping: the number of the client's turn
    that is answered to seconds; None stands for all others), in which a client that waits says nothing. It
    throws away the answers to the client's turns in `swallow`, as often as they stand there: all that the
    server says until the client speaks again. With `pieces`, what passes is cut into pieces of so many bytes.
    """

    def __init__(self, server_port, hold=None, swallow=(), pieces=0):
        self.hold, self.swallow, self.pieces = hold or {None: 0.0}, list(swallow), pieces
        self.turns = []  # repeats are not among them
        self.repeats = []  # (number of the turn, seconds after its answer was lost)
        self.repeated = False  # the last of the client's turns was said more than once
        self.early = 0  # bytes that came while an answer was kept back
        self.unanswered = None  # the number of the turn whose answer was lost, until it is said again
        self.went_on = False  # something else was said so soon after it that nobody can have waited
        super().__init__(socket.SOCK_STREAM, server_port)
        self.listener.listen()
        self.listener.settimeout(TICK)
        self.begin()

    def sizes(self, side):
        return [len(turn.data) for turn in self.turns if turn.side == side]

    def _run(self):
        while not self.closing:
            try:
                client, _ = self.listener.accept()
            except OSError:
                continue
            with client, socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
                try:
                    server.connect(("127.0.0.1", self.server_port))
                    for end in client, server:
                        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    self._relay(client, server)
                except OSError:
                    pass  # either end is gone: so is the connection

    def _relay(self, client, server):
        """Passes on what comes until both have ended, or one is gone."""
        self.held, self.release = b"", 0.0
        open_ends = [client, server]
        while not self.closing and open_ends:
            wait = TICK if not self.held else max(0.0, min(TICK, self.release - time.monotonic()))
            ready = select.select(open_ends, [], [], wait)[0]
            for end in (client, server):
                if end in ready and not self._take(end, client, server):
                    open_ends.remove(end)
            if self.held and time.monotonic() >= self.release:
                self._answer(client)

    def _take(self, end, client, server):
        """What came from one end. False if that is all it will ever say."""
        data = end.recv(65536)
        if not data:
            if end is server and self.held:
                self._answer(client)
            other = server if end is client else client
            other.shutdown(socket.SHUT_WR)
            return False
        with self.changed:
            if end is client:
                self._from_client(data)
            else:
                self._from_server(data)
            self.changed.notify_all()
        if end is client:
            self._send(server, data)
        return True

    def _from_client(self, data):
        if self.unanswered is not None:
            self._said_again(data)
            return
        data = self._without_repeats(data)
        if not data:
            return
        answered = bool(self.turns) and self.turns[-1].side == SERVER
        if not self.turns or (answered and (not self.held or self.repeated)):
            self.turns.append(Turn(CLIENT))
            self.repeated = False
        elif self.held:
            self.early += len(data)
        self._last_of_client().data += data

    def _said_again(self, data):
        """What comes after a lost answer: the same, in other words perhaps; or something new, at once."""
        late = time.monotonic() - self.lost_at
        self.repeats.append((self.unanswered, late))
        self.went_on = self.went_on or (data != self._last_of_client().data and late < TOO_SOON)
        self.unanswered = None

    def _without_repeats(self, data):
        """An impatient client says the same again before its answer has come; then more answers come than turns."""
        last = self._last_of_client()
        while last and data.startswith(last.data) and (self.turns[-1].side == SERVER or len(last.data) >= UNIT):
            self.repeated = True
            data = data[len(last.data):]
        return data

    def _last_of_client(self):
        return next((turn for turn in reversed(self.turns) if turn.side == CLIENT), None)

    def _from_server(self, data):
        number = sum(turn.side == CLIENT for turn in self.turns)
        if self.unanswered is not None:
            return
        if number in self.swallow:
            self.swallow.remove(number)
            self.unanswered, self.lost_at = number, time.monotonic()
            return
        if not self.held:
            self.release = time.monotonic() + self.hold.get(number, self.hold.get(None, 0.0))
        if not self.turns or self.turns[-1].side == CLIENT:
            self.turns.append(Turn(SERVER))
        self.turns[-1].data += data
        self.held += data

    def _answer(self, client):
        data, self.held = self.held, b""
        self._send(client, data)

    def _send(self, end, data):
        if not self.pieces:
            end.sendall(data)
            return
        for start in range(0, len(data), self.pieces):
            end.sendall(data[start:start + self.pieces])
            time.sleep(0.001)  # so that each is a segment of its own, and a recv() of its own


class StreamProxy(Proxy):
    """A TCP proxy for any number of clients that writes down what each side says, in the order of arrival."""

    def __init__(self, server_port, pieces=0):
        self.pieces = pieces
        self.said = []  # (side, bytes)
        super().__init__(socket.SOCK_STREAM, server_port)
        self.listener.listen()
        self.begin()

    def text(self, side=None):
        """All that a side has said, both if none is named."""
        with self.changed:
            return b"".join(data for who, data in self.said if side in (None, who)).decode("utf-8", "replace")

    def _run(self):
        pairs = {}
        while not self.closing:
            for end in select.select([self.listener, *pairs], [], [], TICK)[0]:
                if end is self.listener:
                    self._accept(pairs)
                elif end in pairs:
                    self._relay(end, pairs)
        for end in pairs:
            end.close()

    def _accept(self, pairs):
        client, _ = self.listener.accept()
        server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            server.connect(("127.0.0.1", self.server_port))
        except OSError:
            client.close()
            return
        for end in client, server:
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        pairs[client], pairs[server] = (server, CLIENT), (client, SERVER)

    def _relay(self, end, pairs):
        other, side = pairs[end]
        try:
            data = end.recv(65536)
            with self.changed:
                self.said.append((side, data))
                self.changed.notify_all()
            step = self.pieces or max(1, len(data))
            for start in range(0, len(data), step):
                other.sendall(data[start:start + step])
                if self.pieces:
                    time.sleep(0.001)
        except OSError:
            data = b""
        if not data:
            del pairs[end]
            try:
                other.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            if other not in pairs:
                end.close()
                other.close()


class DatagramProxy(Proxy):
    """A UDP proxy. The server may answer from whatever port it likes; what comes next goes there."""

    def __init__(self, server_port, lose=lambda side, data: False):
        self.lose = lose
        self.passed = []  # (side, bytes, time)
        self.clients = {}  # socket towards the server: (address of the client, port of the server)
        self.busy = False  # with one that is in no socket any more
        super().__init__(socket.SOCK_DGRAM, server_port)
        make_room(self.listener)
        self.begin()

    def wait_for_silence(self, supervisor, seconds):
        """Waits until nothing has passed for that long, and nothing waits to be passed."""
        deadline = time.monotonic() + 5  # somebody may never be silent
        while time.monotonic() < deadline:
            passed = self.wait(lambda count=len(self.passed): len(self.passed) > count, supervisor, seconds)
            waiting = select.select([self.listener, *self.clients], [], [], 0)[0]
            if not passed and not waiting and not self.busy:  # in this order: what is taken out makes it busy before
                break

    def datagrams(self, side):
        with self.changed:
            return [entry for entry in self.passed if entry[0] == side]

    def _run(self):
        while not self.closing:
            self.busy = False
            for end in select.select([self.listener, *self.clients], [], [], TICK)[0]:
                self.busy = True
                try:
                    data, address = end.recvfrom(65536)
                except OSError:
                    continue  # the kernel tells of a port that is closed
                if end is self.listener:
                    self._from_client(data, address)
                else:
                    self._from_server(end, data, address)
        for end in self.clients:
            end.close()

    def _note(self, side, data):
        with self.changed:
            self.passed.append((side, data, time.monotonic()))
            self.changed.notify_all()
        return not self.lose(side, data)

    def _from_client(self, data, address):
        upstream = next((end for end, (who, _) in self.clients.items() if who == address), None)
        if upstream is None:
            upstream = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            upstream.bind(("127.0.0.1", 0))
            make_room(upstream)
            self.clients[upstream] = address, self.server_port
        if self._note(CLIENT, data):
            send_datagram(upstream, data, ("127.0.0.1", self.clients[upstream][1]))

    def _from_server(self, upstream, data, address):
        client, _ = self.clients[upstream]
        self.clients[upstream] = client, address[1]
        if self._note(SERVER, data):
            send_datagram(self.listener, data, client)


def make_room(end):
    """A receive buffer that holds what a sender without any pause sends."""
    for option in (33, socket.SO_RCVBUF):  # SO_RCVBUFFORCE, for root
        try:
            end.setsockopt(socket.SOL_SOCKET, option, 8 << 20)
            return
        except OSError:
            continue


def send_datagram(end, data, address):
    try:
        end.sendto(data, address)
    except OSError:
        pass  # nobody there: a datagram is lost
