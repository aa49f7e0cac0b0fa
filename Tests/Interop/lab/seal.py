"""A second reading of records and seals: leaf bytes, RFC 6962 tree, checkpoint bodies. Written from the format alone,
and slow on purpose: one function a sentence of the format. Signatures are left to the openssl command."""

import base64
import dataclasses
import hashlib
import re

IDENTITY = re.compile(rb'\[waxwing@(\d+) l="([0-9a-f]{8})" i="(\d+)"(?: trunc="\d+")?\]')
SEAL = re.compile(rb"\[waxwing-seal@\d+ ([^\]]*)\]")
SIGNATURE = re.compile(rb"\[waxwing-sig@\d+ ([^\]]*)\]")
PARAMETER = re.compile(rb'([a-z]+)="([^"]*)"')


class Broken(Exception):
    """The records do not agree with their seals."""


@dataclasses.dataclass
class Seal:
    number: int
    first: int
    size: int
    origin: str
    why: str
    drop: int
    root: bytes
    frontier: list
    previous: bytes
    signature: bytes

    @property
    def body(self):
        """The signed bytes: a C2SP checkpoint's text."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n".encode()


@dataclasses.dataclass
class Record:
    index: int
    log: str
    leaf: bytes
    seal: Seal | None
    line: bytes


def parse(line):
    """The Record of one line (no LF), or None for a line without identity."""
    identity = IDENTITY.search(line)
    if not identity:
        return None
    seal, leaf = None, line
    described = SEAL.match(line, identity.end())
    if described:
        signed = SIGNATURE.match(line, described.end())
        if not signed:
            raise Broken(f"a seal without signature: {line[:200]!r}")
        leaf = line[: signed.start()] + line[signed.end() :]
        seal = _seal(dict(PARAMETER.findall(described[1])), dict(PARAMETER.findall(signed[1])))
    return Record(int(identity[3]), identity[2].decode(), leaf, seal, line)


def _seal(described, signed):
    frontier = base64.b64decode(signed[b"f"], validate=True)
    return Seal(
        number=int(described[b"s"]), first=int(described[b"from"]), size=int(described[b"n"]),
        origin=described[b"log"].decode(), why=described[b"why"].decode(), drop=int(described[b"drop"]),
        root=base64.b64decode(signed[b"root"], validate=True),
        frontier=[frontier[at : at + 32] for at in range(0, len(frontier), 32)],
        previous=base64.b64decode(signed[b"p"], validate=True),
        signature=base64.b64decode(signed[b"sig"], validate=True))


def read(path):
    """The records of a file of lines, by index. Identical duplicates are harmless; two records of one index are not."""
    records = {}
    with open(path, "rb") as file:
        for line in file:
            record = parse(line.rstrip(b"\n"))
            if record is None:
                raise Broken(f"no identity: {line[:200]!r}")
            before = records.setdefault(record.index, record)
            if before.line != record.line:
                raise Broken(f"index {record.index} has two records:\n{before.line!r}\n{record.line!r}")
    return records


class Tree:
    """RFC 6962 tree as its frontier: the roots of its full subtrees, the largest first."""

    def __init__(self):
        self.size, self.frontier = 0, []

    def append(self, leaf):
        node, size = hashlib.sha256(b"\x00" + leaf).digest(), self.size
        self.size += 1
        while size & 1:
            node = hashlib.sha256(b"\x01" + self.frontier.pop() + node).digest()
            size >>= 1
        self.frontier.append(node)

    def root(self):
        node = None
        for left in reversed(self.frontier):
            node = left if node is None else hashlib.sha256(b"\x01" + left + node).digest()
        return node if node is not None else hashlib.sha256(b"").digest()


def check_tree(records):
    """Checks all records 0… against every seal. Gives the seals in order and the records behind the last one."""
    tree, seals, last_size, previous = Tree(), [], 0, b""
    for index in range(len(records)):
        if index not in records:
            raise Broken(f"record {index} is missing of {max(records) + 1}")
        record = records[index]
        if record.seal:
            _check_links(record, tree, seals, last_size, previous, records)
        tree.append(record.leaf)
        if record.seal:
            if record.seal.root != tree.root():
                raise Broken(f"seal {record.seal.number}: the root is not that of its {tree.size} records")
            seals.append(record.seal)
            last_size, previous = tree.size, hashlib.sha256(b"\x00" + record.leaf).digest()
    return seals, len(records) - last_size


def _check_links(record, tree, seals, last_size, previous, records):
    seal = record.seal
    checks = {
        "number": seal.number == len(seals) + 1,
        "size": seal.size == record.index + 1,
        "first record": seal.first == last_size,
        "previous seal": seal.previous == previous,
        "identity": record.log == hashlib.sha256(seal.origin.encode()).hexdigest()[:8],
    }
    before = Tree()
    if seal.first:  # The frontier is that of the tree before this batch: it bags to the last seal's root.
        before.frontier, before.size = seal.frontier, seal.first
        checks["frontier"] = before.root() == seals[-1].root and len(seal.frontier) == seal.first.bit_count()
    else:
        checks["frontier"] = seal.frontier == []
    for name, holds in checks.items():
        if not holds:
            raise Broken(f"seal {seal.number} at {record.index}: wrong {name}")


def public_key_pem(vkey):
    """SubjectPublicKeyInfo, as PEM, of the Ed25519 key in a C2SP verifier key."""
    origin, key_id, encoded = vkey.strip().split("+", 2)
    typed = base64.b64decode(encoded, validate=True)
    if typed[0] != 1 or len(typed) != 33:
        raise Broken("not an Ed25519 key")
    if hashlib.sha256(origin.encode() + b"\n" + typed).hexdigest()[:8] != key_id:
        raise Broken("the key ID is not that of name and key")
    der = bytes.fromhex("302a300506032b6570032100") + typed[1:]
    return f"-----BEGIN PUBLIC KEY-----\n{base64.b64encode(der).decode()}\n-----END PUBLIC KEY-----\n"
