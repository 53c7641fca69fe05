"""shrink.py ADDRESS DEVICE: a TCP peer that takes its window back.

It asks for a connection to port 7, lets the other side send what fits in its window,
loses all of it, says that the window is closed, and sends something itself.  An ACK
of that must lie in the window as it is now (RFC 9293, 3.10.7.4), or a peer has to drop
it, and never learns what else it says.  Then the window opens, and all must come."""

import socket
import struct
import sys
import time

from netclient import checksum

MAC, YOURS = bytes.fromhex("02000000004d"), bytes.fromhex("525400123450")
ME, YOU = socket.inet_aton("192.0.2.77"), socket.inet_aton(sys.argv[1])
PORT, WINDOW, SEQ = 7777, 4000, 1000
SYN, PSH, ACK = 2, 8, 16
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
s.bind((sys.argv[2], 0))


def send(flags, seq, ack, window, data=b""):
    tcp = struct.pack("!HHIIBBHHH", PORT, 7, seq, ack, 5 << 4, flags, window, 0, 0) + data
    pseudo = ME + YOU + struct.pack("!HH", 6, len(tcp))
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0, ME, YOU)
    s.send(YOURS + MAC + b"\x08\0"
           + ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
           + tcp[:16] + struct.pack("!H", checksum(pseudo + tcp)) + tcp[18:])


def segments(seconds):
    """(sequence number, acknowledged, data) of what comes, for so long."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        s.settimeout(left)
        try:
            f = s.recv(65536)
        except TimeoutError:
            break
        if f[12:14] == b"\x08\x06" and f[20:22] == b"\0\1" and f[38:42] == ME:
            s.send(f[6:12] + MAC + f[12:20] + b"\0\2" + MAC + ME + f[22:32])
        if f[12:14] == b"\x08\0" and f[23] == 6 and f[26:34] == YOU + ME:
            tcp = f[34:14 + struct.unpack("!H", f[16:18])[0]]
            yield *struct.unpack("!II", tcp[4:12]), tcp[(tcp[12] >> 4) * 4:]


def first(seconds, what):
    for seg in segments(seconds):
        if what(*seg):
            return seg
    sys.exit("nothing came")


send(SYN, SEQ, 0, WINDOW)
base = first(20, lambda seq, ack, data: ack == SEQ + 1)[0] + 1
send(ACK, SEQ + 1, base, WINDOW)
first(20, lambda seq, ack, data: seq + len(data) - base >= WINDOW - 536)
for n in (0, 10):
    send(ACK | PSH, SEQ + 1 + n, base, 0, b"0123456789")
acks = [seq - base for seq, ack, data in segments(4) if ack == SEQ + 21 and not data]
send(ACK, SEQ + 21, base, WINDOW)
have = 0
for seq, _, data in segments(60):
    if seq == base + have:
        have += len(data)
        send(ACK, SEQ + 21, base + have, WINDOW)
    if have > 20 * WINDOW:
        break
print("acknowledged at", sorted(set(acks)), "then", have, "bytes")
