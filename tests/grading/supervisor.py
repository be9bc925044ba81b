# SPDX-License-Identifier: MIT
"""Runs programs that nobody trusts, watches them, and leaves nothing of them behind."""

import ctypes
import fcntl
import os
import pwd
import resource
import signal
import socket
import struct
import subprocess
import termios
import threading
import time
from dataclasses import dataclass

CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000
PR_SET_CHILD_SUBREAPER = 36
SIOCSIFFLAGS = 0x8914
IFF_UP = 0x1
MIB = 1 << 20

libc = ctypes.CDLL(None, use_errno=True)


@dataclass
class Limits:
    """What all programs of a submission may take together; one check's worth is far below."""

    processes: int = 200
    threads: int = 2000
    memory: int = 2048 * MIB
    processor_seconds: int = 60
    output: int = 16 * MIB
    files: int = 512 * MIB
    file_size: int = 256 * MIB
    descriptors: int = 4096


class LimitExceeded(Exception):
    """The submission took more than it may; it has been killed. The text says of what."""


class OutOfTime(Exception):
    """The time for the whole problem is over."""


# ---- Processes ----------------------------------------------------------------------------------------


def become_subreaper():
    """Orphans come to us, not to init: a daemon cannot leave the tree in which we look for it."""
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def read_stat(pid):
    """(parent, state, threads, seconds of processor time, resident bytes), or None if it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return None
    seconds = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return int(fields[1]), fields[0], int(fields[17]), seconds, int(fields[21]) * resource.getpagesize()


def descendants(root):
    """{pid: stat} of all that come from the process `root`, without itself."""
    stats, children = {}, {}
    for name in os.listdir("/proc"):
        if name.isdigit() and (stat := read_stat(name)):
            stats[int(name)] = stat
            children.setdefault(stat[0], []).append(int(name))
    found, todo = {}, [root]
    while todo:
        for pid in children.get(todo.pop(), ()):
            found[pid] = stats[pid]
            todo.append(pid)
    return found


def kill_descendants(root, reap, keep=()):
    """Ends all that come from `root`, stopped first, so that none starts another while it is looked for.

    Spares `keep` and what comes from them. Calls reap() for what has died. Returns once there is nothing
    left, but for what sleeps in the kernel.
    """
    end = time.monotonic() + 5
    while time.monotonic() < end:
        found = descendants(root)
        for pid in keep:
            for spared in (pid, *descendants(pid)):
                found.pop(spared, None)
        alive = {pid for pid, stat in found.items() if stat[1] not in (b"Z", b"X")}
        if not alive:
            break
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in alive:
                send_signal(pid, number)
        reap()
        time.sleep(0.005)
    reap()


def send_signal(pid, number):
    """kill(2); a process that is gone needs none."""
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        pass


def reap_orphans(keep):
    """Takes in what has died here and is not in `keep`: those have a Popen that waits for them."""
    me = os.getpid()
    for pid, stat in descendants(me).items():
        if stat[0] == me and stat[1] == b"Z" and pid not in keep:
            try:
                os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:
                pass


# ---- A network and a user of their own -----------------------------------------------------------------


def enter_private_network():
    """A network with nothing but its own loopback, where that is permitted. True if it is."""
    if libc.unshare(CLONE_NEWNET) != 0 and not enter_as_own_root():
        return False
    request = struct.pack("16sh14x", b"lo", IFF_UP)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, SIOCSIFFLAGS, request)
    return True


def enter_as_own_root():
    """The same for who is not root: a user namespace, in which all are who they were."""
    user, group = os.geteuid(), os.getegid()
    if libc.unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0:
        return False
    for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)
    return True


def spare_user(folder):
    """A user id for this submission alone, or None if we cannot give it one that can enter `folder`."""
    if os.geteuid() != 0 or not reachable_by_all(folder):
        return None
    user = 20000 + os.getpid() % 30000
    while is_known(user):
        user += 1
    try:
        subprocess.run(["/bin/true"], user=user, group=user, extra_groups=[], check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return user


def is_known(user):
    """True if the system has a name for this user id."""
    try:
        pwd.getpwuid(user)
    except KeyError:
        return False
    return True


def reachable_by_all(folder):
    """True if every folder on the way may be passed by everybody."""
    while folder != "/":
        folder = os.path.dirname(folder)
        if not os.stat(folder).st_mode & 0o001:
            return False
    return True


# ---- Programs --------------------------------------------------------------------------------------------


def open_terminal(lines_in):
    """A pseudo-terminal: for a keyboard, lines go in as they are typed; for a screen, bytes come as they are."""
    master, slave = os.openpty()
    attributes = termios.tcgetattr(slave)
    attributes[1] &= ~termios.OPOST
    attributes[3] &= ~termios.ECHO
    if not lines_in:
        attributes[3] &= ~termios.ICANON
    termios.tcsetattr(slave, termios.TCSANOW, attributes)
    return master, slave


def how_it_ended(code):
    """An exit code in words, a signal by its name."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"


