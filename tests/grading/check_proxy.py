# SPDX-License-Identifier: MIT
"""Test of the proxy for datagrams: it is silent once all that was sent to it has passed, however slowly that goes."""

import socket
import sys
import time

from .proxy import CLIENT, DatagramProxy

COUNT = 30


class Supervisor:
    """One that never interferes."""

    def end_of_wait(self, seconds):
        return time.monotonic() + seconds

    def check(self):
        pass


def pass_slowly(side, data):
    time.sleep(0.03)
    return False


server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 0))
proxy = DatagramProxy(server.getsockname()[1], pass_slowly)
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for number in range(COUNT):
    client.sendto(b"%d" % number, ("127.0.0.1", proxy.port))
proxy.wait_for_silence(Supervisor(), 0.01)
passed = len(proxy.datagrams(CLIENT))
proxy.close()
print(f"{passed} of {COUNT} datagrams had passed")
sys.exit(passed != COUNT)
