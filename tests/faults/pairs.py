# SPDX-License-Identifier: MIT
"""A small real run of each pair of programs, and what is right about its result."""

import re

from lab import SLOWDOWN, Server, bytes_of, run, wav

SIZE = 1234  # 13 chunks of 100 bytes


class Pair:
    """`turn` counts the clients of one server from 1; each does something of its own."""

    patience = 20.0 * SLOWDOWN
    server_stdin = None
    client_stdin = None
    operated = False  # one of the two who talk sits at the server: without its terminal it may end

    def __init__(self, folder):
        self.folder = folder
        self.prepare()

    def prepare(self):
        pass

    def server(self, **options):
        return Server([self.server_name, *self.server_args()], stdin=self.server_stdin, **options)

    def before(self, server, turn):
        pass

    def client(self, server, turn, env=None):
        self.before(server, turn)
        return run([self.client_name, "-p", str(server.port), *self.client_args(turn)], env=env,
                   stdin=self.client_stdin, timeout=self.patience)

    def wrong(self, client, turn):
        """What is wrong about a client that says that all went well; None if nothing."""
        return None

    def early(self, client):
        """Whether the other side has ended a dialogue before its end, and the client says so."""
        return False

    def again(self, client):
        """Whether a client that was not served may come again, until it is."""
        return False

    def half(self):
        """A file under its final name that is not whole; None if there is none."""
        return None

    def false_claim(self, text):
        """What a program says of a file that is not so; None if nothing."""
        return None

    def told(self, server, served):
        """Whether the server's stdout tells of all clients that were served."""
        return True


class Files(Pair):
    size = SIZE

    def content(self, turn):
        return bytes_of(self.size, turn)

    def prepare(self):
        self.source.mkdir()
        for turn in range(1, 5):
            (self.source / f"f{turn}").write_bytes(self.content(turn))

    def half(self):
        for path in self.target.glob("*"):
            if path.name.endswith(".part"):
                continue
            if not path.name[1:].isdigit() or path.read_bytes() != self.content(int(path.name[1:])):
                return f"{path.name} is not whole ({path.stat().st_size} bytes)"
        return None

    def false_claim(self, text):
        for name in re.findall(r"kept in \S*?(f\d\.part)", text):
            if not (self.target / name).exists():
                return f"'kept in {name}', which is not there"
        return None

    def wrong(self, client, turn):
        path = self.target / f"f{turn}"
        return None if path.exists() else f"f{turn} is not there"

    source = property(lambda self: self.folder / "source")
    target = property(lambda self: self.folder / "target")


class Upload(Files):
    def server_args(self):
        return ["--dir", self.target]

    def client_args(self, turn):
        return [*self.options, self.source / f"f{turn}"]

    def told(self, server, served):
        return all(f"received f{turn}:" in server.out for turn in served)


class Problem1Tcp(Upload):
    server_name, client_name = "problem1/tcp_server", "problem1/tcp_client"
    options = ["--timeout", "50ms", "--retries", "6"]


class Problem1Window(Problem1Tcp):
    options = ["--timeout", "50ms", "--retries", "6", "--window", "8"]

    def server_args(self):
        return [*super().server_args(), "--no-overwrite"]


class Problem1Udp(Upload):
    server_name, client_name = "problem1/udp_server", "problem1/udp_client"
    options = ["--repair"]
    patience = 60.0

    def server_args(self):
        return ["--dir", self.target, "--idle-timeout", "1s"]


class Problem2(Files):
    server_name, client_name = "problem2/server", "problem2/client"
    size = 70_000

    def server_args(self):
        return ["--root", self.source, "--idle-timeout", "2s"]

    def client_args(self, turn):
        return ["--dir", self.target, "--verify", "--idle-timeout", "3s", f"f{turn}"]


class Problem2List(Problem2):
    def client_args(self, turn):
        return ["--list", "--idle-timeout", "3s"]

    def wrong(self, client, turn):
        names = [line.split("\t")[-1] for line in client.out.splitlines()]
        return None if names == ["f1", "f2", "f3", "f4"] else f"the list is {names}"


class Problem3(Pair):
    server_name, client_name = "problem3/server", "problem3/client"

    def server_args(self):
        return ["--idle-timeout", "2s"]

    def client_args(self, turn):
        return ["--timeout", "2s", str(turn), "x", "1000001"]

    def wrong(self, client, turn):
        return None if str(turn * 1000001) in client.out.split() else f"the result is {client.out!r}"


class Problem4(Files):
    server_name, client_name = "problem4/server", "problem4/client"

    def content(self, turn):
        return wav(9000 + turn)

    def prepare(self):
        super().prepare()
        self.target.mkdir()

    def server_args(self):
        return ["--root", self.source]

    def client_args(self, turn):
        return ["--output", self.target / f"f{turn}", f"f{turn}"]

    def half(self):
        return None  # a copy grows under its name, so that a player can follow it

    def wrong(self, client, turn):
        path = self.target / f"f{turn}"
        right = path.exists() and path.read_bytes() == self.content(turn)
        return None if right else f"f{turn} is not the file"

    def told(self, server, served):
        return all(f"sent f{turn} " in server.out for turn in served)


class Chat(Pair):
    """Two lines there, two lines back, from pipes. What the operator had for a client that failed may
    be left for the next one."""

    operated = True
    server_stdin = "open"
    client_stdin = b"one\ntwo\n"
    patience = 25.0

    def server_args(self):
        return []

    def client_args(self, turn):
        return []

    def before(self, server, turn):
        server.write(b"ONE\nTWO\n")
        # Over UDP the same first message, from a port that is used again at once, would be a late copy.
        self.client_stdin = b"one %d\ntwo\n" % turn

    def wrong(self, client, turn):
        lines = client.out.splitlines()
        right = lines == ["server: ONE", "server: TWO"] or (
            turn > 1 and len(lines) == 2 and set(lines) <= {"server: ONE", "server: TWO"})
        return None if right or self.early(client) else f"the client has read {lines}"

    def early(self, client):
        return client.out.count("\n") < 2 and re.search("has left|goodbye", client.err) is not None

    def again(self, client):
        """The line is held for somebody who has died without a word, for 10 s."""
        return "busy" in client.err

    def told(self, server, served):
        return server.out.count("client: two\n") >= len(served)


class Problem5Tcp(Chat):
    server_name, client_name = "problem5/tcp_chat_server", "problem5/tcp_chat_client"


class Problem5Udp(Chat):
    server_name, client_name = "problem5/udp_chat_server", "problem5/udp_chat_client"


class Problem6(Pair):
    server_name, client_name = "problem6/server", "problem6/client"
    client_stdin = b"one\ntwo\n"

    def server_args(self):
        return ["--auto-reply", "echo: %s", "--transcript", self.folder / "transcript"]

    def client_args(self, turn):
        return ["--name", f"guest{turn}x"]

    def wrong(self, client, turn):
        lines = [line.rsplit(" ", 1)[-1] for line in client.out.splitlines() if "echo: " in line]
        return None if lines == ["one", "two"] or self.early(client) \
            else f"the client has read {client.out!r}"

    def early(self, client):
        return client.out.count("echo: ") < 2 and re.search("closing|closed|has left|goodbye", client.err) is not None

    def told(self, server, served):
        return all(f"guest{turn}x] two" in server.out for turn in served)


PAIRS = {
    "1-tcp": Problem1Tcp, "1-window": Problem1Window, "1-udp": Problem1Udp, "2": Problem2, "2-list": Problem2List,
    "3": Problem3, "4": Problem4, "5-tcp": Problem5Tcp, "5-udp": Problem5Udp, "6": Problem6,
}
