# SPDX-License-Identifier: MIT
"""Problem 5, chat between two: strictly in turn, over TCP and over UDP. Tried with a keyboard at each end."""

import time

from .program import how_it_ended
from .proxy import CLIENT, DatagramProxy, StreamProxy
from .rubric import Criterion, Failure, Problem, quoted
from .wire import says_where_it_listens

TCP = ("tcp_chat_server", "tcp_chat_client")
UDP = ("udp_chat_server", "udp_chat_client")
WORDS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "gravel", "harbour", "island", "juniper")
MAX_CHARACTERS = 1000
SHOWN_WITHIN = 3
EARLY_WITHIN = 0.25  # a line that does not wait for its turn comes as soon as this


class Chat:
    """The submission's client and server, a keyboard at each end, and a proxy in between."""

    def __init__(self, lab, names, pieces=0):
        self.lab = lab
        self.over_tcp = names is TCP
        self.words = self._fresh_words()
        server = lab.server(names[0], "tcp" if self.over_tcp else "udp", keyboard=True)
        proxy = StreamProxy(server.port, pieces) if self.over_tcp else DatagramProxy(server.port)
        self.proxy = lab.keep(proxy)
        self.server = server.program
        self.client = lab.client(names[1], self.proxy.port, keyboard=True)
        self.again = lab.command(self.server) + "    # and in another terminal: " + \
            lab.command(self.client).replace(f"--port {proxy.port}", f"--port {server.port}")
        self.over = "TCP" if self.over_tcp else "UDP"

    def _fresh_words(self):
        """Texts that come nowhere else, so that they can be found on the wire and on the screen."""
        while True:
            yield f"{self.lab.random.choice(WORDS)} {self.lab.random.randint(1000, 9999)}"

    def fail(self, done, expected, came, timeout=False, cause=None):
        raise Failure(f"{self.over}: {done}", expected, came, again=self.again, timeout=timeout,
                      cause=cause and f"{self.over}: {cause}")

    def say(self, speaker, listener, text=None):
        """One types a line, the other one must see it."""
        text = text or next(self.words)
        speaker.type(text)
        self.must_show(listener, text, f"typed {quoted(text)} at {speaker.name}")

    def must_show(self, listener, text, done):
        if not listener.shows(text, SHOWN_WITHIN):
            ended = listener.code
            came = f"{how_it_ended(ended)}" if ended is not None else f"it shows {quoted(listener.screen[-60:])}"
            self.fail(done, f"it on the screen of {listener.name}", came, timeout=ended is None,
                      cause=self.lab.unless_worked(f"{listener.name} shows what comes"))
        self.lab.worked.add(f"{listener.name} shows what comes")

    def on_the_wire(self, side=None):
        """All that has passed, as one text."""
        if self.over_tcp:
            return self.proxy.text(side)
        with self.proxy.changed:
            return "\n".join(data.decode("utf-8", "replace") for who, data, _ in self.proxy.passed
                             if side in (None, who))

    def order_on_the_wire(self, texts):
        """These texts, in the order in which they passed first."""
        wire = self.on_the_wire()
        return sorted((text for text in texts if text in wire), key=wire.index)


def messages_are_shown(names, pieces=0):
    """A case: a dialogue, a line after the other, typed when the line before has come."""
    def case(lab):
        chat = Chat(lab, names, pieces)
        for _ in range(3):
            chat.say(chat.client, chat.server)
            chat.say(chat.server, chat.client)
    return case


def long_lines_and_other_letters(names):
    """A case: 900 characters, and letters beyond ASCII."""
    def case(lab):
        chat = Chat(lab, names)
        chat.say(chat.client, chat.server, next(chat.words) + " grün, žluť, 猫")
        chat.say(chat.server, chat.client, next(chat.words) + " " + "abcdefghi " * 89)
    return case


# Turns


def scripts_become_a_dialogue(names, lines=4):
    """A case: all lines are typed at once, first at the client, then at the server, and go one after the other."""
    def case(lab):
        chat = Chat(lab, names)
        from_client, from_server = ([next(chat.words) for _ in range(lines)] for _ in range(2))
        done = f"typed {lines} lines at both ends at once"
        chat.client.type(*from_client)
        must_wait(chat, from_client[1], done, names[1], after=from_client[0])
        chat.server.type(*from_server)
        expected = [text for pair in zip(from_client, from_server) for text in pair]
        chat.proxy.wait(lambda: chat.order_on_the_wire(expected[-1:]), lab.supervisor, 5)
        check_order(chat, done, expected, names)
        chat.must_show(chat.client, from_server[-1], done)
        chat.must_show(chat.server, from_client[-1], done)
    return case


def must_wait(chat, text, done, speaker, after=""):
    """Throws if that line is on its way before its turn has come: what is sent at once comes at once, behind `after`."""
    chat.proxy.wait(lambda: after in chat.on_the_wire(), chat.lab.supervisor, SHOWN_WITHIN)
    if chat.proxy.wait(lambda: text in chat.on_the_wire(), chat.lab.supervisor, EARLY_WITHIN):
        chat.fail(done, "each line to wait for the reply to the one before", f"{quoted(text)} went at once",
                  cause=f"{speaker} does not wait for its turn")


def check_order(chat, done, expected, names):
    """Throws if somebody spoke out of turn, or not at all."""
    order = chat.order_on_the_wire(expected)
    for number, text in enumerate(order):
        if text != expected[number]:
            who = names[1] if text in expected[0::2] else names[0]
            chat.fail(done, "client and server to speak in turn", f"{who} spoke out of turn: its line "
                      f"{quoted(text)} was message {number + 1}", cause=f"{who} does not wait for its turn")
    if not order:
        chat.fail(done, "their text on the way as it is",
                  "no " + ("line" if chat.over_tcp else "datagram") + " contains it", timeout=True)
    if len(order) < len(expected):
        chat.fail(done, f"{len(expected)} messages on the way", f"there were only {len(order)}", timeout=True)


