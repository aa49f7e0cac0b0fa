"""Headscale's log, recognised in the binary: from a socket to a verified export."""

import re
import socket

from lab.case import case
from lab.process import check, wait_for
from lab.relay import Relay, file_destination, first_archive_file

# One Headscale, both formats, a crash, and a line of another program in between.
LINES = [
    ("headscale", '2026-07-22T06:01:51Z INF starting headscale commit=f20f1f version=v0.29.2',
     {"event": "headscale.started", "version": "v0.29.2"}),
    ("headscale", '{"level":"info","node.id":42,"node.name":"build-3","time":1784701110,"message":"node connected"}',
     {"event": "node.connected", "node_id": "42", "level": "info", "time": "2026-07-22T06:18:30Z"}),
    ("sshd", "Accepted publickey for alice from 192.0.2.9 port 2200 ssh2", None),
    ("headscale", '2026-07-22T06:31:27Z ERR user msg: unauthorised domain error="not ours" code=401',
     {"event": "oidc.denied", "level": "error", "outcome": "failure", "error": "not ours"}),
    ("headscale", '2026-07-22T06:31:27Z INF http request method=GET path=/oidc/callback remote=192.0.2.4:1 status=401',
     {"event": "oidc.denied", "reason": "oidc.denied", "ip": "192.0.2.4", "error": "not ours"}),
    ("headscale", "2026-07-22T06:17:16Z INF starting node registration using auth id: "
     "hskey-authreq-9d4a15bff923dd2d265ff324", {"event": "node.registration.started"}),
    ("headscale", "panic: runtime error: index out of range", {"event": "headscale.crashed"}),
    ("headscale", "goroutine 1 [running]:", {"event": "headscale.crashed", "part": "2"}),
    ("headscale", "2027-01-01T00:00:00Z WRN words that no version knows yet", {"event": "headscale.warning"}),
]


def elements(line):
    """The parameters of the record's element `headscale`, None if it has none."""
    found = re.search(r'\[headscale@32473((?: [a-z_]+="(?:[^"\\\]]|\\.)*")+)\]', line)
    return found and dict(re.findall(r' ([a-z_]+)="((?:[^"\\\]]|\\.)*)"', found[1]))


@case(seconds=60)
def headscale_recognised(workshop):
    """Records of Headscale say in the verified export what they tell; a registration's id is nowhere"""
    archive = workshop.path("archive")
    relay = Relay(workshop, [file_destination(archive)]).start()
    with socket.create_connection(("127.0.0.1", relay.tcp_port)) as stream:
        for tag, text, _ in LINES:
            stream.sendall(f"<30>1 2026-07-22T06:00:00Z vpn1 {tag} 912 - - {text}\n".encode())
    wait_for("the records", lambda: relay.metric("waxwing_ledger_records_total") >= len(LINES), 10)
    check(relay.metric("waxwing_headscale_records_total") == len(LINES) - 1, "not all of Headscale's are counted")
    check(relay.metric("waxwing_headscale_unmatched_total") == 1, "the unknown message is not counted, or others are")
    wait_for("everything to be delivered", lambda: relay.is_delivered("archive"), 30)
    relay.stop()
    export = first_archive_file(archive)
    relay.expect_verified(export)
    records = [line for line in export.read_text().splitlines() if " SEAL [waxwing@" not in line[:400]]
    check(len(records) == len(LINES), f"{len(records)} records of {len(LINES)}")
    for line, (_, text, expected) in zip(records, LINES):
        told = elements(line)
        check((told is None) == (expected is None), f"{text!r} tells {told}")
        wrong = {name: told.get(name) for name, value in (expected or {}).items() if told.get(name) != value}
        check(not wrong, f"{text!r}: {wrong}")
    check(elements(records[5])["auth"].startswith("anon:"), "nothing stands for the registration's id")
    secret = b"9d4a15bff923dd2d265ff324"
    leaks = [file for file in workshop.folder.rglob("*") if file.is_file() and secret in file.read_bytes()]
    check(not leaks, f"the id of the registration is in {leaks}")


@case(seconds=60)
def senders_named(workshop):
    """A sender that is a node of Headscale's is named, whatever program it writes of and whatever it calls itself"""
    nodes = workshop.path("nodes.yaml")
    nodes.write_text("nodes: [{id: 7, name: build-3, addresses: [127.0.0.1, 100.64.0.7]}]\n")
    archive = workshop.path("archive")
    relay = Relay(workshop, [file_destination(archive)], headscale={"file": str(nodes)}).start()
    wait_for("the nodes", lambda: relay.metric("waxwing_headscale_known_nodes") == 1, 10)
    line = b"<13>1 2026-07-22T06:00:00Z vpn1 nginx 912 - - GET /"
    with socket.create_connection(("127.0.0.1", relay.tcp_port)) as stream:
        stream.sendall(line + b" over TCP\n")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(line + b" over UDP", ("127.0.0.1", relay.udp_port))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind(("127.0.0.2", 0))
        sender.sendto(line + b" from elsewhere", ("127.0.0.1", relay.udp_port))
    wait_for("the records", lambda: relay.metric("waxwing_ledger_records_total") >= 3, 10)
    wait_for("everything to be delivered", lambda: relay.is_delivered("archive"), 30)
    relay.stop()
    export = first_archive_file(archive)
    relay.expect_verified(export)
    records = {line.rsplit(" ", 1)[1]: line for line in export.read_text().splitlines() if " GET / " in line}
    named = '[received@32473 sender_node="build-3" sender_node_id="7"]'
    check(named in records["TCP"] and named in records["UDP"], f"the sender is not named: {records}")
    check("received@" not in records["elsewhere"], f"a sender is named that is none: {records['elsewhere']}")
