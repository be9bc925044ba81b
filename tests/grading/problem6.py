# SPDX-License-Identifier: MIT
"""Problem 6, chat with many: each client has its own dialogue, in turn, with the one operator at the server."""

import socket
import struct
import time

from .program import how_it_ended
from .proxy import StreamProxy
from .rubric import Criterion, Failure, Problem, quoted
from .wire import Lines, says_where_it_listens

PAIR = ("server", "client")
CROWD = 50
WITHIN = 3
EARLY_WITHIN = 0.25  # a line that does not wait for its turn comes as soon as this
SOME_ONLY = "of several clients only the first one is shown"


class Room:
    """The submission's server, its operator's keyboard, and plain connections to it."""

    def __init__(self, lab):
        self.lab = lab
        self.server = lab.server("server", keyboard=True)
        self.operator = self.server.program
        self.again = lab.command(self.operator) + f"    # and nc 127.0.0.1 {self.server.port} in other terminals"
        self.used = set()
        self.members = 0

    def token(self, kind):
        """A text that comes nowhere else."""
        while True:
            text = f"{kind} {self.lab.random.randint(10000, 99999)}"
            if text not in self.used:
                self.used.add(text)
                return text

    def join(self, small_buffers=False):
        self.members += 1
        return Lines(self.server.connect(small_buffers), self.lab.supervisor)

    def fail(self, done, expected, came, timeout=False, cause=None):
        raise Failure(done, expected, came, again=self.again, timeout=timeout, cause=cause)

    def must_show(self, text, done):
        """The operator has to see it."""
        if not self.operator.shows(text, WITHIN):
            code = self.operator.code
            alone = self.members < 2 or code is not None
            came = how_it_ended(code) if code is not None else f"it shows {quoted(self.operator.screen[-60:])}"
            cause = self.lab.unless_worked("the server shows what comes") if alone else SOME_ONLY
            self.fail(done, f"{quoted(text)} on the server's screen", came, timeout=code is None, cause=cause)
        self.lab.worked.add("the server shows what comes")

    def say(self, member, text, done):
        """A client says something, and the operator sees it."""
        member.send(text + "\n")
        self.must_show(text, done)

    def reply(self, member, done, seconds=WITHIN):
        """The next reply that a client gets; notices (`* ...`) are no replies."""
        end = self.lab.supervisor.end_of_wait(seconds)
        while True:
            try:
                line = member.line(max(0.0, end - time.monotonic()))
            except TimeoutError:
                self.fail(done, "a reply", f"none came within {seconds} s", timeout=True,
                          cause=self.lab.unless_worked("replies come"))
            if line is None:
                self.fail(done, "a reply", "the server closed the connection")
            if line and not line.startswith("* "):
                self.lab.worked.add("replies come")
                return line

    def must_answer(self, member, done):
        """The operator types two lines; one of them has to be for this client, the other one may go elsewhere."""
        replies = [self.token("answer") for _ in range(2)]
        self.operator.type(*replies)
        line = self.reply(member, done)
        if not any(reply in line for reply in replies):
            self.fail(done, "a reply for the other one", f"it was {quoted(line)}")

    def must_get(self, member, text, done):
        line = self.reply(member, done)
        if text not in line:
            self.fail(done, f"the reply {quoted(text)}", f"it was {quoted(line)}")


# One client


def pair_talks(lab):
    """The submission's own client, three messages and replies."""
    room = Room(lab)
    client = lab.client("client", room.server.port, keyboard=True)
    room.again = lab.command(room.operator) + "    # and in another terminal: " + lab.command(client)
    for _ in range(3):
        message, reply = room.token("hello"), room.token("welcome")
        client.type(message)
        done = f"typed {quoted(message)} at the client"
        room.must_show(message, done)
        room.operator.type(reply)
        if not client.shows(reply, WITHIN):
            room.fail(f"{done}, and {quoted(reply)} at the server", "the reply on the client's screen",
                      f"it shows {quoted(client.screen[-60:])}", timeout=True)


