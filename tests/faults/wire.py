# SPDX-License-Identifier: MIT
"""The binary formats of problems 1 and 4, as their READMEs have them, for hostile peers."""

import struct

_TABLE = []
for _byte in range(256):
    for _ in range(8):
        _byte = _byte >> 1 ^ (0x82F63B78 if _byte & 1 else 0)
    _TABLE.append(_byte)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ _TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


assert crc32c(b"123456789") == 0xE3069283

# --- problem 1 ---

START, ACCEPT, DATA, LINE, ACK, END, DONE, ERROR, NACK = range(1, 10)
RESUME, LINES, MAY_ANSWER = 1, 2, 4


def frame(kind, transfer, sequence, payload=b""):
    head = struct.pack(">BBHIQ", kind, 2, len(payload), transfer, sequence) + payload
    return head + struct.pack(">I", crc32c(head))


def start(transfer, name, size, flags=0, chunk=100):
    chunks = -(-size // chunk)
    return frame(START, transfer, 0, struct.pack(">QQIIB", size, chunks, chunk, 1, flags) + name)


def end(transfer, content, round_=0, token=0, chunk=100):
    return frame(END, transfer, -(-len(content) // chunk) + 1, struct.pack(">IIQ", crc32c(content), round_, token))


def data(transfer, content, chunk=100):
    return [frame(DATA, transfer, at // chunk + 1, content[at:at + chunk]) for at in range(0, len(content), chunk)]


def parse_frame(datagram):
    """(type, sequence, payload); None if it is no intact frame."""
    if len(datagram) < 20 or crc32c(datagram[:-4]) != struct.unpack(">I", datagram[-4:])[0]:
        return None
    kind, version, length, _, sequence = struct.unpack(">BBHIQ", datagram[:16])
    return (kind, sequence, datagram[16:-4]) if version == 2 and length == len(datagram) - 20 else None


# --- problem 4 ---

REQUEST, CHALLENGE, BEGIN, INFO, REFUSED, MEDIA, REPORT, ALIVE, BYE = range(1, 10)


def packet(kind, session, body=b""):
    head = struct.pack(">HBBQ", 0x4E34, 2, kind, session) + body
    return head + struct.pack(">I", crc32c(head))


def request(nonce, name):
    return packet(REQUEST, 0, struct.pack(">Q", nonce) + name)


def begin(session, nonce, name, latency=2000, flags=1):
    return packet(BEGIN, session, struct.pack(">QIB", nonce, latency, flags) + name)


def parse_packet(datagram):
    """(type, session, body); None if it is no intact packet."""
    if len(datagram) < 16 or crc32c(datagram[:-4]) != struct.unpack(">I", datagram[-4:])[0]:
        return None
    magic, version, kind, session = struct.unpack(">HBBQ", datagram[:12])
    return (kind, session, datagram[12:-4]) if (magic, version) == (0x4E34, 2) else None
