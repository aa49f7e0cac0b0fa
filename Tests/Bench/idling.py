"""Scenario idle: how long a start takes, and what a relay with nothing to do holds."""

import statistics
import time

from lab.process import Workshop, wait_for
from lab.relay import Relay

STARTS = 5


def _start(relay, workshop, kind):
    begin = time.monotonic()
    relay.launch()
    wait_for("the relay to be ready", relay.is_ready, 15, every=0.001)
    ready = time.monotonic() - begin
    time.sleep(2)  # Idle means idle: let the start's garbage settle.
    run = {"start": kind, "ready_ms": ready * 1000, "rss_mib": relay.process.memory_kib() / 1024}
    relay.stop()
    return run


def measure(options):
    runs = []
    for _ in range(options.repeats):
        with Workshop("bench-idle") as workshop:
            relay = Relay(workshop)
            runs.append(_start(relay, workshop, "first (makes key and ledger)"))
            runs += [_start(relay, workshop, "later") for _ in range(STARTS - 1)]
    rows = [{
        "start": kind, "ready after ms": statistics.median(run["ready_ms"] for run in runs if run["start"] == kind),
        "RSS MiB": statistics.median(run["rss_mib"] for run in runs if run["start"] == kind),
    } for kind in dict.fromkeys(run["start"] for run in runs)]
    return f"{options.repeats} x {STARTS} starts, medians", rows, runs