def plain_client_talks(lab):
    room = Room(lab)
    member = room.join()
    for _ in range(2):
        message, reply = room.token("hello"), room.token("welcome")
        done = f"sent {quoted(message)} to the server, and typed {quoted(reply)} there"
        room.say(member, message, done)
        room.operator.type(reply)
        room.must_get(member, reply, done)


# Many


def crowd(lab, count, rounds):
    """`count` clients speak at the same time; each gets one reply, and no two get the same one."""
    room = Room(lab)
    members = [room.join() for _ in range(count)]
    for _ in range(rounds):
        messages = [room.token("question") for _ in members]
        done = f"let {count} clients send a message each"
        for member, message in zip(members, messages):
            member.send(message + "\n")
        for message in messages:
            room.must_show(message, done)
        replies = [room.token("answer") for _ in members]
        room.operator.type(*replies)
        done += f", and typed {count} replies"
        got = [room.reply(member, done) for member in members]
        for reply in replies:
            if sum(reply in line for line in got) != 1:
                room.fail(done, "each reply at one of them", f"{quoted(reply)} came to "
                          f"{sum(reply in line for line in got)} of them")


def oldest_first(count, rounds):
    """A case: clients speak one after the other, in an order that is not that of their coming."""
    def case(lab):
        room = Room(lab)
        members = [room.join() for _ in range(count)]
        for _ in range(rounds):
            order = lab.random.sample(members, count)
            done = f"let {count} clients speak one after the other, then typed {count} replies"
            for member in order:
                room.say(member, room.token("question"), done)
            replies = [room.token("answer") for _ in members]
            room.operator.type(*replies)
            for position, (member, reply) in enumerate(zip(order, replies)):
                line = room.reply(member, done)
                if reply not in line:
                    room.fail(done, f"reply {position + 1} for the client that spoke as number {position + 1}",
                              f"that one got {quoted(line)} instead of {quoted(reply)}",
                              cause="the replies go to the wrong clients")
    return case


def one_by_one(lab):
    """Who is answered first is the one who waits longest, also when a new one comes in between."""
    room = Room(lab)
    first, second, third = (room.join() for _ in range(3))
    done = "let two clients speak, answered one, let a third one speak, then answered twice"
    room.say(first, room.token("question"), done)
    room.say(second, room.token("question"), done)
    replies = [room.token("answer") for _ in range(3)]
    room.operator.type(replies[0])
    room.must_get(first, replies[0], done)
    room.say(third, room.token("question"), done)
    room.operator.type(*replies[1:])
    room.must_get(second, replies[1], done)
    room.must_get(third, replies[2], done)


# Turns and lines


def client_waits_for_the_reply(lab):
    """The submission's client: the second line goes after the reply to the first one."""
    room = Room(lab)
    proxy = lab.keep(StreamProxy(room.server.port))
    client = lab.client("client", proxy.port, keyboard=True)
    room.again = lab.command(room.operator) + "    # and in another terminal: " + \
        lab.command(client).replace(f"--port {proxy.port}", f"--port {room.server.port}")
    first, second, reply = room.token("first"), room.token("second"), room.token("answer")
    client.type(first, second)
    done = f"typed {quoted(first)} and {quoted(second)} at the client at once"
    room.must_show(first, done)
    if room.operator.shows(second, EARLY_WITHIN):
        room.fail(done, "the second line to wait for the reply to the first one", "the server showed both at once")
    room.operator.type(reply)
    if not client.shows(reply, WITHIN):
        room.fail(f"{done}, and {quoted(reply)} at the server", "the reply on the client's screen",
                  f"it shows {quoted(client.screen[-60:])}", timeout=True)
    room.must_show(second, f"{done}, and answered the first one")


