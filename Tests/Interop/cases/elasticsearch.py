"""Waxwing to an Elasticsearch that gets in the way."""

import json

from lab import elasticsearch
from lab.case import case
from lab.process import check, wait_for
from lab.records import arrivals, numbered, send, strange
from lab.relay import Relay
from lab.traffic import Traffic

RECORDS = 20_000
POISONED = 25


def _key_file(workshop):
    path = workshop.path("api-key")
    path.write_text("a2V5OnNlY3JldA==\n")
    path.chmod(0o600)
    return path


@case(seconds=180)
def elasticsearch_that_gets_in_the_way(workshop):
    """429 items, lost answers, 413, poison, an outage and a dead node: each record is there once or a dead letter"""
    trouble = elasticsearch.Elasticsearch(
        busy=0.1, lost=0.05, limit=300_000, poison=b"poison", authorization="ApiKey a2V5OnNlY3JldA==")
    dead = elasticsearch.Elasticsearch()
    dead.close()
    relay = Relay(workshop, [elasticsearch.destination([trouble, dead], _key_file(workshop))]).start()
    mixed = Traffic(seed=11, secret_fraction=0.1)
    send(relay.tcp_port, numbered("alpha", RECORDS // 2) + strange("alpha", RECORDS // 2))
    send(relay.tcp_port, [mixed.mixed_record(number).encode() for number in range(1000)])
    trouble.unavailable = True
    send(relay.tcp_port, numbered("beta", RECORDS // 2))
    send(relay.tcp_port, [f"<30>1 - h app - - - poison {number}".encode() for number in range(POISONED)])
    wait_for("refusals of the one and failures of the other", lambda: relay.metric(
        "waxwing_destination_retries_total") > 3, 30)
    trouble.unavailable = False
    wait_for("everything to be confirmed", lambda: relay.metric("waxwing_destination_confirmed_index") == relay.metric(
        "waxwing_ledger_durable_index") > RECORDS + 1000 + POISONED, 90)
    relay.stop()

    export = trouble.export(workshop.path("hits.ndjson"))
    indexes = sorted(document["event"]["sequence"] for document in trouble.documents.values())
    check(len(indexes) == len(set(indexes)), "a record is there twice")
    letters = workshop.run([relay.binary, "deadletters", "list", "--data", relay.data])
    rejected = [line for line in letters.stdout.splitlines() if "poison" in line]
    check(len(rejected) == POISONED, f"{len(rejected)} of {POISONED} poisoned records are dead letters:\n"
          f"{letters.stdout[:2000]}{letters.stderr}")
    check(len(indexes) + POISONED == indexes[-1] + 1, "neither delivered nor a dead letter: "
          f"{indexes[-1] + 1 - len(indexes) - POISONED} of {indexes[-1] + 1}")
    check(trouble.conflicts > 0, "no answer was lost, or nothing was sent again")
    found = arrivals(export)
    check(set(found["alpha"]) >= set(range(RECORDS // 2)) and set(found["beta"]) >= set(range(RECORDS // 2)),
          "numbered records are missing")
    # The poisoned ones are not there, and that is all that verify finds missing.
    relay.verify(export)
    poisoned = workshop.path("poisoned.log")
    archive = workshop.run([relay.binary, "verify", "--key", relay.key_file, "--write", poisoned, relay.data])
    check(archive.returncode == 0, archive.stdout + archive.stderr)
    kept = [line for line in poisoned.read_bytes().splitlines() if b"] poison " in line]
    poisoned.write_bytes(b"\n".join(kept) + b"\n")
    relay.expect_verified(export, poisoned)


@case(seconds=60)
def elasticsearch_setup_and_refusal(workshop):
    """setup makes template and data stream, twice the same; a refused key halts delivery, and the right one ends that"""
    peer = elasticsearch.Elasticsearch(authorization="ApiKey right")
    key = workshop.path("api-key")
    key.write_text("wrong\n")
    key.chmod(0o600)
    relay = Relay(workshop, [elasticsearch.destination([peer], key)])
    setup = [relay.binary, "setup", "elasticsearch", "--config", relay.settings_file]
    printed = workshop.run([*setup, "--print"])
    results = [workshop.run(setup) for _ in range(2)]
    check([result.returncode for result in results] == [0, 0], "".join(r.stdout + r.stderr for r in results))
    check(peer.templates == {"waxwing-logs-waxwing-default": json.loads(printed.stdout)}, "another template")
    check(peer.data_streams == {"logs-waxwing-default"} and "is there" in results[1].stdout, results[1].stdout)
    relay.start()
    send(relay.tcp_port, numbered("alpha", 10))
    wait_for("a halt", lambda: relay.metric("waxwing_destination_halted") == 1, 20)
    check("missing credentials" in relay.process.log_text(), relay.process.log_tail())
    check("wrong" not in relay.process.log_text(), "the key is in the log")
    relay.stop()
    key.write_text("right\n")
    relay.start()
    wait_for("all records", lambda: len(peer.documents) >= 10, 20)
    relay.stop()
    relay.expect_verified(peer.export(workshop.path("hits.ndjson")))
