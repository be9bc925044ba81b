# SPDX-License-Identifier: MIT
"""What a check works with: the submission's programs, folders to run them in, ports, and words for it all."""

import os
import random
import re
import shlex
import shutil
import socket
import time

from .program import how_it_ended
from .rubric import Failure, quoted
from .submission import entries_of

START_SECONDS = 5
LISTENING = re.compile(r"listening on +\S*:(\d+)", re.IGNORECASE)
LISTEN_STATE = "0A"


def port_is_bound(port, transport):
    """True if a socket of this network listens there. Asked of the kernel: a connection would be a client."""
    for version in ("", "6"):
        try:
            with open(f"/proc/thread-self/net/{transport}{version}", encoding="ascii") as file:
                rows = [line.split() for line in file.readlines()[1:]]
        except OSError:
            continue
        for row in rows:
            if int(row[1].rpartition(":")[2], 16) == port and (transport == "udp" or row[3] == LISTEN_STATE):
                return True
    return False


class Ports:
    """A hundred ports that no other grader uses, also where all have the same network."""

    COUNT = 100

    def __init__(self):
        self.lease = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.first = next(first for first in range(12000, 32000, self.COUNT) if self._take(first))
        self.used = 0

    def _take(self, first):
        """True if this block is ours now: the name of a socket has one owner, and is free again when that ends."""
        try:
            self.lease.bind(f"\0netlab-grading-{first}")
        except OSError:
            return False
        return True

    def next(self):
        """A new one each time, since a server that was just ended may still have its old one taken."""
        while True:
            port = self.first + self.used % self.COUNT
            self.used += 1
            if not port_is_bound(port, "tcp") and not port_is_bound(port, "udp"):
                return port


class Server:
    """A server of the submission that has been started, and where it listens."""

    def __init__(self, lab, name, transport, keyboard=False):
        self.lab, self.name, self.transport = lab, name, transport
        self.folder = lab.folder()
        self.port = lab.ports.next()
        self.program = lab.start(name, *lab.address(self.port), folder=self.folder, keyboard=keyboard)

    def wait_until_ready(self):
        """Ready is whose port is bound: the line may be missing, and costs points elsewhere."""
        end = self.lab.supervisor.end_of_wait(START_SECONDS)
        while not port_is_bound(self.port, self.transport):
            if self.program.code is not None:
                self.program.wait(1)
                self._fail(f"it ended at once, {how_it_ended(self.program.code)}; it said "
                           f"{self.program.said}")
            if time.monotonic() > end:
                self._fail(f"{self.transport.upper()} port {self.port} was not bound within {START_SECONDS} s; "
                           f"it said {self.program.said}", timeout=True)
            self.lab.supervisor.check()
            time.sleep(0.005)
        return self

    def _fail(self, came, timeout=False):
        raise Failure(f"started a copy of {self.name}, the file alone", "it to listen", came, timeout=timeout,
                      again=self.lab.command(self.program), cause=f"{self.name} does not start")

    def says_where_it_listens(self):
        """True if the line is there, with the port."""
        def said():
            found = LISTENING.search(self.program.out)
            return found and int(found[1]) == self.port
        return self.program.sees(said, 1)

    def file(self, name, data=None):
        """A path in the folder it runs in; with data, such a file is made, for everybody to read."""
        return self.lab.file(self.folder, name, data)

    def by_hand(self, text):
        """How to send the same text with nc(1)."""
        escaped = text.replace("\\", "\\\\").replace("%", "%%").replace("'", "'\\''").replace("\n", "\\n")
        return f"{self.lab.command(self.program)} & sleep 1; printf '{escaped}' | nc 127.0.0.1 {self.port}"

    def connect(self, small_buffers=False, seconds=3):
        """A plain TCP connection to it. With small buffers, the server soon has to wait for us to read."""
        connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if small_buffers:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
        connection.settimeout(seconds)
        self.lab.connections.append(connection)
        try:
            connection.connect(("127.0.0.1", self.port))
        except OSError as error:
            raise Failure(f"connected to {self.name}", "a connection", f"{error.strerror or error}",
                          timeout=isinstance(error, TimeoutError)) from None
        return connection


