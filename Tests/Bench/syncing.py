"""Scenario sync: what it costs that records are durable before they are released."""

import json
import os
import statistics
import time

from lab import places
from lab.process import Workshop, check, wait_for
from lab.relay import Relay
from lab.traffic import corpus_file

CONNECTIONS = 2
DEFAULT_RECORDS = 3_000_000
ROUNDS_PER_REPEAT = 3


def _run(corpus, records, syncs):
    os.sync()
    with Workshop("bench-sync") as workshop:
        relay = Relay(workshop, [], retention={"compress": False})
        if not syncs:
            os.environ["LD_PRELOAD"] = places.preload("nosync")
        try:
            relay.start()
        finally:
            os.environ.pop("LD_PRELOAD", None)
        feed = workshop.run(
            [places.tool("sender"), "--to", f"127.0.0.1:{relay.tcp_port}", "--file", corpus, "--count", records,
             "--connections", CONNECTIONS], seconds=600)
        check(feed.returncode == 0, f"the sender failed: {feed.stderr}")
        wait_for("all records", lambda: relay.metric("waxwing_ledger_records_total") >= records, 60, every=0.005)
        seconds = time.clock_gettime(time.CLOCK_MONOTONIC) - json.loads(feed.stdout)["start"]
        relay.stop()
        return {"syncs": syncs, "rate": records / seconds}


def measure(options):
    records, corpus = options.records or DEFAULT_RECORDS, corpus_file(places.SCRATCH / "tools")
    rounds = options.repeats * ROUNDS_PER_REPEAT
    runs = [_run(corpus, records, syncs) for _ in range(rounds) for syncs in (True, False)]
    median = {syncs: statistics.median(run["rate"] for run in runs if run["syncs"] == syncs) for syncs in (True, False)}
    rows = [{
        "relay": "as it is" if syncs else "without syncs", "records/s": median[syncs],
        "cost %": 100 * (1 - median[syncs] / median[False])} for syncs in (True, False)]
    return f"{records:,} records, medians of {rounds} in turns", rows, runs
