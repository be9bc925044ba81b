# SPDX-License-Identifier: MIT
"""Problem 2, a concurrent file server: `GET name`, then `OK size` and the bytes; a thread for each client."""

import os
import time

from .program import how_it_ended
from .rubric import Criterion, Failure, Problem, quoted
from .wire import Lines, answer, says_where_it_listens, threads_below

PAIR = ("server", "client")
CROWD = 50
ONE_BY_ONE = "clients are served one after the other"
SECRET = b"nobody outside may read this\n"


def serve(lab, **files):
    """A server with these files in its folder: a size each."""
    server = lab.server("server")
    server.contents = {name: lab.bytes(size) for name, size in files.items()}
    for name, data in server.contents.items():
        server.file(name, data)
    return server


def download(lab, server, name, wanted, done, seconds=6):
    """The submission's client fetches a file; it has to be the right one."""
    folder = lab.folder()
    client = lab.client("client", server.port, name, folder=folder)
    again = lab.command(server.program, client)
    code = client.wait(seconds)
    if code is None:
        raise Failure(done, "the client to end", f"it still ran after {seconds} s", timeout=True, again=again)
    if code != 0:
        raise Failure(done, "exit code 0 of the client", f"{how_it_ended(code)}; it said {client.said}",
                      again=again)
    got = lab.find(folder, name, "downloads")
    if got is None:
        raise Failure(done, f"downloads/{name} where the client runs", "there was none", again=again)
    if got != wanted:
        raise Failure(done, f"the {len(wanted)} bytes of the file", f"{len(got)} bytes came, and they are different",
                      again=again)


def fetches(size):
    """A case: client and server, one file."""
    def case(lab):
        server = serve(lab, file=size)
        download(lab, server, "file", server.contents["file"], f"fetched a file of {size} bytes with the client")
    return case


def ask(lab, server, name, cut=0):
    """A plain connection on which a file was asked for, `cut` bytes of the line at a time if not 0."""
    lines = Lines(server.connect(), lab.supervisor)
    request = f"GET {name}\n"
    for start in range(0, len(request), cut or len(request)):
        lines.send(request[start:start + (cut or len(request))])
        if cut:
            time.sleep(0.02)
    return lines


def ok_size(lines, done, server, name):
    """The size that the server's first line tells."""
    expected = "a line `OK <size>`"
    line = answer(lines, done, expected, again=server.by_hand(f"GET {name}\n"))
    words = line.split()
    if len(words) != 2 or words[0] != "OK" or not words[1].isdigit():
        raise Failure(done, expected, f"it was {quoted(line)}", again=server.by_hand(f"GET {name}\n"))
    return int(words[1])


def speaks_the_protocol(size, cut=0):
    """A case: what the server says to a plain connection."""
    def case(lab):
        server = serve(lab, file=size)
        done = f"sent `GET file` ({size} bytes) to the server" + (f", {cut} letters at a time" if cut else "")
        lines = ask(lab, server, "file", cut)
        said = ok_size(lines, done, server, "file")
        try:
            data = lines.exactly(size, 3)
        except TimeoutError:
            data = lines.waiting
        if said != size or data != server.contents["file"]:
            raise Failure(done, f"OK {size} and the bytes of the file",
                          f"it was OK {said} and {len(data)} bytes, {'the' if data else 'not the'} right ones"
                          if data == server.contents["file"] else f"it was OK {said} and {len(data)} wrong bytes",
                          again=server.by_hand("GET file\n"))
    return case


def server_refuses_a_missing_file(lab):
    server = serve(lab, file=100)
    done = "sent `GET nothing` to the server, where there is no such file"
    line = answer(ask(lab, server, "nothing"), done, "a line `ERROR <reason>`",
                  again=server.by_hand("GET nothing\n"))
    if not line.upper().startswith("ERROR"):
        raise Failure(done, "a line `ERROR <reason>`", f"it was {quoted(line)}",
                      again=server.by_hand("GET nothing\n"))


def client_reports_a_missing_file(lab):
    server = serve(lab, file=100)
    folder = lab.folder()
    client = lab.client("client", server.port, "nothing", folder=folder)
    done, again = "asked the client for a file that is not there", lab.command(server.program, client)
    code = client.wait(5)
    if code is None:
        raise Failure(done, "the client to end", "it still ran after 5 s", timeout=True, again=again)
    if code <= 0:
        raise Failure(done, "an exit code that is not 0", how_it_ended(code), again=again)
    if lab.find(folder, "nothing", "downloads") is not None:
        raise Failure(done, "no file", "it made one", again=again)


# Many at once


def stuck_download(lab, server, name):
    """A client that has asked for a large file, reads its first line, and then nothing for a while."""
    lines = Lines(server.connect(small_buffers=True), lab.supervisor)
    lines.send(f"GET {name}\n")
    return lines


