# SPDX-License-Identifier: MIT
"""A network and a user id of their own for programs that nobody trusts."""

import ctypes
import fcntl
import os
import pwd
import socket
import struct
import subprocess

CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000
SIOCSIFFLAGS = 0x8914
IFF_UP = 0x1

libc = ctypes.CDLL(None, use_errno=True)


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
