"""Scenario ledger: how fast a large ledger is opened, searched and checked, plain and compressed.

The records are short, so that 100 million of them (--records 100000000) fit on a disk of 30 GB."""

import json
import os
import random
import shutil
import statistics
import subprocess
import time

from lab import places
from lab.process import Workshop, check, wait_for
from lab.relay import Relay

DEFAULT_RECORDS = 10_000_000
SEARCHES = 50
SEGMENT = "8MiB"


def _fill(relay, workshop, records):
    corpus = workshop.path("corpus")
    corpus.write_text("".join(
        f"<14>1 2026-11-23T06:15:00.{number:03}Z hs1 app {number} ID - user {number % 89} came\n"
        for number in range(1000)))
    relay.start()
    feed = subprocess.run(
        [places.tool("sender"), "--to", f"127.0.0.1:{relay.tcp_port}", "--file", corpus, "--count", str(records)],
        capture_output=True, text=True)
    check(feed.returncode == 0, f"the sender failed: {feed.stderr}")
    wait_for("everything to be durable", lambda: relay.metrics()[("waxwing_ledger_durable_index", "")] >= records, 60)
    relay.stop()


def _start(relay):
    begin = time.monotonic()
    relay.launch()
    wait_for("the relay to be ready", relay.is_ready, 15, every=0.001)
    return (time.monotonic() - begin) * 1000


def _search(relay, records):
    """Milliseconds that a process takes to find and print one record; its own start is measured beside it."""
    times, starts = [], []
    for _ in range(SEARCHES):
        index = str(random.randrange(records))
        begin = time.monotonic()
        found = subprocess.run(
            [places.WAXWING, "ledger", "export", "--data", relay.data, "--from", index, "--to", index],
            capture_output=True, text=True)
        times.append((time.monotonic() - begin) * 1000)
        check(f'i="{index}"' in found.stdout, f"record {index} was not found: {found.stderr}")
        begin = time.monotonic()
        subprocess.run([places.WAXWING, "version"], capture_output=True)
        starts.append((time.monotonic() - begin) * 1000)
    return statistics.median(times), max(times), statistics.median(starts)


def _check(relay):
    begin = time.monotonic()
    process = subprocess.Popen(
        [places.WAXWING, "ledger", "check", "--data", relay.data, "--json"], stdout=subprocess.PIPE, text=True)
    output = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.monotonic() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    check(process.returncode == 0, f"check ended with {process.returncode}: {output[:1000]}")
    report = json.loads(output)
    cpu = used.ru_utime + used.ru_stime
    return report["segments"], report["bytes"] / 1e6 / seconds, report["bytes"] / 1e6 / cpu


def _round(relay, kind, records, ready):
    found, slowest, start = _search(relay, records)
    segments, rate, rate_one_core = _check(relay)
    used = sum(file.stat().st_size for file in (relay.data / "segments").iterdir() if ".segment" in file.name)
    return {
        "ledger": kind, "records": records, "segments": segments, "MB on disk": used // 1_000_000,
        "ready after ms": ready, "find ms (with the process)": found, "slowest ms": slowest, "process alone ms": start,
        "check MB/s": rate, "of one core": rate_one_core}


def _compress(relay):
    """Lets the keeper work until all closed segments are compressed. Returns when the relay was ready, and after how
    many seconds they were."""
    begin = time.monotonic()
    ready = _start(relay)
    segments = relay.data / "segments"
    wait_for(
        "the segments to be compressed", lambda: sum(1 for _ in segments.glob("*.segment")) == 1, 3600, every=0.5)
    seconds = time.monotonic() - begin
    relay.stop()
    return ready, seconds


def measure(options):
    records = options.records or DEFAULT_RECORDS
    with Workshop("bench-ledger") as workshop:
        needed = records * 180
        check(shutil.disk_usage(workshop.folder).free > needed, f"{workshop.folder} has not {needed >> 20} MiB free")
        relay = Relay(workshop, stream={"segment": SEGMENT}, retention={"compress": False})
        _fill(relay, workshop, records)
        ready = _start(relay)
        relay.stop()
        rows = [_round(relay, "plain", records, ready)]
        settings = json.loads(relay.settings_file.read_text()) | {"retention": {}}
        relay.settings_file.write_text(json.dumps(settings))
        _, seconds = _compress(relay)
        ready = _start(relay)
        relay.stop()
        rows.append(_round(relay, "compressed", records, ready))
    return f"segments of {SEGMENT}; compressed in {seconds:.0f} s beside an idle relay", rows, rows
