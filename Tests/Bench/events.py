"""Scenario splunk: records in over TCP, through the disk, out as gzip'd events that a sink acknowledges."""

import json
import os
import statistics
import time

from lab import hec, places
from lab.process import Workshop, check, free_port, wait_for
from lab.relay import Relay
from lab.traffic import corpus_file

CONNECTIONS = 2
DEFAULT_RECORDS = 1_000_000


def _run(corpus, records):
    os.sync()  # What the run before left to be written is not to be paid for by this one.
    with Workshop("bench-splunk") as workshop:
        target, token = free_port(), workshop.path("token")
        token.write_text(hec.TOKEN + "\n")
        token.chmod(0o600)
        sink = workshop.start("websink", [places.tool("websink"), "--port", target], pipe_output=True)
        check(sink.process.stdout.readline() == "ready\n", "the sink did not start")
        relay = Relay(workshop, [{
            "name": "splunk", "type": "splunk", "urls": [f"http://127.0.0.1:{target}"],
            "token_file": str(token)}]).start()
        time.sleep(0.7)  # What its start-up still costs is not what is measured.
        cpu = relay.process.cpu_seconds()
        feed = workshop.run(
            [places.tool("sender"), "--to", f"127.0.0.1:{relay.tcp_port}", "--file", corpus, "--count", records,
             "--connections", CONNECTIONS], seconds=600)
        check(feed.returncode == 0, f"the sender failed: {feed.stderr}")
        wait_for("everything to be acknowledged",
                 lambda: relay.metric("waxwing_destination_confirmed_index") >= records, 600, every=0.01)
        seconds = time.clock_gettime(time.CLOCK_MONOTONIC) - json.loads(feed.stdout)["start"]
        cpu, peak = relay.process.cpu_seconds() - cpu, relay.process.memory_kib("VmHWM") / 1024
        check(relay.metric("waxwing_destination_retries_total") == 0, "something was sent twice")
        relay.stop()
        sink.process.terminate()
        totals = json.loads(sink.process.communicate(timeout=30)[0])
        return {
            "seconds": seconds, "rate": records / seconds, "cpu_us": cpu * 1e6 / records, "peak_mib": peak,
            "octets": totals["octets"] / records}


def measure(options):
    records = options.records or DEFAULT_RECORDS
    corpus = corpus_file(places.SCRATCH / "tools", options.secrets)
    runs = [_run(corpus, records) for _ in range(options.repeats)]
    median = {measure: statistics.median(run[measure] for run in runs) for measure in runs[0]}
    rows = [{
        "relay": "waxwing", "records/s": median["rate"], "CPU us/record": median["cpu_us"],
        "peak MiB": median["peak_mib"], "octets/record with gzip": median["octets"]}]
    return f"{records:,} records to a local sink that acknowledges, medians of {options.repeats}", rows, runs
