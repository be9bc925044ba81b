# SPDX-License-Identifier: MIT
"""Problem 4, streaming: a clip comes in datagrams of random size, and is played while it is still arriving."""

import os
import selectors
import struct
import threading
import time

from .program import how_it_ended
from .proxy import SERVER, DatagramProxy
from .rubric import Criterion, Failure, Problem
from .wire import says_where_it_listens

PAIR = ("server", "client")
RATE = 64000  # bytes per second of the clip
SECONDS = 8
LOWEST, HIGHEST = 1000, 2000
MAX_HEADER = 64
MAX_OTHER = 200
HEAD = 44
TOLERANCE = 0.5  # seconds, for what a busy machine takes


def wav(lab, seconds):
    """A WAV file of noise: 16 bits, one channel. The bytes per second stand at offset 28."""
    samples = lab.bytes(int(RATE * seconds))
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, RATE // 2, RATE, 2, 16)
    body = form + struct.pack("<4sI", b"data", len(samples)) + samples
    return struct.pack("<4sI4s", b"RIFF", 4 + len(body), b"WAVE") + body


class Player:
    """A program that plays nothing: it hands what comes on its stdin to us, who write down what came when.

    It stays `linger` seconds after the end of its input, as one that still plays what it has.
    """

    def __init__(self, lab, linger=0):
        folder = lab.folder()
        self.pipe, self.path = os.path.join(folder, "pipe"), os.path.join(folder, "player")
        self.end_mark = os.path.join(folder, "ended")
        os.mkfifo(self.pipe)
        lab.file(folder, "player", f"#!/bin/sh\ncat >{self.pipe}\nsleep {linger}\n: >{self.end_mark}\n".encode())
        os.chmod(self.path, 0o755)
        os.chmod(self.pipe, 0o666)
        self.end = os.open(self.pipe, os.O_RDONLY | os.O_NONBLOCK)
        self.data, self.arrivals = bytearray(), []  # (time, bytes so far)
        self.done = False
        self.thread = threading.Thread(target=self._record, daemon=True)
        self.thread.start()

    def _record(self):
        with selectors.DefaultSelector() as selector:
            selector.register(self.end, selectors.EVENT_READ)
            while not self.done:
                if not selector.select(0.05):
                    continue
                some = os.read(self.end, 65536)
                if not some:  # nobody has it open (any more)
                    time.sleep(0.01)
                    continue
                self.data += some
                self.arrivals.append((time.monotonic(), len(self.data)))

    def has_ended(self):
        return os.path.exists(self.end_mark)

    def close(self):
        """Takes what is still in the pipe, and ends."""
        time.sleep(0.05 if self.has_ended() else 0.5)
        self.done = True
        self.thread.join()
        os.close(self.end)


class Stream:
    """A clip that was streamed: what passed on the way, what came out."""

    def __init__(self, lab, server, clip, name, seconds, proxy=None, linger=0):
        self.clip, self.seconds = clip, seconds
        player = Player(lab, linger)
        client = lab.client("client", proxy.port if proxy else server.port, "--player", player.path, name)
        self.again = f"{make_wav(name, len(clip) - HEAD)}; {by_hand(lab, server, client, player, proxy)}"
        client.sees(lambda: client.code is not None, seconds)  # wait() also waits for what the player may still print
        self.player_had_ended = player.has_ended()
        self.code = client.wait(0)
        player.close()
        self.data, self.arrivals = bytes(player.data), player.arrivals
        self.from_server = proxy.datagrams(SERVER) if proxy else []
        self.said = client.said

    def sent(self):
        """When the datagrams with the clip passed, by their sizes; all of the server if none is large enough."""
        times = [when for _, data, when in self.from_server if len(data) >= MAX_OTHER]
        return times or [when for _, _, when in self.from_server]

    def fail(self, expected, came, timeout=False, cause=None):
        raise Failure(f"streamed a WAV file of {len(self.clip) / RATE:.1f} s ({len(self.clip)} bytes)", expected, came,
                      timeout=timeout, again=self.again, cause=cause)

    def must_be_whole(self):
        if not self.data:
            self.fail("the player to get it on its stdin", f"it got nothing; the client said {self.said}",
                      timeout=self.code is None, cause="nothing comes out of the client")
        if self.data != self.clip:
            same = os.path.commonprefix([self.data, self.clip])
            self.fail("all bytes at the player, unchanged",
                      f"{len(self.data)} came, of which the first {len(same)} were right")


