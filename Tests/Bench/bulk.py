"""Scenario elasticsearch: records in over TCP, through the disk, out as gzip'd bulk requests."""

import json
import os
import statistics
import time

from lab import places
from lab.process import Workshop, check, free_port, wait_for
from lab.relay import Relay
from lab.traffic import corpus_file

CONNECTIONS = 2
DEFAULT_RECORDS = 1_000_000


def _run(corpus, records):
    os.sync()  # What the run before left to be written is not to be paid for by this one.
    with Workshop("bench-elasticsearch") as workshop:
        target = free_port()
        sink = workshop.start("bulksink", [places.tool("bulksink"), "--port", target], pipe_output=True)
        check(sink.process.stdout.readline() == "ready\n", "the sink did not start")
        relay = Relay(workshop, [
            {"name": "elastic", "type": "elasticsearch", "urls": [f"http://127.0.0.1:{target}"]}]).start()
        time.sleep(0.7)  # What its start-up still costs is not what is measured.
        cpu = relay.process.cpu_seconds()
        feed = workshop.run(
            [places.tool("sender"), "--to", f"127.0.0.1:{relay.tcp_port}", "--file", corpus, "--count", records,
             "--connections", CONNECTIONS], seconds=600)
        check(feed.returncode == 0, f"the sender failed: {feed.stderr}")
        start = json.loads(feed.stdout)["start"]
        wait_for("everything to be taken", lambda: relay.metric("waxwing_destination_next_index") >= records and
                 relay.metric("waxwing_destination_batches") == 0, 600, every=0.01)
        seconds = time.clock_gettime(time.CLOCK_MONOTONIC) - start
        cpu, peak = relay.process.cpu_seconds() - cpu, relay.process.memory_kib("VmHWM") / 1024
        relay.stop()
        sink.process.terminate()
        totals = json.loads(sink.process.communicate(timeout=30)[0])
        check(totals["documents"] >= records, f"{totals['documents']:,} of {records:,} documents were taken")
        return {
            "seconds": seconds, "rate": records / seconds, "cpu_us": cpu * 1e6 / records, "peak_mib": peak,
            "octets": totals["octets"] / totals["documents"], "plain": totals["octets_unpacked"] / totals["documents"],
            "sink_us": totals["cpu"] * 1e6 / totals["documents"]}


def measure(options):
    records = options.records or DEFAULT_RECORDS
    corpus = corpus_file(places.SCRATCH / "tools", options.secrets)
    runs = [_run(corpus, records) for _ in range(options.repeats)]
    median = {measure: statistics.median(run[measure] for run in runs) for measure in runs[0]}
    rows = [{
        "relay": "waxwing", "records/s": median["rate"], "CPU us/record": median["cpu_us"],
        "peak MiB": median["peak_mib"], "octets/document": median["plain"], "with gzip": median["octets"],
        "sink's CPU us": median["sink_us"]}]
    return f"{records:,} records to a local sink, medians of {options.repeats}", rows, runs
