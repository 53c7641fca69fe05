#!/usr/bin/env python3
"""netclient HOST PORT WHAT...: the other end of `nettest serve'.  Says ok, or
dies.  WHAT: up down check udp sizes odd flood ra counters
disk diskend status, some with =N."""

import select
import socket
import struct
import sys
import time

MB = 1 << 20
PATTERN = bytes((i * 7 + (i >> 8) * 13) & 255 for i in range(65536))


def connect(host, port, timeout=60):
    s = socket.create_connection((host, port), timeout)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return s


def up(host, port, mb=32, to=1):
    s = connect(host, port + to)
    for _ in range(mb):
        s.sendall(PATTERN * 16)
    s.shutdown(socket.SHUT_WR)
    answer = b""
    while part := s.recv(100):
        answer += part
    assert answer.split() == [str(mb * MB).encode(), b"0"], answer


def check(host, port, mb=32):
    """As up; the guest looks at every byte."""
    up(host, port, mb, 3)


def down(host, port, mb=32):
    s = connect(host, port + 2)
    s.sendall(b"%d\n" % (mb * MB))
    buf, twice, got = bytearray(MB), PATTERN * 18, 0
    view = memoryview(buf)
    while n := s.recv_into(view):
        assert view[:n] == twice[got % 65536:got % 65536 + n], f"wrong near byte {got}"
        got += n
    assert got == mb * MB, got


def udp(host, port):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as s:
        s.settimeout(3)
        s.connect((host, port))
        # in one frame, and in fragments, the last of one byte
        for size in (1, 1472, 1473, 2953, 9000, 65000):
            data = (PATTERN * 2)[:size]
            for _ in range(10):
                s.send(data)
                try:
                    answer = s.recv(70000)
                    break
                except TimeoutError:
                    answer = None
            assert answer == data, size


def sizes(host, port, step=1):
    """Datagrams that fit a frame, of all sizes, some at a time."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(20)
        s.connect((host, port))
        data = (PATTERN * 2)[77:]
        for size in range(1, 1473, step * 16):
            some = range(size, min(size + step * 16, 1473), step)
            for n in some:
                s.send(data[:n])
            got = sorted((s.recv(2000) for _ in some), key=len)
            assert got == [data[:n] for n in some], size


def odd(host, port):
    """Frames that make no sense, of all sizes; and nothing else suffers."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as s:
        s.bind(("tap0", 0x86DD))
        for size in [*range(14, 120), 1513, 1514]:
            for kind in (b"\x08\x00E", b"\x86\xdd`", b"\x08\x06", b"\x12\x34"):
                s.send((b"\xff" * 6 + b"\2" * 6 + kind + PATTERN)[:size])
    udp(host, port)


def everything(s):
    text = b""
    while part := s.recv(65536):
        text += part
    return text.decode()


def counters(host, port):
    with connect(host, port + 4) as s:
        print(everything(s))


def status(host, port):
    with connect(host, port + 6) as s:
        print(everything(s))


def disk(host, port, word=b"?", timeout=60):
    """What the busy disk has done."""
    with connect(host, port + 5, timeout) as s:
        s.sendall(word)
        print(everything(s))


def diskend(host, port):
    """The same when it has stopped, and looked at all of it."""
    disk(host, port, b"e", 120)


def flood(host, port, n=60):
    """Clients that send and never read must not keep others out."""
    clients = [connect(host, port) for _ in range(n)]
    for s in clients:
        s.setblocking(False)
    sent, end = 0, time.time() + 4
    while time.time() < end:
        for s in select.select([], clients, [], 0.2)[1]:
            try:
                sent += s.send(b"z" * 65536)
            except BlockingIOError:
                pass
    with connect(host, port, 30) as s:
        s.sendall(b"hello")
        assert s.recv(10) == b"hello"
    got, end = 0, time.time() + 60
    while got < sent // 2 and time.time() < end:
        for s in select.select(clients, [], [], 1)[0]:
            got += len(s.recv(MB))
    assert got >= sent // 2, (got, sent)
    for s in clients:
        s.close()
    with connect(host, port, 30) as s:
        s.sendall(b"still")
        assert s.recv(10) == b"still"


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ra(host, port):
    """Router advertisements for 2001:db8:1::/64 until the guest answers there."""
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x86DD))
    s.bind(("tap0", 0))
    mac = s.getsockname()[4]
    src = bytes.fromhex("fe80" + "00" * 6) + bytes([mac[0] ^ 2]) + mac[1:3] + b"\xff\xfe" + mac[3:]
    dst = bytes.fromhex("ff02" + "00" * 13 + "01")
    prefix = bytes.fromhex("20010db80001" + "00" * 10)
    icmp = struct.pack("!BBHBBHII", 134, 0, 0, 64, 0, 1800, 0, 0) \
        + bytes([3, 4, 64, 0xC0]) + struct.pack("!III", 86400, 14400, 0) + prefix \
        + bytes([1, 1]) + mac
    pseudo = src + dst + struct.pack("!II", len(icmp), 58)
    icmp = icmp[:2] + struct.pack("!H", checksum(pseudo + icmp)) + icmp[4:]
    frame = b"\x33\x33\0\0\0\x01" + mac + b"\x86\xdd" \
        + struct.pack("!IHBB", 6 << 28, len(icmp), 58, 255) + src + dst + icmp
    for _ in range(60):
        s.send(frame)
        try:
            with connect(host, port, 1) as c:
                c.sendall(b"auto")
                assert c.recv(10) == b"auto"
                return
        except OSError:
            time.sleep(0.5)
    raise AssertionError("no address")


if __name__ == "__main__":
    for what in sys.argv[3:]:
        name, _, n = what.partition("=")
        {f.__name__: f for f in (up, down, check, udp, sizes, odd, flood, ra, counters, disk,
                                diskend, status)}[name](
            sys.argv[1], int(sys.argv[2]), *([int(n)] if n else []))
        print("ok", what)
