"""Tools that know nothing of Waxwing come to the same result."""

import base64
import hashlib
import subprocess
import sys

from lab import places, seal
from lab.case import case
from lab.process import check, free_port, wait_for
from lab.records import all_arrived, numbered, send
from lab.relay import TAMPERED, Relay, file_destination, first_archive_file

COUNT = {"alpha": 5000}


def _sealed_archive(workshop):
    """An archive of a few batches, the seals in it, and the relay that made it (stopped)."""
    folder = workshop.path("archive")
    archive = first_archive_file(folder)
    relay = Relay(workshop, [file_destination(folder)]).start()
    send(relay.tcp_port, numbered("alpha", COUNT["alpha"]))
    wait_for("all records in the archive", lambda: all_arrived(archive, COUNT), 30)
    relay.stop()
    records = seal.read(archive)
    seals, unsealed = seal.check_tree(records)
    check(len(seals) >= 3 and unsealed == 0, f"{len(seals)} seals, {unsealed} records unsealed")
    return relay, archive, records, seals


@case()
def openssl_accepts_signatures(workshop):
    """`openssl pkeyutl -verify -rawin` accepts every seal's signature, and not over another tree size"""
    relay, _, _, seals = _sealed_archive(workshop)
    key = relay.key_file.read_text()
    for one in seals:
        check(_openssl_accepts(workshop, key, one.body, one.signature), f"openssl refuses seal {one.number}")
    grown = seals[0].body.replace(b"\n%d\n" % seals[0].size, b"\n%d\n" % (seals[0].size + 1))
    check(not _openssl_accepts(workshop, key, grown, seals[0].signature),
          "openssl accepts a signature over another size")


def _openssl_accepts(workshop, vkey, text, mark):
    public_key, body, signature = (workshop.path(name) for name in ("key.pem", "body", "signature"))
    public_key.write_text(seal.public_key_pem(vkey))
    body.write_bytes(text)
    signature.write_bytes(mark[4:])  # The first four bytes are the key ID.
    return workshop.run(
        ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", public_key, "-rawin", "-in", body,
         "-sigfile", signature]).returncode == 0


@case()
def openssl_follows_a_new_key(workshop):
    """After `waxwing keys rotate` openssl accepts the old key's seals, the note under both and the new key's seals"""
    relay, archive, _, before = _sealed_archive(workshop)
    old = relay.key_file.read_text()
    rotated = workshop.run([relay.binary, "keys", "rotate", "--config", relay.settings_file])
    check(rotated.returncode == 0, rotated.stderr)
    new = relay.key_file.read_text()
    relay.start()
    send(relay.tcp_port, numbered("beta", 100))
    wait_for("the rest in the archive", lambda: all_arrived(archive, {"beta": 100}), 30)
    relay.stop()
    records = seal.read(archive)
    seals, _ = seal.check_tree(records)
    notes = [record for record in records.values() if b" REKEY [waxwing-rekey@" in record.line]
    check(len(notes) == 1, f"{len(notes)} records with a note")
    note = base64.b64decode(notes[0].line.split(b'note="')[1].split(b'"')[0])
    text, marks = note.rsplit(b"\n\n", 1)
    size = notes[0].index + 2
    check(text.splitlines()[2:5] == [b"old " + old.strip().encode(), b"new " + new.strip().encode(), b"size %d" % size],
          f"the note says something else:\n{text.decode()}")
    for key, mark in zip((old, new), marks.splitlines()):
        check(_openssl_accepts(workshop, key, text + b"\n", base64.b64decode(mark.split()[2])),
              f"openssl refuses the note under {key}")
    for one in seals:
        mine, other = (old, new) if one.size <= size else (new, old)
        check(_openssl_accepts(workshop, mine, one.body, one.signature), f"openssl refuses seal {one.number}")
        check(not _openssl_accepts(workshop, other, one.body, one.signature), f"seal {one.number} is by both keys")
    check(any(one.size > size for one in seals) and len(seals) > len(before), "the new key sealed nothing")
    for key in (old, new):
        result = workshop.run([relay.binary, "verify", "--key", key.strip(), archive])
        check(result.returncode == 0, result.stdout)


@case(seconds=120)
def pymerkle_agrees_on_roots(workshop):
    """PyPI's pymerkle computes the same root as every seal"""
    _, _, records, seals = _sealed_archive(workshop)
    leaves, sizes = workshop.path("leaves"), [str(one.size) for one in seals]
    leaves.write_bytes(b"\n".join(records[index].leaf for index in range(len(records))))
    result = workshop.run([_pymerkle_python(), "-c", PYMERKLE_ROOTS, leaves, *sizes])
    check(result.returncode == 0, result.stderr)
    check(result.stdout.split() == [one.root.hex() for one in seals], "the roots differ")


