"""Waxwing to SIEMs over HTTP that get it wrong."""

from lab import hec, places
from lab.case import case
from lab.process import check, free_port, wait_for
from lab.records import arrivals, numbered, send, strange
from lab.relay import Relay

RECORDS = 20_000


def _splunk_destination(workshop, port):
    token = workshop.path("token")
    token.write_text(hec.TOKEN + "\n")
    token.chmod(0o600)
    return {
        "name": "splunk", "type": "splunk", "urls": [f"https://127.0.0.1:{port}"], "server_name": "localhost",
        "ca_file": places.certificate("ca"), "token_file": str(token)}


@case(seconds=120)
def splunk_that_misbehaves(workshop):
    """Splunk that fails one request in three gets every record; the ones it refuses are dead letters until it takes them"""
    port, output = free_port(), workshop.path("events.ndjson")
    collector = hec.Collector(port, output, poison="number 77 of sender alpha")
    relay = Relay(workshop, [_splunk_destination(workshop, port)]).start()
    records = numbered("alpha", RECORDS) + strange("alpha", RECORDS)
    send(relay.tcp_port, records, octet_counted=True)
    label = 'destination="splunk"'

    def is_delivered():
        confirmed = relay.metric("waxwing_destination_confirmed_index", label)
        return confirmed >= len(records) and confirmed == relay.metric("waxwing_ledger_durable_index")

    wait_for("all records to be acknowledged", is_delivered, 60)
    check(relay.metric("waxwing_destination_rejected_records_total", label) == 1, "one record is a dead letter")
    letters = workshop.run([relay.binary, "deadletters", "list", "--data", relay.data]).stdout
    check(letters.startswith("splunk ") and letters.count("\n") == 1, f"the dead letters are {letters}")
    check(77 not in arrivals(output)["alpha"], "what was refused has arrived")

    collector.poison = None
    workshop.run([relay.binary, "deadletters", "resend", "--data", relay.data, "--all"])
    wait_for("the dead letter to arrive", lambda: 77 in arrivals(output)["alpha"], 30)
    relay.stop()
    collector.stop()
    check(collector.faults > 10, f"the collector behaved too well: {collector.faults} faults")
    check(not collector.strangers, f"events are not as they should be: {collector.strangers[:1]}")
    relay.expect_verified(output)
    side = relay.data / "deadletters"
    check(not any((side / "requests").iterdir()), "the request was not taken")
    key = side / "keys" / "log.vkey"
    verified = workshop.run([relay.binary, "verify", "--key", key, side])
    check(verified.returncode == 0, f"the dead letters do not verify:\n{verified.stdout}{verified.stderr}")