def two_lines_are_two_messages(lab):
    room = Room(lab)
    member = room.join()
    first, second = room.token("first"), room.token("second")
    replies = [room.token("answer") for _ in range(2)]
    done = "sent two lines to the server in one piece, and typed two replies"
    member.send(f"{first}\n{second}\n")
    room.must_show(first, done)
    room.operator.type(replies[0])
    room.must_get(member, replies[0], done)
    room.must_show(second, done)
    room.operator.type(replies[1])
    room.must_get(member, replies[1], done)


def a_line_in_pieces_is_one_message(lab):
    room = Room(lab)
    member = room.join()
    message, reply = room.token("pieces"), room.token("answer")
    done = f"sent {quoted(message)} to the server in pieces"
    for piece in (message[:3], message[3:9], message[9:], "\n"):
        member.send(piece)
        time.sleep(0.1)
    room.must_show(message, done)
    room.operator.type(reply)
    room.must_get(member, reply, done + " and answered it")


# Misbehaving clients


def stalled_client(begin):
    """A case: one that has connected and sent no whole line."""
    def case(lab):
        room = Room(lab)
        stalled, other = room.join(), room.join()
        stalled.send(begin)
        done = "let one client stall " + ("in the middle of a line" if begin else "without a word") + \
            ", and another one speak"
        room.say(other, room.token("question"), done)
        room.must_answer(other, done)
    return case


def frozen_reader(lab):
    """One who speaks and never reads: its replies fill all buffers. Others must be served as before."""
    room = Room(lab)
    frozen, other = room.join(small_buffers=True), room.join()
    for number in range(80):
        message = room.token("flood")
        frozen.send(message + "\n")
        if not room.operator.shows(message, 0.7):
            break  # its own thread waits for it now, and that is fine
        room.operator.type(f"{number} " + "x" * 3900)
    message, reply = room.token("question"), room.token("answer")
    done = "let one client send messages and read no replies, and another one speak"
    room.say(other, message, done)
    room.operator.type(reply)
    room.must_get(other, reply, done)


def leaves_while_it_waits(abruptly):
    """A case: one leaves while it waits for its reply; another one must still get one, after two lines at most."""
    def case(lab):
        room = Room(lab)
        leaver, other = room.join(), room.join()
        how = "with a reset" if abruptly else "without a word"
        done = f"let a client leave {how} while it waits for a reply, and another one speak"
        room.say(leaver, room.token("question"), done)
        if abruptly:
            leaver.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        leaver.connection.close()
        time.sleep(0.1)  # the server may take note of it, or find out when it answers
        room.say(other, room.token("question"), done)
        room.must_answer(other, done)
    return case


PROBLEM = Problem(6, [
    Criterion("6.1", 5, "The server says `listening on ADDRESS:PORT`", ("server",),
              [says_where_it_listens("server", keyboard=True)]),
    Criterion("6.2", 20, "A client's line is shown at the server, the operator's line at the client", PAIR,
              [pair_talks, plain_client_talks]),
    Criterion("6.3", 20, "Fifty clients at once, each with a dialogue of its own", ("server",),
              [lambda lab: crowd(lab, 3, 2), lambda lab: crowd(lab, CROWD, 2)]),
    Criterion("6.4", 20, "The operator's line answers the client that has waited longest", ("server",),
              [oldest_first(3, 1), oldest_first(6, 2), one_by_one]),
    Criterion("6.5", 10, "A client's next line goes after the reply to the one before", PAIR,
              [client_waits_for_the_reply]),
    Criterion("6.6", 10, "A message is a line, in pieces or two at once", ("server",),
              [two_lines_are_two_messages, a_line_in_pieces_is_one_message]),
    Criterion("6.7", 10, "A client that stalls or does not read stops nobody else", ("server",),
              [stalled_client(""), stalled_client("half a li"), frozen_reader]),
    Criterion("6.8", 5, "A client that leaves while it waits takes nobody with it", ("server",),
              [leaves_while_it_waits(False), leaves_while_it_waits(True)]),
])