def make_wav(name, size):
    """A command that makes such a file."""
    return (f'python3 -c "import os, wave; f = wave.open(\'{name}\', \'wb\'); '
            f'f.setparams((1, 2, {RATE // 2}, 0, \'NONE\', None)); f.writeframes(os.urandom({size}))"')


def by_hand(lab, server, client, player, proxy=None):
    """The command for these two, without a proxy and with a player that everybody has."""
    command = lab.command(server.program, client).replace(player.path, "'cat > copy.wav'")
    return command.replace(f"--port {proxy.port}", f"--port {server.port}") if proxy else command


def the_stream(lab):
    """The clip that all criteria look at: streamed once, since it takes its time."""
    def observe():
        server = lab.server("server", "udp")
        clip = wav(lab, SECONDS)
        server.file("clip.wav", clip)
        proxy = lab.keep(DatagramProxy(server.port))
        stream = Stream(lab, server, clip, "clip.wav", 2 * SECONDS + 4, proxy, linger=1)
        if not stream.from_server:
            stream.must_be_whole()
        return stream
    return lab.once("the stream of the clip", observe)


def arrives_whole(lab):
    the_stream(lab).must_be_whole()


def client_ends_with_zero(lab):
    stream = the_stream(lab)
    if stream.code is None:
        stream.fail("the client to end after the clip", f"it still ran after {stream.seconds} s", timeout=True)
    if stream.code != 0:
        stream.fail("exit code 0 of the client", f"{how_it_ended(stream.code)}; it said {stream.said}")
    if not stream.data:
        stream.must_be_whole()


def client_waits_for_the_player(lab):
    stream = the_stream(lab)
    if not stream.player_had_ended:
        stream.fail("the client to wait for a player that ends 1 s after its input",
                    "the player had not ended" if stream.code is None else "the client ended before it")


# Datagrams


def payload_datagrams(lab):
    """The sizes of the datagrams that carry the clip, and how much of each is header."""
    stream = the_stream(lab)
    came = [data for _, data, _ in stream.from_server]
    sizes = [len(data) for data in came if len(data) >= LOWEST]
    if len(sizes) < len(stream.clip) // HIGHEST // 2:
        most = max(map(len, came), default=0)
        stream.fail(f"datagrams of {LOWEST} to {HIGHEST} bytes and a header",
                    f"the server sent {len(came)} datagrams, none larger than {most} bytes" if most < LOWEST
                    else f"only {len(sizes)} of {len(came)} datagrams have {LOWEST} bytes or more")
    return stream, sizes


def sizes_in_range(lab):
    stream, sizes = payload_datagrams(lab)
    if max(sizes) > HIGHEST + MAX_HEADER:
        stream.fail(f"no more than {HIGHEST} bytes of the clip and a header of at most {MAX_HEADER} in a datagram",
                    f"one had {max(sizes)} bytes")
    if min(sizes[:-1]) < LOWEST:
        stream.fail(f"at least {LOWEST} bytes in all but the last datagram", f"one had {min(sizes)}")
    small = [len(data) for _, data, _ in stream.from_server if MAX_OTHER <= len(data) < LOWEST]
    if len(small) > 2:
        stream.fail(f"at least {LOWEST} bytes in all but the last datagram", f"{len(small)} had less")


