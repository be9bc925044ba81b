# SPDX-License-Identifier: MIT
"""Problem 1, file transfer: whatever goes over the wire, in units of 100 bytes, one at a time over TCP."""

import statistics

from .program import how_it_ended
from .proxy import CLIENT, SERVER, DatagramProxy, TurnProxy
from .rubric import Criterion, Failure, Problem, ordinal, quoted
from .wire import says_where_it_listens

UNIT = 100
MAX_HEADER = 64
ARRIVES_WITHIN = 3
RESENDS_WITHIN = 3
TCP = ("tcp_server", "tcp_client")
UDP = ("udp_server", "udp_client")


class Transfer:
    """One file, sent by the submission's client to its server, through a proxy."""

    def __init__(self, lab, names, size, proxy):
        server_name, client_name = names
        self.lab, self.names, self.size = lab, names, size
        self.transport = server_name[:3]
        self.data = lab.bytes(size)
        self.name = f"f{size}.bin"
        self.server = lab.server(server_name, self.transport)
        self.proxy = lab.keep(proxy(self.server.port))
        folder = lab.folder()
        lab.file(folder, self.name, self.data)
        self.client = lab.client(client_name, self.proxy.port, self.name, folder=folder)
        self.done = f"sent a file of {size} bytes over {self.transport.upper()}"
        self.repeatable = True  # by hand, without a proxy

    def again(self):
        """How to do the same by hand, without a proxy."""
        server = self.lab.command(self.server.program)
        client = self.lab.command(self.client).replace(f"--port {self.proxy.port}", f"--port {self.server.port}")
        return f"head -c {self.size} /dev/urandom > {self.name}; {server} & {client}"

    def fail(self, expected, came, timeout=False, cause=None):
        raise Failure(self.done, expected, came, timeout=timeout, cause=cause,
                      again=self.again() if self.repeatable else None)

    def received(self):
        return self.lab.find(self.server.folder, self.name, "received")

    def finish(self):
        """Waits for the client, then for the file; both have to be as they should.

        A unit may take 60 ms: who sends its header and its bytes one after the other waits for the kernel's
        delayed acknowledgement (40 ms) each time, and that is slow, but not wrong.
        """
        seconds = 3 + self.size // UNIT * 0.06
        code = self.client.wait(seconds)
        if code is None:
            self.fail("the client to end", f"it still ran after {seconds:.0f} s", timeout=True,
                      cause=self.lab.unless_worked(f"{self.names[1]} ends"))
        self.lab.worked.add(f"{self.names[1]} ends")
        if code != 0:
            self.fail("exit code 0 of the client", f"{how_it_ended(code)}; it said {quoted(self.client.screen)}")
        if self.server.program.sees(lambda: self.received() == self.data, ARRIVES_WITHIN):
            return
        got = self.received()
        if got is None:
            self.fail(f"received/{self.name} where the server runs", f"there was none {ARRIVES_WITHIN} s after "
                      f"the client's end", timeout=True)
        self.fail("the same bytes at the server", f"{difference(got, self.data)}")


def difference(got, wanted):
    """Where two files begin to differ, in words."""
    same = next((i for i, (a, b) in enumerate(zip(got, wanted)) if a != b), min(len(got), len(wanted)))
    if len(got) != len(wanted):
        return f"{len(got)} bytes instead of {len(wanted)} were there, different from byte {same} on"
    return f"they were different from byte {same} on"


def arrives(names, size):
    """A case: a file of that size arrives."""
    def case(lab):
        proxy = TurnProxy if names is TCP else DatagramProxy
        Transfer(lab, names, size, proxy).finish()
    return case


# One unit at a time


def turns_of(lab, size):
    """The sizes of what the client said before each answer, for a file of that size."""
    def observe():
        transfer = Transfer(lab, TCP, size, lambda port: TurnProxy(port, hold={None: 0.005, 7: 0.25}))
        transfer.finish()
        return transfer.proxy.sizes(CLIENT), transfer.proxy.early
    return lab.once(f"the transfer of {size} bytes", observe)


def too_few(sizes):
    """The cause of much else: so few turns that units of 100 bytes cannot be it."""
    return "the client hardly ever waits" if len(sizes) < 10 else None


def ten_turns_more(lab):
    small, large = turns_of(lab, 1000)[0], turns_of(lab, 2000)[0]
    if len(large) - len(small) != 10:
        raise Failure("counted how often the client waits for an answer, with 1000 and with 2000 bytes",
                      "ten times more (a unit of 100 bytes each)", f"it was {len(small)} and {len(large)} times",
                      cause=too_few(large))


def a_hundred_bytes_each(lab):
    small, large = turns_of(lab, 1000)[0], turns_of(lab, 2000)[0]
    each = statistics.median(large)
    done = "looked at what the client sends before each answer"
    expected = f"100 bytes and a header of at most {MAX_HEADER}, the same for each unit"
    if not UNIT <= each <= UNIT + MAX_HEADER:
        raise Failure(done, expected, f"mostly it was {each:.0f} bytes", cause=too_few(large))
    growth = (sum(large) - sum(small)) / 10
    if abs(growth - each) > 4 or sum(abs(size - each) <= 4 for size in large) < 18:
        raise Failure(done, expected, f"for 2000 bytes the sizes were {', '.join(map(str, large[:8]))} ...")


