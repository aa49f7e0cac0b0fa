"""Scenario udp: every datagram is either received or counted as lost."""

import json

from lab import places
from lab.process import Workshop, check, wait_for
from lab.relay import Relay, file_destination
from lab.traffic import corpus_file

RATE = 200_000
SECONDS = 5
LOSS_MAX = 0.001


def _settled(relay):
    """Counters once they have stopped moving: {"received": …, "lost": …}."""
    last = []

    def unchanged():
        last.append(relay.udp_counts())
        return len(last) > 2 and last[-1] == last[-2] == last[-3] and last[-1]

    return wait_for("the UDP counters to settle", unchanged, 30, every=0.3)


def _run(corpus, records):
    with Workshop("bench-udp") as workshop:
        archive = workshop.path("archive")
        relay = Relay(workshop, [file_destination(archive)]).start()
        feed = workshop.run(
            [places.tool("sender"), "--transport", "udp", "--to", f"127.0.0.1:{relay.udp_port}", "--file", corpus,
             "--count", records, "--rate", RATE])
        check(feed.returncode == 0, f"the sender failed: {feed.stderr}")
        sent = json.loads(feed.stdout)
        received, lost = _settled(relay)
        relay.stop()
        archived = sum(
            b" SEAL [waxwing@" not in line[:400] for file in archive.iterdir() for line in open(file, "rb"))
        return {
            "sent": sent["records"], "rate": sent["records"] / (sent["end"] - sent["start"]), "received": int(received),
            "lost": int(lost), "archived": archived}


def measure(options):
    records, corpus = options.records or RATE * SECONDS, corpus_file(places.SCRATCH / "tools")
    runs = [_run(corpus, records) for _ in range(options.repeats)]
    for run in runs:
        check(run["sent"] == run["received"] + run["lost"], f"sent is not received + lost: {run}")
        check(run["archived"] == run["received"], f"archived is not received: {run}")
        check(run["lost"] < LOSS_MAX * run["sent"], f"more than {LOSS_MAX:.1%} lost: {run}")
    rows = [{
        "run": number, "sent": run["sent"], "records/s": run["rate"], "received": run["received"],
        "counted lost": run["lost"], "in the archive": run["archived"]} for number, run in enumerate(runs, 1)]
    return f"one sender at {RATE:,} records/s; sent = received + lost, exactly", rows, runs