class Program:
    """A program that runs. Its stdout is a terminal, so that what it prints is not kept back in a buffer."""

    def __init__(self, supervisor, argv, folder, keyboard):
        self.supervisor = supervisor
        self.argv = argv
        self.name = os.path.basename(argv[0])
        self.stopped_by_us = False
        self.changed = threading.Condition()
        self.streams = {"out": bytearray(), "err": bytearray()}
        self.printed = 0
        self._start(folder, keyboard)

    def _start(self, folder, keyboard):
        screen, screen_end = open_terminal(lines_in=False)
        errors, errors_end = os.pipe()
        if keyboard:
            self.input, input_end = open_terminal(lines_in=True)
        else:
            input_end, self.input = os.pipe()
        user = self.supervisor.user
        identity = {} if user is None else {"user": user, "group": user, "extra_groups": []}
        try:
            self.process = subprocess.Popen(self.argv, cwd=folder, stdin=input_end, stdout=screen_end, stderr=errors_end,
                                            start_new_session=True, env=self.supervisor.environment, **identity)
        except (OSError, subprocess.SubprocessError):
            for end in (screen, errors, self.input):
                os.close(end)
            raise
        finally:
            for end in (screen_end, errors_end, input_end):
                os.close(end)
        self.readers = [threading.Thread(target=self._read, args=pair, daemon=True)
                        for pair in ((screen, "out"), (errors, "err"))]
        for reader in self.readers:
            reader.start()

    def _read(self, descriptor, stream):
        """Takes all that comes, so that the program never waits for us; keeps what one might want to see."""
        while True:
            try:
                some = os.read(descriptor, 65536)
            except OSError:  # EIO: the other end of the terminal is closed
                some = b""
            with self.changed:
                self.printed += len(some)
                if len(self.streams[stream]) < 4 * MIB:
                    self.streams[stream] += some
                self.changed.notify_all()
            if not some:
                break
        os.close(descriptor)

    @property
    def pid(self):
        return self.process.pid

    @property
    def out(self):
        """What stands on stdout so far."""
        return self.streams["out"].decode("utf-8", "replace")

    @property
    def screen(self):
        """What the user sees: stdout and stderr."""
        return self.out + self.streams["err"].decode("utf-8", "replace")

    def type(self, *lines):
        """Types lines, each with Enter."""
        for line in lines:
            data = line.encode() + b"\n"
            while data:
                try:
                    data = data[os.write(self.input, data):]
                except OSError:  # nobody reads any more
                    return

    def interrupt(self):
        """Ctrl+C: SIGINT for all of the program's own process group."""
        try:
            os.killpg(self.pid, signal.SIGINT)
        except ProcessLookupError:
            pass

    @property
    def code(self):
        """Its exit code, negative for a signal; None while it runs."""
        return self.process.poll()

    def sees(self, condition, seconds):
        """Waits until condition() of what was printed is true. False if it is not in time."""
        end = self.supervisor.end_of_wait(seconds)
        with self.changed:
            while not condition():
                self.supervisor.check()
                left = end - time.monotonic()
                if left <= 0 or self._is_over():
                    return condition()
                self.changed.wait(min(left, 0.1))
        return True

    def _is_over(self):
        return self.code is not None and not any(reader.is_alive() for reader in self.readers)

    def shows(self, text, seconds):
        """Waits until `text` is on the screen."""
        return self.sees(lambda: text in self.screen, seconds)

    def wait(self, seconds):
        """Its exit code, None if it does not end in time."""
        end = self.supervisor.end_of_wait(seconds)
        while (code := self.code) is None and time.monotonic() < end:
            self.supervisor.check()
            time.sleep(0.005)
        if code is not None:
            for reader in self.readers:
                reader.join(0.5)
        return code

    def stop(self):
        """Ends it and all that it has started, and forgets it."""
        if self.code is None:
            self.stopped_by_us = True
            send_signal(self.pid, signal.SIGTERM)
            end = time.monotonic() + 0.3
            while self.code is None and time.monotonic() < end:
                time.sleep(0.005)
        kill_descendants(self.pid, self.supervisor.reap)
        if self.code is None:
            send_signal(self.pid, signal.SIGKILL)
            self.process.wait()
        if self.input is not None:
            os.close(self.input)
            self.input = None


