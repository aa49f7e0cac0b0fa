"""Numbered records: what was sent can be told from what arrived, record by record and in order."""

import collections
import re
import socket

from .process import check

_NUMBER = re.compile(rb"number (\d+) of sender (\w+)")
STRANGE_BODIES = [
    b"\ttab first", b"a\ttab inside", b"\xef\xbb\xbfa BOM", "Grüße, 世界, 🪶".encode(), b"not UTF-8: \xff\xfe\xc3(",
    b"controls: \x01\x1b[31mred\x7f", b'quotes " and \\ and ] and [waxwing@32473 l="00000000" i="0"]',
    b"trailing blanks  \t ", b"x" * 5000, b"y" * 60000]


def numbered(sender, count):
    """RFC 5424 records of one sender."""
    return [
        f"<30>1 2026-11-23T06:{n // 60 % 60:02d}:{n % 60:02d}.250Z {sender}.example.net headscale 7{n % 10} - - "
        f"number {n} of sender {sender}".encode() for n in range(count)]


def strange(sender, first):
    """Records whose bodies are hard to carry unchanged, numbered from `first` on."""
    return [
        f"<134>1 2026-11-23T07:00:00Z {sender}.example.net odd - - - number {number} of sender {sender} ".encode()
        + body for number, body in enumerate(STRANGE_BODIES, first)]


def send(port, records, octet_counted=False):
    """Sends all of `records` over one TCP connection to loopback."""
    with socket.create_connection(("127.0.0.1", port), 10) as stream:
        stream.sendall(b"".join(
            b"%d %s" % (len(record), record) if octet_counted else record + b"\n" for record in records))
        stream.shutdown(socket.SHUT_WR)
        while stream.recv(4096):
            pass


def arrivals(path):
    """The numbers that a file of lines holds: {sender: [number, …]} in the file's order."""
    found = collections.defaultdict(list)
    if path.exists():
        with open(path, "rb") as lines:
            for line in lines:
                match = _NUMBER.search(line)
                if match:
                    found[match[2].decode()].append(int(match[1]))
    return found


def check_arrived(path, counts):
    """Every record of every sender is there once or more, and the first copies are in order."""
    found = arrivals(path)
    for sender, count in counts.items():
        first_copies = list(dict.fromkeys(found[sender]))
        missing = sorted(set(range(count)) - set(first_copies))
        check(not missing, f"{sender}: {len(missing)} of {count} records are missing, the first is {missing[:1]}")
        check(first_copies == sorted(first_copies), f"{sender}: records are out of order")


def all_arrived(path, counts):
    """Whether every record of every sender is there; for wait_for."""
    found = arrivals(path)
    return all(len(set(found[sender])) == count for sender, count in counts.items())