def waits_while_the_answer_is_late(lab):
    sizes, early = turns_of(lab, 2000)
    done, expected = "kept answers of the server back for a while", "the client to send nothing new meanwhile"
    if len(sizes) < 10:
        raise Failure(done, expected, f"the client waits only {len(sizes)} times for 2000 bytes",
                      cause=too_few(sizes))
    if early:
        raise Failure(done, expected, f"it sent {early} bytes")


# Lost answers


def survives_lost_answers(*turns):
    """A case: the answers to these turns of the client never come."""
    def case(lab):
        transfer = Transfer(lab, TCP, long_enough(lab), lambda port: TurnProxy(port, swallow=turns))
        count = "answer" if len(turns) == 1 else "answers"
        transfer.done = (f"threw away the server's {count} to what the client sent as the "
                         f"{' and '.join(ordinal(turn) for turn in turns)}, until it sends again")
        transfer.repeatable = False
        for number in range(1, len(turns) + 1):
            must_send_again(lab, transfer, number)
        transfer.finish()
    return case


def long_enough(lab):
    """The size of a file with many turns, also for who has taken other units than asked for (1.3)."""
    try:
        return 2950 if len(turns_of(lab, 2000)[0]) >= 10 else 9950
    except Failure:
        return 2950


def must_send_again(lab, transfer, number):
    """Waits until the client has sent again for the `number`th time."""
    expected = "the same unit again within 1 s"
    proxy, client = transfer.proxy, transfer.client
    if not proxy.wait(lambda: len(proxy.repeats) >= number, lab.supervisor, RESENDS_WITHIN):
        if client.code is None:
            transfer.fail(expected, f"nothing came for {RESENDS_WITHIN} s", timeout=True,
                          cause="the client does not send again")
        transfer.fail(expected, f"the client ended ({how_it_ended(client.code)})",
                      cause="the client ends without the answer")
    if proxy.went_on:
        transfer.fail(expected, "the client went on without waiting for the answer")


def survives_pieces(size, pieces):
    """A case: both sides get what the other one sends in small pieces."""
    def case(lab):
        transfer = Transfer(lab, TCP, size, lambda port: TurnProxy(port, pieces=pieces))
        transfer.done = f"sent a file of {size} bytes over TCP, passed on in pieces of {pieces} bytes"
        transfer.repeatable = False
        transfer.finish()
    return case


# UDP


def datagrams_of(lab, size):
    """All that went between client and server for a file of that size."""
    def observe():
        transfer = Transfer(lab, UDP, size, DatagramProxy)
        transfer.finish()
        transfer.proxy.wait_for_silence(lab.supervisor, 0.2)
        return list(transfer.proxy.passed)
    return lab.once(f"the UDP transfer of {size} bytes", observe)


def sizes_from_client(passed):
    return [len(data) for side, data, _ in passed if side == CLIENT]


def ten_datagrams_more(lab):
    small, large = (sizes_from_client(datagrams_of(lab, size)) for size in (1000, 2000))
    each = (sum(large) - sum(small)) / 10
    if len(large) - len(small) != 10 or not UNIT <= each <= UNIT + MAX_HEADER:
        raise Failure("compared the datagrams for 1000 and for 2000 bytes",
                      f"ten more, of 100 bytes and a header of at most {MAX_HEADER}",
                      f"they were {len(small)} and {len(large)}, {sum(small)} and {sum(large)} bytes")


def none_back(lab):
    small, large = (sum(side == SERVER for side, _, _ in datagrams_of(lab, size)) for size in (1000, 2000))
    if large - small >= 5:  # a word at the beginning or at the end is no acknowledgement of units
        raise Failure("sent 1000 and 2000 bytes over UDP", "no acknowledgements of units",
                      f"{small} and {large} datagrams came back")


PROBLEM = Problem(1, [
    Criterion("1.1", 5, "Both servers say `listening on ADDRESS:PORT`", ("tcp_server", "udp_server"),
              [says_where_it_listens("tcp_server", "tcp"), says_where_it_listens("udp_server", "udp")]),
    Criterion("1.2", 20, "TCP: a file arrives byte for byte, whatever its size", TCP,
              [arrives(TCP, size) for size in (250, 0, 1, 99, 100, 101, 1000, 5432)]),
    Criterion("1.3", 20, "TCP: units of 100 bytes, the next one only after the answer", TCP,
              [ten_turns_more, a_hundred_bytes_each, waits_while_the_answer_is_late]),
    Criterion("1.4", 20, "TCP: a unit whose answer is lost is sent again, and the file has it once", TCP,
              [survives_lost_answers(5), survives_lost_answers(9), survives_lost_answers(4, 8)]),
    Criterion("1.5", 10, "TCP: bytes that come in pieces are put together", TCP,
              [survives_pieces(300, 11), survives_pieces(1000, 37)]),
    Criterion("1.6", 15, "UDP: a file arrives byte for byte, whatever its size", UDP,
              [arrives(UDP, size) for size in (250, 0, 1, 100, 101, 12345)]),
    Criterion("1.7", 10, "UDP: a datagram for each 100 bytes, and no acknowledgements", UDP,
              [ten_datagrams_more, none_back]),
])
