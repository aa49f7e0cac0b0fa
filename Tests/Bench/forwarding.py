"""Scenario tcp-disk-tls: records in over TCP, through the disk, out over TLS."""

import json
import os
import statistics
import time

from lab import peers, places
from lab.process import Workshop, check, free_port
from lab.relay import Relay, tls_destination
from lab.traffic import corpus_file

CONNECTIONS = 2
DEFAULT_RECORDS = 1_000_000
QUIET_SECONDS = 30


# MARK: - Relays: start one that listens on TCP `listen` and forwards over TLS to `target`


def _start_waxwing(workshop, listen, target):
    listeners = [{"tcp": f"127.0.0.1:{listen}"}]
    return Relay(workshop, [tls_destination(target)], listeners=listeners).start().process


def _start_syslog_ng(workshop, listen, target):
    return peers.start_syslog_ng(workshop, "syslog-ng", peers.syslog_ng_relay(listen, target))


def _start_rsyslog(workshop, listen, target):
    return peers.start_rsyslog(workshop, "rsyslog", peers.rsyslog_relay(listen, target))


def _start_minimum(workshop, listen, target):
    return workshop.start(
        "minimum", [places.tool("minimum"), listen, target, places.certificate("ca"), workshop.path("spool")])


RELAYS = {
    "waxwing": _start_waxwing, "syslog-ng": _start_syslog_ng, "rsyslog": _start_rsyslog, "minimum": _start_minimum}


# MARK: - One run


def _run(name, corpus, records):
    os.sync()  # What the run before left to be written is not to be paid for by this one.
    with Workshop(f"bench-{name}") as workshop:
        listen, target = free_port(), free_port()
        sink = workshop.start(
            "receiver",
            [places.tool("receiver"), "--port", target, "--certificate", places.certificate("server"),
             "--key", places.certificate_key("server"), "--expect", records, "--idle", QUIET_SECONDS],
            pipe_output=True)
        check(sink.process.stdout.readline() == "ready\n", "the receiver did not start")
        relay = RELAYS[name](workshop, listen, target).wait_for_port(listen)
        time.sleep(0.7)  # Its connection to the receiver, and what its start-up still costs, are not what is measured.
        cpu = relay.cpu_seconds()
        feed = workshop.run(
            [places.tool("sender"), "--to", f"127.0.0.1:{listen}", "--file", corpus, "--count", records,
             "--connections", CONNECTIONS], seconds=600)
        check(feed.returncode == 0, f"the sender failed: {feed.stderr}")
        sent, received = json.loads(feed.stdout), json.loads(sink.process.communicate(timeout=600)[0])
        cpu = relay.expect_running().cpu_seconds() - cpu
        check(received["records"] >= records,
              f"{name} delivered {received['records']:,} of {records:,} records:\n{relay.log_tail()}")
        return {
            "relay": name, "records": records, "seconds": received["last"] - sent["start"],
            "rate": records / (received["last"] - sent["start"]), "cpu_us": cpu * 1e6 / records,
            "peak_mib": relay.memory_kib("VmHWM") / 1024}


def measure(options):
    records, names = options.records or DEFAULT_RECORDS, options.relays.split(",")
    check(set(names) <= set(RELAYS), f"--relays: known are {', '.join(RELAYS)}")
    corpus, runs = corpus_file(places.SCRATCH / "tools", options.secrets), []
    for _ in range(options.repeats):
        for name in names:
            runs.append(_run(name, corpus, records))
            print(f"  {name}: {runs[-1]['rate']:,.0f} records/s, {runs[-1]['cpu_us']:.2f} us", flush=True)
    medians = {
        name: {measure: statistics.median(run[measure] for run in runs if run["relay"] == name)
               for measure in ("rate", "cpu_us", "peak_mib")} for name in names}
    reference = medians.get("syslog-ng")
    rows = [{
        "relay": name, "records/s": median["rate"], "CPU us/record": median["cpu_us"], "peak MiB": median["peak_mib"],
        "x syslog-ng": median["rate"] / reference["rate"] if reference else "-",
        "CPU of syslog-ng's": median["cpu_us"] / reference["cpu_us"] if reference else "-",
    } for name, median in medians.items()]
    title = f"{records:,} records, {options.secrets:.0%} with a secret, medians of {options.repeats}"
    return title, rows, runs