def sizes_at_random(lab):
    stream, sizes = payload_datagrams(lab)
    distinct = len(set(sizes))
    if distinct < len(sizes) // 3:
        stream.fail("random sizes", f"{len(sizes)} datagrams had only {distinct} different sizes")
    low = min(sizes)
    quarters = [0] * 4
    for size in sizes:
        quarters[min(3, (size - low) * 4 // (HIGHEST - LOWEST))] += 1
    if min(quarters) < len(sizes) * 0.12:
        stream.fail(f"sizes spread evenly over {LOWEST}..{HIGHEST}",
                    f"the quarters of that range had {', '.join(map(str, quarters))} datagrams")


# Time


def takes_its_time(lab):
    stream = the_stream(lab)
    times = stream.sent()
    took = times[-1] - times[0]
    if took < SECONDS / 2 - TOLERANCE:
        stream.fail(f"the server to send it at the speed at which it is played, over {SECONDS / 2:.0f} s or more",
                    f"everything was sent within {took:.1f} s", cause="sent as a download")


def never_starves(lab):
    """A player that begins 2.5 s after its first bytes and plays at the clip's speed always has something to play.

    A download says nothing about that.
    """
    takes_its_time(lab)
    stream = the_stream(lab)
    if not stream.arrivals:
        stream.fail("the player to get something", "it got nothing")
    start = stream.arrivals[0][0] + 2.5
    position = 0
    for when, so_far in stream.arrivals:
        needed = (when - start) * RATE
        if needed > position + RATE / 4:
            stream.fail("what is played to be there in time", f"after {when - stream.arrivals[0][0]:.1f} s only "
                        f"{position / RATE:.1f} s of the clip had come")
        position = so_far


def plays_while_it_arrives(lab):
    stream = the_stream(lab)
    sent = stream.sent()
    if not stream.arrivals:
        stream.must_be_whole()
    first = stream.arrivals[0][0] - sent[0]
    if first > 2.5 + TOLERANCE:
        stream.fail("the player to get the first bytes within 2.5 s",
                    f"they came {first:.1f} s after the first datagram")
    had = max((so_far for when, so_far in stream.arrivals if when <= sent[-1]), default=0)
    if had < len(stream.clip) / 2:
        stream.fail("the player to get half of it before the last datagram is sent", f"it had {had} bytes by then")


# Others


def no_such_clip(lab):
    server = lab.server("server", "udp")
    player = Player(lab)
    client = lab.client("client", server.port, "--player", player.path, "nothing.wav")
    again = by_hand(lab, server, client, player)
    code = client.wait(5)
    player.close()
    done = "asked for a clip that is not there"
    if code is None:
        raise Failure(done, "the client to end", "it still ran after 5 s", timeout=True, again=again)
    if code <= 0:
        raise Failure(done, "an exit code that is not 0", how_it_ended(code), again=again)


def the_next_client(lab):
    server = lab.server("server", "udp")
    for number in range(2):
        clip = wav(lab, 0.75)
        name = f"clip{number}.wav"
        server.file(name, clip)
        Stream(lab, server, clip, name, 6).must_be_whole()


PROBLEM = Problem(4, [
    Criterion("4.1", 5, "The server says `listening on ADDRESS:PORT`", ("server",),
              [says_where_it_listens("server", "udp")]),
    Criterion("4.2", 20, "The clip that the client names arrives at the player, byte for byte", PAIR, [arrives_whole]),
    Criterion("4.3", 25, "Datagrams of random size, 1000 to 2000 bytes of the clip in each", PAIR,
              [sizes_in_range, sizes_at_random]),
    Criterion("4.4", 20, "It is sent as fast as it is played, not as a download, and not too slowly", PAIR,
              [takes_its_time, never_starves]),
    Criterion("4.5", 15, "The player gets it while it is still arriving", PAIR, [plays_while_it_arrives]),
    Criterion("4.6", 5, "A clip that is not there is an error", PAIR, [no_such_clip]),
    Criterion("4.7", 5, "The server goes on with the next client", PAIR, [the_next_client]),
    Criterion("4.8", 5, "The client ends when the player has ended, with exit code 0", PAIR,
              [client_ends_with_zero, client_waits_for_the_player]),
])
