# SPDX-License-Identifier: MIT
"""Problem 1, file transfer: whatever goes over the wire, in units of 100 bytes, one at a time over TCP."""

import statistics
from collections import Counter

from .program import how_it_ended
from .proxy import CLIENT, SERVER, DatagramProxy, TurnProxy
from .rubric import Criterion, Failure, Problem, ordinal, quoted
from .wire import says_where_it_listens

UNIT = 100
MAX_HEADER = 64
ARRIVES_WITHIN = 3
RESENDS = 5
RESENDS_WITHIN = 3
FIRST_WITHIN = 1.4  # 1 s, and what a busy machine takes
TCP = ("tcp_server", "tcp_client")
UDP = ("udp_server", "udp_client")
PROXIES = {TCP: TurnProxy, UDP: DatagramProxy}


class Transfer:
    """One file, sent by the submission's client to its server, through a proxy."""

    def __init__(self, lab, names, size, proxy, any_name=True):
        """`any_name`: what is looked at has nothing to do with the name under which the file arrives."""
        server_name, client_name = names
        self.lab, self.size, self.any_name = lab, size, any_name
        self.transport = server_name[:3].upper()
        self.data = lab.bytes(size)
        self.name = f"f{size}.bin"
        self.server = lab.server(server_name, self.transport.lower())
        self.proxy = lab.keep(proxy(self.server.port))
        folder = lab.folder()
        lab.file(folder, self.name, self.data)
        self.client = lab.client(client_name, self.proxy.port, self.name, folder=folder)
        self.done = f"sent a file of {size} bytes over {self.transport}"
        self.repeatable = True  # by hand, without a proxy
        # A unit may take 60 ms: who sends its header and its bytes one after the other waits for the kernel's
        # delayed acknowledgement (40 ms) each time, and that is slow, but not wrong.
        self.seconds = 3 + size // UNIT * 0.06

    def again(self):
        """How to do the same by hand, without a proxy; the server in another folder: it may write where it runs."""
        server = self.lab.command_in("arrived", self.server.program)
        client = self.lab.command(self.client).replace(f"--port {self.proxy.port}", f"--port {self.server.port}")
        return f"head -c {self.size} /dev/urandom > {self.name}; {server} & sleep 1; {client}"

    def fail(self, expected, came, timeout=False, cause=None):
        raise Failure(self.done, expected, came, timeout=timeout, cause=cause,
                      again=self.again() if self.repeatable else None)

    def received(self):
        found = self.lab.find(self.server.folder, self.name, "received")
        return self.lab.find(self.server.folder, None, "received") if found is None and self.any_name else found

    def end(self):
        """Waits for the end of the client. If the file is there, a client that does not end costs no more time."""
        self.server.program.sees(lambda: self.client.code is not None or self.received() == self.data, self.seconds)
        self.client.wait(0.5)
        return self

    def arrived(self):
        """The file as it is when the client and the server have had their time, None if there is none."""
        self.end()
        self.server.program.sees(lambda: self.received() == self.data, ARRIVES_WITHIN)
        return self.received()

    def must_be_right(self, got):
        never = f"a file arrives over {self.transport}"
        if got == self.data:
            if self.size:
                self.lab.worked.add(never)
            return
        if got is None and not self.any_name:
            never += " under its name"
        came = "there was none" if got is None else difference(got, self.data)
        code = self.client.code
        if code and not self.client.stopped_by_us:
            came += f"; the client: {how_it_ended(code)}, it said {self.client.said}"
        self.fail(f"the same bytes in received/{self.name} where the server runs, {ARRIVES_WITHIN} s after the "
                  "client's end", came, timeout=True, cause=self.lab.unless_worked(never))


def difference(got, wanted):
    """Where two files begin to differ, in words."""
    same = next((i for i, (a, b) in enumerate(zip(got, wanted)) if a != b), min(len(got), len(wanted)))
    if len(got) != len(wanted):
        return f"{len(got)} bytes instead of {len(wanted)} were there, different from byte {same} on"
    return f"they were different from byte {same} on"


def arrives(names, size):
    """A case: a file of that size arrives."""
    def case(lab):
        transfer = Transfer(lab, names, size, PROXIES[names], any_name=False)
        transfer.must_be_right(transfer.arrived())
    return case


def client_ends_with_zero(names):
    """A case: the client ends, and its exit code says that all went well."""
    def case(lab):
        transfer = Transfer(lab, names, 1000, PROXIES[names])
        code = transfer.client.wait(transfer.seconds)
        if code is None:
            transfer.fail("the client to end", f"it still ran after {transfer.seconds:.0f} s", timeout=True)
        if code != 0:
            transfer.fail("exit code 0 of the client", f"{how_it_ended(code)}; it said {transfer.client.said}")
        transfer.must_be_right(transfer.arrived())
    return case


# One unit at a time