class Supervisor:
    """All programs of one submission, what they may take, and how much time there is."""

    def __init__(self, folder, seconds, limits=Limits()):
        """`folder` is one that all programs run in or below, and that is removed afterwards."""
        self.folder = folder
        self.limits = limits
        self.deadline = time.monotonic() + seconds
        self.programs = []
        self.violation = None
        self.patience = 1.0
        become_subreaper()
        self.private_network = enter_private_network()
        self.user = spare_user(folder)
        self.environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": folder, "TMPDIR": folder,
                            "LANG": "C.UTF-8", "TERM": "dumb", "NO_COLOR": "1", "GCC_COLORS": ""}
        for name, value in os.environ.items():
            if name.endswith("SAN_OPTIONS"):
                self.environment[name] = value
        self._set_resource_limits()
        self.done = threading.Event()
        self.watcher = threading.Thread(target=self._watch, daemon=True)
        self.watcher.start()

    def _set_resource_limits(self):
        """Inherited by all that we start. Not RLIMIT_AS: a thread's stack and a sanitizer's shadow count there."""
        limits = [(resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, self.limits.file_size),
                  (resource.RLIMIT_NOFILE, self.limits.descriptors)]
        if self.user is not None:  # it has no other processes that count
            limits.append((resource.RLIMIT_NPROC, self.limits.threads))
        for kind, most in limits:
            hard = resource.getrlimit(kind)[1]
            most = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(kind, (most, most))

    def start(self, argv, folder, keyboard=False):
        """Runs a program in a folder, in a session of its own. With a keyboard its stdin is a terminal, too."""
        self.check()
        program = Program(self, argv, folder, keyboard)
        self.programs.append(program)
        return program

    def stop(self, *programs):
        """Ends these programs; all without any."""
        for program in programs or list(self.programs):
            program.stop()
            if program in self.programs:
                self.programs.remove(program)
        if not self.programs:
            self.kill_everything()

    def kill_everything(self):
        """Also what has left its parents."""
        kill_descendants(os.getpid(), self.reap)

    def reap(self):
        """Takes in the orphans that have died; our own programs are waited for by those who started them."""
        reap_orphans({program.pid for program in self.programs})

    def end_of_wait(self, seconds):
        return min(time.monotonic() + seconds * self.patience, self.deadline)

    def lose_patience(self):
        """After waits in vain: who hangs everywhere must not spend the time of what might work."""
        self.patience = max(0.4, self.patience * 0.85)

    def check(self):
        """Throws if the submission has used up what it may have."""
        if self.violation:
            raise LimitExceeded(self.violation)
        if time.monotonic() >= self.deadline:
            raise OutOfTime()

    def close(self):
        """Leaves nothing running."""
        self.done.set()
        self.watcher.join()
        for program in list(self.programs):
            program.stopped_by_us = True
        self.stop()

    def _watch(self):
        spent, files_checked = {}, 0.0
        while not self.done.wait(0.2):
            found = descendants(os.getpid())
            spent.update({pid: stat[3] for pid, stat in found.items()})
            problem = self._too_much(found, sum(spent.values()))
            if not problem and time.monotonic() > files_checked + 1:
                files_checked = time.monotonic()
                problem = self._too_many_files()
            if problem:
                self.violation = problem
                self.kill_everything()
                return

    def _too_much(self, found, seconds):
        limits = self.limits
        if len(found) > limits.processes:
            return f"it started more than {limits.processes} processes"
        if sum(stat[2] for stat in found.values()) > limits.threads:
            return f"it started more than {limits.threads} threads"
        if sum(stat[4] for stat in found.values()) > limits.memory:
            return f"it took more than {limits.memory // MIB} MiB of memory"
        if seconds > limits.processor_seconds:
            return f"it took more than {limits.processor_seconds} s of processor time"
        if sum(program.printed for program in self.programs) > limits.output:
            return f"it printed more than {limits.output // MIB} MiB"
        return None

    def _too_many_files(self):
        total = 0
        for folder, _, names in os.walk(self.folder):
            for name in names:
                try:
                    total += os.lstat(os.path.join(folder, name)).st_blocks * 512
                except OSError:
                    pass
        if total > self.limits.files:
            return f"it wrote more than {self.limits.files // MIB} MiB of files"
        return None
