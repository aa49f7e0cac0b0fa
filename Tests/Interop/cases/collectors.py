"""Waxwing to real collectors."""

import time

from lab import peers, places
from lab.case import case
from lab.process import check, free_port, wait_for
from lab.records import all_arrived, arrivals, check_arrived, numbered, send, strange
from lab.relay import Relay, file_destination, first_archive_file, tls_destination
from lab.traffic import Traffic, corpus_file

PLAIN_RECORDS = 3000


def _to_collector(workshop, start):
    """Sends plain and strange records through Waxwing to the collector that `start(port, output)` starts."""
    port, collected, folder = free_port(), workshop.path("collected.log"), workshop.path("archive")
    archive = first_archive_file(folder)
    collector = start(port, collected).wait_for_port(port)
    relay = Relay(workshop, [tls_destination(port), file_destination(folder)]).start()
    records = numbered("alpha", PLAIN_RECORDS) + strange("alpha", PLAIN_RECORDS)
    mixed = Traffic(seed=5, secret_fraction=0.1)
    send(relay.tcp_port, records, octet_counted=True)
    send(relay.tcp_port, [mixed.mixed_record(number).encode() for number in range(1000)])
    wait_for("all records at the collector", lambda: all_arrived(collected, {"alpha": len(records)}), 30)
    relay.stop()
    wait_for(
        "the last seal at the collector",
        lambda: collected.read_bytes().splitlines()[-1:] == archive.read_bytes().splitlines()[-1:], 10)
    collector.terminate()
    check_arrived(collected, {"alpha": len(records)})
    kept, archived = collected.read_bytes().splitlines(), archive.read_bytes().splitlines()
    check(set(kept) == set(archived), "the collector's records are not, byte for byte, those of the archive")
    relay.expect_verified(collected)


@case()
def rsyslog_collector_openssl(workshop):
    """rsyslog (ossl, x509/name both ways) keeps every record byte for byte, in order, and its file verifies"""
    _to_collector(workshop, lambda port, output: peers.start_rsyslog(
        workshop, "rsyslog", peers.rsyslog_collector(port, output, "ossl", "relay.waxwing.test")))


@case()
def rsyslog_collector_gnutls(workshop):
    """rsyslog (gtls, x509/name both ways) keeps every record byte for byte, in order, and its file verifies"""
    _to_collector(workshop, lambda port, output: peers.start_rsyslog(
        workshop, "rsyslog", peers.rsyslog_collector(port, output, "gtls", "relay.waxwing.test")))


@case()
def syslog_ng_collector(workshop):
    """syslog-ng (certificates required both ways) keeps every record byte for byte, in order, and its file verifies"""
    _to_collector(workshop, lambda port, output: peers.start_syslog_ng(
        workshop, "syslog-ng", peers.syslog_ng_collector(port, output)))


@case(seconds=180)
def outage_under_load(workshop):
    """A collector that is down for a while costs disk, not memory; when it is back, everything arrives"""
    port, collected = free_port(), workshop.path("collected.log")
    relay = Relay(workshop, [tls_destination(port)]).start()
    rate, down_seconds = 20_000, 20
    sender = [
        places.tool("sender"), "--to", f"127.0.0.1:{relay.tcp_port}", "--file", corpus_file(places.SCRATCH / "tools")]
    workshop.run([*sender, "--count", rate])  # Fills the pools, so that what comes then is growth.
    load = workshop.start("sender", [*sender, "--count", rate * down_seconds, "--rate", rate])
    memory = []
    while load.is_running():
        time.sleep(0.5)
        memory.append(relay.process.memory_kib("RssAnon"))
    growth = max(memory) - memory[2]
    check(growth < 24 << 10, f"memory grew by {growth >> 10} MiB during the outage: {memory}")

    sink = start_receiver(workshop, port, collected)
    total = rate * (down_seconds + 1)
    wait_for("everything at the collector", lambda: line_count(collected) >= total, 60, every=0.5)
    relay.stop()
    sink.terminate()
    relay.expect_verified(collected)


@case(seconds=90)
def spread_over_collectors(workshop):
    """mode spread: each sender's records go to one collector, its share waits while that is away, the union verifies"""
    ports = [free_port(), free_port()]
    collected = [workshop.path(f"collected-{number}.log") for number in (1, 2)]
    spread = {"more_addresses": [f"127.0.0.1:{ports[1]}"], "mode": "spread"}
    relay = Relay(workshop, [tls_destination(ports[0]) | spread]).start()
    senders = {name: 200 for name in ("alpha", "beta", "gamma", "delta", "epsilon", "zeta")}
    first = start_receiver(workshop, ports[0], collected[0], name="receiver-1")
    for name, count in senders.items():
        send(relay.tcp_port, numbered(name, count))
    wait_for("the first collector's share", lambda: arrivals(collected[0]), 20)
    second = start_receiver(workshop, ports[1], collected[1], name="receiver-2")
    both = lambda: {name: [arrivals(file)[name] for file in collected] for name in senders}  # noqa: E731
    wait_for("everything at both", lambda: all(
        sorted(len(set(numbers)) for numbers in found) == [0, senders[name]] for name, found in both().items()), 30)
    relay.stop()
    first.terminate()
    second.terminate()
    check(all(arrivals(file) for file in collected), "one of the collectors has got nothing")
    relay.expect_verified(*collected)
    for file in collected:
        relay.expect_verified(file, arguments=["--subset", "--hashes", relay.data / "segments"])


def start_receiver(workshop, port, output, certificate="server", name="receiver"):
    """Our own TLS collector, which shows `certificate` and asks for a client certificate of the test authority."""
    return workshop.start(
        name,
        [places.tool("receiver"), "--port", port, "--certificate", places.certificate(certificate),
         "--key", places.certificate_key(certificate), "--client-ca", places.certificate("ca"), "--save", output],
    ).wait_for_port(port)


def line_count(path):
    if not path.exists():
        return 0
    with open(path, "rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