PYMERKLE_ROOTS = """
import sys
from pymerkle import InmemoryTree
tree, leaves = InmemoryTree(algorithm="sha256"), open(sys.argv[1], "rb").read().split(b"\\n")
for leaf in leaves:
    tree.append_entry(leaf)
for size in sys.argv[2:]:
    print(tree.get_state(int(size)).hex())
"""


def _pymerkle_python():
    """The interpreter of a virtual environment beside the build that has pymerkle."""
    folder = places.SCRATCH / "pymerkle"
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "pymerkle"], check=True)
        (folder / "complete").touch()
    return python


@case()
def inclusion_proof_holds(workshop):
    """`waxwing prove` gives a path from the record to the signed root that a second hand can follow"""
    relay, _, records, seals = _sealed_archive(workshop)
    for index in (0, 1, 1023, len(records) // 2, len(records) - 1):
        proof = workshop.run([relay.binary, "prove", "--data", relay.data, "--index", index])
        check(proof.returncode == 0, proof.stderr)
        head, checkpoint = proof.stdout.split("\n\n", 1)
        lines = head.splitlines()
        check(lines[0] == "c2sp.org/tlog-proof@v1", f"not a tlog-proof: {lines[0]}")
        check(f"index {index}" in lines, f"the proof does not name index {index}:\n{head}")
        path = [base64.b64decode(line) for line in lines[lines.index(f"index {index}") + 1 :]]
        origin, size, root = checkpoint.splitlines()[:3]
        check(origin == seals[0].origin and int(size) > index, f"the checkpoint is not of this log: {checkpoint}")
        leaf = hashlib.sha256(b"\x00" + records[index].leaf).digest()
        check(_follow(leaf, index, int(size), path) == base64.b64decode(root), f"the path of {index} misses the root")


def _follow(node, index, size, path):
    """RFC 9162 section 2.1.3.2."""
    last = size - 1
    for sibling in path:
        if index % 2 == 1 or index == last:
            node = hashlib.sha256(b"\x01" + sibling + node).digest()
            while index % 2 == 0 and index != 0:
                index, last = index >> 1, last >> 1
        else:
            node = hashlib.sha256(b"\x01" + node + sibling).digest()
        index, last = index >> 1, last >> 1
    return node if last == 0 else None


@case()
def altered_export_is_told(workshop):
    """One byte flipped anywhere in an export: `verify` ends with 1 and names the batch"""
    relay, archive, records, seals = _sealed_archive(workshop)
    whole = archive.read_bytes()
    for number in (0, len(records) // 2, len(records) - 2):
        at = whole.index(records[number].line) + len(records[number].line) - 1
        altered = workshop.path("altered.log")
        altered.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        result = relay.verify(altered)
        check(result.returncode == TAMPERED, f"verify ended with {result.returncode}:\n{result.stdout}")
        batch = next(one for one in seals if number < one.size)
        told = [line for line in result.stdout.splitlines() if "TAMPERED" in line]
        check(told and str(batch.number) in told[0], f"the report does not name batch {batch.number}:\n{result.stdout}")


@case()
def chain_of_relays(workshop):
    """Of what two relays in a row write, each one's stream verifies, and a stranger's identity is not believed"""
    folder = workshop.path("archive")
    archive = first_archive_file(folder)
    trusting_port, open_port = free_port(), free_port()
    second = Relay(
        workshop, [file_destination(folder)], name="second", stream={"origin": "second.test/all"},
        listeners=[
            {"tcp": f"127.0.0.1:{trusting_port}", "trusted_relay": True}, {"tcp": f"127.0.0.1:{open_port}"}]).start()
    first = Relay(
        workshop, [{"name": "next", "type": "tcp", "address": f"127.0.0.1:{trusting_port}"}], name="first",
        stream={"origin": "first.test/all"}).start()
    send(first.tcp_port, numbered("alpha", COUNT["alpha"]))
    wait_for("all records in the archive", lambda: all_arrived(archive, COUNT), 30)
    first.stop()
    stolen = archive.read_bytes().splitlines()[0].split(b"[waxwing-2@")[0] + b" a stolen identity"
    send(open_port, [stolen])
    wait_for("the stranger's record", lambda: b"a stolen identity" in archive.read_bytes(), 30)
    second.stop()
    check(b'[x-waxwing@32473 l="' in archive.read_bytes(), "the stranger's identity was believed")
    for relay in (first, second):
        verified = relay.verify(archive)
        check(verified.returncode == 0, f"{relay.name}: {verified.returncode}\n{verified.stdout}{verified.stderr}")
    altered = workshop.path("altered.log")
    altered.write_bytes(archive.read_bytes().replace(b"[waxwing-2@", b"[x@1 y=\"z\"][waxwing-2@", 1))
    for relay in (first, second):
        check(relay.verify(altered).returncode == TAMPERED, f"{relay.name} does not see what was put in between")