def turns_of(lab, size):
    """The sizes of what the client said before each answer, for a file of that size."""
    def observe():
        transfer = Transfer(lab, TCP, size, lambda port: TurnProxy(port, hold={None: 0.005, 7: 0.25}))
        sizes = transfer.end().proxy.sizes(CLIENT)
        if not sizes:
            transfer.fail("the client to send something", f"nothing came; it said {transfer.client.said}")
        return sizes, transfer.proxy.early
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


def with_lost_answers(lab, turns):
    """A transfer in which the answers to these turns of the client never came, and the file that arrived."""
    def observe():
        transfer = Transfer(lab, TCP, long_enough(lab), lambda port: TurnProxy(port, swallow=turns))
        which = " and ".join(ordinal(turn) + (f" ({count} times)" if count > 1 else "")
                             for turn, count in Counter(turns).items())
        transfer.done = f"threw away the server's answer to what the client sent as the {which}, until it sends again"
        transfer.repeatable = False
        for number in range(1, len(turns) + 1):
            must_send_again(lab, transfer, number, len(turns))
        sizes = transfer.end().proxy.sizes(CLIENT)
        if too_few(sizes):
            transfer.fail("the client to wait for each answer", f"it waited {len(sizes)} times in all",
                          cause=too_few(sizes))
        return transfer, transfer.arrived()
    return lab.once(f"lost answers to {turns}", observe)


def long_enough(lab):
    """The size of a file with many turns, also for who has taken other units than asked for (1.3)."""
    return 2950 if len(turns_of(lab, 2000)[0]) >= 10 else 9950


def must_send_again(lab, transfer, number, times):
    """Waits until the client has sent again for the `number`th time, of so many times in all.

    From the second time on for twice as long as students are told: who measures the round trip of a busy machine,
    and doubles the timeout each time (RFC 6298), is late only there.
    """
    proxy, client = transfer.proxy, transfer.client
    patience = RESENDS_WITHIN if number == 1 else 2 * RESENDS_WITHIN
    proxy.wait(lambda: len(proxy.repeats) >= number or client.code is not None, lab.supervisor, patience)
    so_far = f", after {number - 1} of {times} times" if number > 1 else ""
    if len(proxy.repeats) < number and client.code is None:
        transfer.fail("the same unit again", f"nothing came for {patience} s{so_far}", timeout=True,
                      cause="the client does not send again")
    if len(proxy.repeats) < number:
        transfer.fail("the same unit again", f"the client ended ({how_it_ended(client.code)}){so_far}",
                      cause="the client ends without the answer")
    if proxy.went_on:
        transfer.fail("the same unit again", "the client went on without waiting for the answer")


def sends_again(*turns):
    """A case: the client sends again, the first time within a second."""
    def case(lab):
        transfer, _ = with_lost_answers(lab, turns)
        late = max(dict(reversed(transfer.proxy.repeats)).values())
        if late > FIRST_WITHIN:
            transfer.fail("the same unit again within 1 s", f"it came after {late:.1f} s", cause="sends again too late")
    return case


def has_it_once(*turns):
    """A case: what was sent more than once is once in the file."""
    def case(lab):
        transfer, got = with_lost_answers(lab, turns)
        transfer.must_be_right(got)
    return case


def survives_pieces(size, pieces):
    """A case: both sides get what the other one sends in small pieces."""
    def case(lab):
        transfer = Transfer(lab, TCP, size, lambda port: TurnProxy(port, pieces=pieces))
        transfer.done = f"sent a file of {size} bytes over TCP, passed on in pieces of {pieces} bytes"
        transfer.repeatable = False
        transfer.must_be_right(transfer.arrived())
    return case


# UDP


def datagrams_of(lab, size):
    """All that went between client and server for a file of that size."""
    def observe():
        transfer = Transfer(lab, UDP, size, DatagramProxy)
        transfer.end().proxy.wait_for_silence(lab.supervisor, 0.2)
        if not transfer.proxy.datagrams(CLIENT):
            transfer.fail("the client to send something", f"nothing came; it said {transfer.client.said}")
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
              [client_ends_with_zero(TCP)] + [arrives(TCP, size) for size in (250, 0, 100, 1000, 1, 99, 101, 5432)]),
    Criterion("1.3", 20, "TCP: units of 100 bytes, the next one only after the answer", TCP,
              [ten_turns_more, a_hundred_bytes_each, waits_while_the_answer_is_late]),
    Criterion("1.4", 20, "TCP: a unit whose answer is lost is sent again, and the file has it once", TCP,
              [case(*turns) for turns in ((5,), (4, 8), (6,) * RESENDS) for case in (sends_again, has_it_once)]),
    Criterion("1.5", 10, "TCP: bytes that come in pieces are put together", TCP,
              [survives_pieces(300, 11), survives_pieces(1000, 37)]),
    Criterion("1.6", 15, "UDP: a file arrives byte for byte, whatever its size", UDP,
              [client_ends_with_zero(UDP)] + [arrives(UDP, size) for size in (250, 0, 100, 1, 101, 12345)]),
    Criterion("1.7", 10, "UDP: a datagram for each 100 bytes, and no acknowledgements", UDP,
              [ten_datagrams_more, none_back]),
])