def second_line_waits(names, at_client):
    """A case: of two lines typed at once, the second one goes only after the reply to the first one."""
    def case(lab):
        chat = Chat(lab, names)
        speaker, other = (chat.client, chat.server) if at_client else (chat.server, chat.client)
        if not at_client:
            chat.say(chat.client, chat.server)
        first, second = next(chat.words), next(chat.words)
        speaker.type(first, second)
        done = f"typed {quoted(first)} and {quoted(second)} at {speaker.name} at once"
        chat.must_show(other, first, done)
        must_wait(chat, second, done, speaker.name)
        chat.say(other, speaker)
        chat.must_show(other, second, done + ", and answered the first one")
    return case


def client_speaks_first(names):
    """A case: what is typed at the server before the client has spoken waits."""
    def case(lab):
        chat = Chat(lab, names)
        early, hello = next(chat.words), next(chat.words)
        chat.server.type(early)
        must_wait(chat, early, f"typed {quoted(early)} at the server before the client has spoken", names[0])
        chat.say(chat.client, chat.server, hello)
        chat.must_show(chat.client, early, f"typed {quoted(early)} at the server, then a line at the client")
    return case


# The end, and what is too long


def leaving_is_noticed(names, leaver_is_client):
    """A case: Ctrl+C at one end, while the other one waits for its message."""
    def case(lab):
        chat = Chat(lab, names)
        chat.say(chat.client, chat.server)
        if leaver_is_client:
            chat.say(chat.server, chat.client)
        leaver, other = (chat.client, chat.server) if leaver_is_client else (chat.server, chat.client)
        time.sleep(0.1)  # what is still to be printed has nothing to do with the end
        before = other.screen
        leaver.interrupt()
        done = f"pressed Ctrl+C at {leaver.name} while {other.name} waits for a message"
        if leaver.wait(3) is None:
            chat.fail(done, f"{leaver.name} to end", "it still ran after 3 s", timeout=True)
        if not other.sees(lambda: other.screen != before or other.code is not None, 3) and other.code is None:
            chat.fail(done, f"{other.name} to end or to say so within 3 s", "it went on as if nothing had happened",
                      timeout=True)
        if (other.code or 0) < 0:
            chat.fail(done, f"{other.name} to end or to say so", how_it_ended(other.code))
    return case


def too_long_is_not_cut(names, count):
    """A case: more than 1000 characters are refused, or come whole; not a piece of them."""
    def case(lab):
        chat = Chat(lab, names)
        body = "".join(lab.random.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(count - 1)) + "!"
        before = chat.client.screen
        chat.client.type(body)
        done = f"typed a line of {count} characters at {names[1]}"
        chat.client.sees(lambda: chat.client.screen != before or body in chat.server.screen, 1)
        chat.server.shows(body, EARLY_WITHIN)
        shown = body in chat.server.screen or body in "".join(chat.server.screen.split())
        began = body[:40] in chat.server.screen
        if began and not shown:
            chat.fail(done, "all of it at the other end, or a refusal", "a part of it was shown as if it were all")
        if not shown and not chat.client.sees(lambda: chat.client.screen != before, 1):
            chat.fail(done, "all of it at the other end, or a refusal", "neither came", timeout=True)
        largest = max((len(data) for side, data, _ in chat.proxy.datagrams(CLIENT)), default=0)
        if largest > MAX_CHARACTERS + 64:
            chat.fail(done, f"no datagram of more than {MAX_CHARACTERS} characters and a header",
                      f"one had {largest} bytes")
    return case


def exactly_a_thousand(names):
    """A case: 1000 characters are not too many."""
    def case(lab):
        chat = Chat(lab, names)
        chat.say(chat.client, chat.server, "".join(lab.random.choice("abcdefgh") for _ in range(MAX_CHARACTERS)))
    return case


def both_ways_to_leave(names):
    return [leaving_is_noticed(names, True), leaving_is_noticed(names, False)]


def turns(names):
    return [scripts_become_a_dialogue(names), second_line_waits(names, True), second_line_waits(names, False),
            client_speaks_first(names)]


PROBLEM = Problem(5, [
    Criterion("5.1", 5, "Both servers say `listening on ADDRESS:PORT`", (TCP[0], UDP[0]),
              [says_where_it_listens(TCP[0], "tcp", True), says_where_it_listens(UDP[0], "udp", True)]),
    Criterion("5.2", 15, "TCP: Enter sends the line, and the other end shows it", TCP,
              [messages_are_shown(TCP), long_lines_and_other_letters(TCP)]),
    Criterion("5.3", 20, "TCP: strictly in turn", TCP, turns(TCP)),
    Criterion("5.4", 5, "TCP: a line is a line, also when it comes in pieces", TCP,
              [messages_are_shown(TCP, pieces=2)]),
    Criterion("5.5", 10, "TCP: Ctrl+C at one end is noticed at the other one", TCP, both_ways_to_leave(TCP)),
    Criterion("5.6", 15, "UDP: Enter sends the line, and the other end shows it", UDP,
              [messages_are_shown(UDP), long_lines_and_other_letters(UDP)]),
    Criterion("5.7", 15, "UDP: strictly in turn", UDP, turns(UDP)),
    Criterion("5.8", 5, "UDP: more than 1000 characters are refused, not cut", UDP,
              [too_long_is_not_cut(UDP, 1500), too_long_is_not_cut(UDP, 1001), exactly_a_thousand(UDP)]),
    Criterion("5.9", 10, "UDP: Ctrl+C at one end is noticed at the other one", UDP, both_ways_to_leave(UDP)),
])