def short_one_finishes_during_a_long_one(own_client):
    """A case: a slow reader makes the long download long; the short one has to come through meanwhile."""
    def case(lab):
        server = serve(lab, long=4 << 20, short=1000)
        slow = stuck_download(lab, server, "long")
        done = "asked for a short file while a long one is on its way to somebody who reads slowly"
        ok_size(slow, "asked for a long file", server, "long")
        if own_client:
            served(lambda: download(lab, server, "short", server.contents["short"], done, seconds=4))
        else:
            served(lambda: ok_size(ask(lab, server, "short"), done, server, "short"))
        received = slow.exactly(1 << 20, 6)
        if received != server.contents["long"][:1 << 20]:
            raise Failure("read on in the long download after the short one", "the rest of the long file",
                          f"it went wrong after {len(received)} bytes")
    return case


def served(action):
    """Who waits in vain while another one is served shows one and the same mistake of the server."""
    try:
        action()
    except Failure as failure:
        failure.again = None
        failure.cause = ONE_BY_ONE if failure.timeout else None
        raise


def crowd_of(lab, server):
    """Fifty clients that are all in the middle of their download."""
    everyone = [stuck_download(lab, server, "file") for _ in range(CROWD)]
    end = lab.supervisor.end_of_wait(4)
    done = f"let {CROWD} clients ask for a file at the same time"
    for served, lines in enumerate(everyone):
        try:
            line = lines.line(max(0.05, end - time.monotonic()))
        except TimeoutError:
            line = None
        if line is None or not line.startswith("OK"):
            came = f"after 4 s {served} of them {'was' if served == 1 else 'were'}"
            raise Failure(done, "all of them to be served at once", came, timeout=True, cause=ONE_BY_ONE)
    return everyone


def a_thread_for_each(lab):
    server = serve(lab, file=1 << 20)
    before = threads_below(server.program.pid)
    crowd_of(lab, server)
    more = threads_below(server.program.pid) - before
    if more < CROWD:
        raise Failure(f"counted the server's threads while {CROWD} clients are served", f"{CROWD} more than before",
                      f"there were {more} more")


def each_gets_its_file(lab):
    server = serve(lab, file=1 << 18)
    for number, lines in enumerate(crowd_of(lab, server)):
        data = lines.exactly(1 << 18, 4)
        if data != server.contents["file"]:
            raise Failure(f"let {CROWD} clients fetch a file at the same time", "all of them to get it whole",
                          f"client {number + 1} got {len(data)} of {1 << 18} bytes")


def survives_who_leaves(lab):
    server = serve(lab, long=4 << 20, short=1000)
    for _ in range(3):
        slow = stuck_download(lab, server, "long")
        slow.line(3)
        slow.connection.close()
    download(lab, server, "short", server.contents["short"], "fetched a file after others left in the middle of theirs")


# Names that lead out


def keeps_inside(name):
    """A case: a name that leads to a file outside the server's folder gets nothing of it."""
    def case(lab):
        server = serve(lab, file=100)
        secret = os.path.join(lab.supervisor.folder, "secret.txt")
        with open(secret, "wb") as file:
            file.write(SECRET)
        os.chmod(secret, 0o644)
        done = f"sent `GET {name}`, which leads out of the server's folder, to the server"
        again = server.by_hand(f"GET {name}\n")
        lines = ask(lab, server, name)
        line = answer(lines, done, "a line `ERROR <reason>`", again=again)
        if not line.upper().startswith("ERROR"):
            raise Failure(done, "a line `ERROR <reason>`", f"it was {quoted(line)}: the server sends that file",
                          again=again)
    return case


PROBLEM = Problem(2, [
    Criterion("2.1", 5, "The server says `listening on ADDRESS:PORT`", ("server",), [says_where_it_listens("server")]),
    Criterion("2.2", 20, "The client names a file and gets it unchanged", PAIR,
              [fetches(size) for size in (1000, 0, 1, 200000)]),
    Criterion("2.3", 15, "The server answers `GET name` with `OK size` and the bytes", ("server",),
              [speaks_the_protocol(1000), speaks_the_protocol(0), speaks_the_protocol(100000),
               speaks_the_protocol(500, cut=3)]),
    Criterion("2.4", 10, "A file that is not there is an error, at both ends", PAIR,
              [server_refuses_a_missing_file, client_reports_a_missing_file]),
    Criterion("2.5", 25, "A short download finishes while a long one is still running", PAIR,
              [short_one_finishes_during_a_long_one(True), short_one_finishes_during_a_long_one(False)]),
    Criterion("2.6", 15, "Fifty clients at once, a thread for each", ("server",),
              [a_thread_for_each, each_gets_its_file, survives_who_leaves]),
    Criterion("2.7", 10, "No name leads out of the server's folder", ("server",),
              [keeps_inside("../secret.txt"), keeps_inside("./../secret.txt"), keeps_inside("/etc/passwd")]),
])