class Lab:
    """One submission in one problem."""

    def __init__(self, supervisor, programs_folder, shown_as, seed):
        self.supervisor = supervisor
        self.programs_folder = programs_folder
        self.shown_as = shown_as
        self.random = random.Random(seed)
        self.folders = 0
        self.ports = Ports()
        self.servers = []
        self.connections = []
        self.proxies = []
        self.memory = {}
        self.worked = set()

    # Running things

    def has(self, program):
        return os.access(os.path.join(self.programs_folder, program), os.X_OK)

    def start(self, name, *arguments, folder=None, keyboard=False):
        """Runs one of the submission's programs, in a folder of its own if none is given."""
        path = os.path.join(self.programs_folder, name)
        try:
            return self.supervisor.start([path, *map(str, arguments)], folder or self.folder(), keyboard)
        except OSError as error:
            raise Failure(f"started {name}", "it to run", f"the system said: {error.strerror}",
                          cause=f"{name} does not start") from None

    def server(self, name, transport="tcp", keyboard=False):
        """Starts a server, and waits until it listens."""
        server = Server(self, name, transport, keyboard)
        self.servers.append(server)
        return server.wait_until_ready()

    def client(self, name, port, *operands, **options):
        """Starts a client for a server, or a proxy, at that port."""
        return self.start(name, *self.address(port), *operands, **options)

    def address(self, port):
        return "--host", "127.0.0.1", "--port", str(port)

    def keep(self, proxy):
        """A proxy that ends with the case."""
        self.proxies.append(proxy)
        return proxy

    def end_case(self):
        """Nothing of one case is left for the next one."""
        for proxy in self.proxies:
            proxy.close()
        for connection in self.connections:
            connection.close()
        self.supervisor.stop()
        self.proxies, self.connections, self.servers = [], [], []

    def once(self, key, make):
        """What several cases look at and is observed once: make(), or what it threw the first time."""
        if key not in self.memory:
            try:
                self.memory[key] = make(), None
            except Failure as failure:
                failure.cause = failure.cause or f"{key}"
                self.memory[key] = None, failure
        value, failure = self.memory[key]
        if failure:
            raise failure
        return value

    def unless_worked(self, what):
        """The cause of a failure: that this has never worked. None if it has: then it is something else."""
        return None if what in self.worked else f"never: {what}"

    def dead_server(self):
        """What is to be said of a server that has ended by itself, None if all run."""
        for server in self.servers:
            code = server.program.code
            if code is not None and not server.program.stopped_by_us and code != 0:
                return f"{server.name} was meanwhile {how_it_ended(code)}" if code < 0 else \
                    f"{server.name} had meanwhile ended with {how_it_ended(code)}"
        return None

    # Files, ports, words

    def folder(self):
        """A new folder that the submission may write to."""
        self.folders += 1
        path = os.path.join(self.supervisor.folder, f"run{self.folders}")
        os.mkdir(path)
        if self.supervisor.user is not None:
            os.chown(path, self.supervisor.user, self.supervisor.user)
        return path

    def file(self, folder, name, data=None):
        path = os.path.join(folder, name)
        if data is not None:
            with open(path, "wb") as file:
                file.write(data)
            if self.supervisor.user is not None:
                os.chown(path, self.supervisor.user, self.supervisor.user)
        return path

    def bytes(self, count):
        """Random ones, with every value in them, newlines and zeros too."""
        return self.random.randbytes(count)

    def command(self, *programs):
        """How to run these programs by hand: all but the last one in the background, each when the one before is up."""
        return " & sleep 1; ".join(shlex.join([self._shown(program), *program.argv[1:]]) for program in programs)

    def command_in(self, folder, program):
        """The same in a folder of its own."""
        command = shlex.join([os.path.abspath(self._shown(program)), *program.argv[1:]])
        return f"(mkdir -p {folder}; cd {folder}; exec {command})"

    def _shown(self, program):
        return os.path.join(self.shown_as, program.name)

    @staticmethod
    def find(folder, name, *subfolders):
        """The bytes of the file of that name in `folder` or one of its subfolders, None if there is none.

        Without a name, of the largest file there.
        """
        places = [os.path.join(folder, place) for place in ("", *subfolders)]
        paths = [os.path.join(place, entry) for place in places if os.path.isdir(place)
                 for entry in ([name] if name else entries_of(place))]
        paths = [path for path in paths if os.path.isfile(path) and not os.path.islink(path)]
        try:
            with open(paths[0] if name else max(paths, key=os.path.getsize), "rb") as file:
                return file.read()
        except (IndexError, ValueError, OSError):  # none, or it is just getting another name
            return None


def copy_programs(source, target, names):
    """The programs where the submission's user can run them, and cannot change them."""
    os.makedirs(target)
    for name in names:
        path = os.path.join(source, name)
        if os.path.isfile(path) and os.access(path, os.X_OK):
            shutil.copyfile(path, os.path.join(target, name))
            os.chmod(os.path.join(target, name), 0o755)
