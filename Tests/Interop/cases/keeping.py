"""Compression, retention, holds and the disk budget, in the binary."""

import random
import socket
import subprocess
import time

from lab import places
from lab.case import case
from lab.process import check, free_port, wait_for
from lab.relay import Relay, file_destination, tls_destination

from .collectors import start_receiver
from .crashes import EndlessSender

KILLS = 15
PADDING = "x" * 900


def _ledger(relay, *arguments, expect=0):
    """Runs `waxwing ledger`; returns what it printed."""
    command, *rest = arguments
    # `hold` has commands of its own, behind which the options go.
    result = subprocess.run(
        [places.WAXWING, "ledger", command, *rest, "--data", relay.data], capture_output=True, text=True)
    check(result.returncode == expect,
          f"ledger {' '.join(arguments)} ended with {result.returncode}:\n{result.stdout[-500:]}{result.stderr[-500:]}")
    return result.stdout


class BulkSender(EndlessSender):
    """Sends as much as is taken."""

    def run(self):
        lines = "".join(
            f"<30>1 2026-11-23T06:15:00Z {self.name}.example.net headscale 1 - - number {number} {PADDING}\n"
            for number in range(200)).encode()
        while not self.stopping.is_set():
            try:
                with socket.create_connection(("127.0.0.1", self.port), 5) as stream:
                    while not self.stopping.is_set():
                        stream.settimeout(1)
                        stream.sendall(lines)
                        self.sent += 200
            except OSError:
                time.sleep(0.02)


@case(seconds=300)
def killed_while_deleting(workshop):
    """kill -9 while records are compressed and deleted: the ledger is whole each time, and the export complete"""
    archive = workshop.path("archive")
    relay = Relay(
        workshop, [file_destination(archive)], stream={"segment": "1MiB"},
        retention={"size": "8MiB", "hashes": "0", "disk": "64MiB"})
    sender = BulkSender("bulk", relay.tcp_port)
    sender.start()
    pause = random.Random(15)
    for _ in range(KILLS):
        relay.start()
        time.sleep(pause.uniform(0.2, 1))
        relay.process.kill()
        _ledger(relay, "check")
    sender.stop()
    relay.start()
    wait_for("everything to be delivered", lambda: relay.is_delivered("archive"), 30)
    segments = relay.data / "segments"
    wait_for("segments to be compressed", lambda: any(segments.glob("*.zst")), 30)
    first = f"{0:020}.segment"
    wait_for("the oldest to be deleted", lambda: not any(segments.glob(f"{first}*")), 30)
    relay.stop()
    report = _ledger(relay, "check")
    check("DELETED records 0.." in report, f"nothing was deleted:\n{report}")
    relay.expect_verified(archive)
    exported = b"".join(file.read_bytes() for file in sorted(archive.iterdir()))
    check(b" RETENTION [waxwing-retention@32473 from=\"0\"" in exported, "the deletions are not sealed")


@case(seconds=120)
def full_and_freed(workshop):
    """a used-up disk budget stops the intake, loses nothing, and lets go when the collector is back"""
    port, collected = free_port(), workshop.path("collected.log")
    relay = Relay(
        workshop, [tls_destination(port)], stream={"segment": "1MiB"},
        retention={"disk": "16MiB", "hashes": "0"}, queue="1MiB").start()
    sender = BulkSender("bulk", relay.tcp_port)
    sender.start()
    wait_for("the budget to be used up", lambda: not relay.is_ready(), 60)
    _ledger(relay, "hold", "add", "case-1", "--from", "5", "--to", "9")
    wait_for("the hold to be sealed", lambda: (relay.data / "holds" / "case-1.sealed").exists(), 10)
    sink = start_receiver(workshop, port, collected)
    wait_for("records to be taken again", relay.is_ready, 60)
    sender.stop()
    wait_for("everything to be delivered", lambda: relay.is_delivered("collector"), 60)
    check(relay.metric("waxwing_retention_lost_records_total") == 0, "records were lost")
    held = _ledger(relay, "export", "--from", "5", "--to", "9")
    check(held.count("\n") == 5, f"what is held is gone:\n{held}")
    relay.stop()
    sink.terminate()
    relay.expect_verified(collected)


@case(seconds=120)
def oldest_dropped(workshop):
    """drop-oldest goes on taking records while the collector is away, and seals what is lost"""
    relay = Relay(
        workshop, [tls_destination(free_port())], stream={"segment": "1MiB"},
        retention={"disk": "16MiB", "hashes": "0", "when_full": "drop-oldest"}, queue="1MiB").start()
    sender = BulkSender("bulk", relay.tcp_port)
    sender.start()
    wait_for("records to be lost", lambda: relay.metric("waxwing_retention_lost_records_total") > 20_000, 60)
    sender.stop()
    wait_for("it to be ready", relay.is_ready, 10)
    losses = [line for line in _ledger(relay, "export").splitlines() if " LOSS [waxwing-loss@32473 " in line]
    check(losses and 'reason="retention" destinations="collector"' in losses[-1], "the loss is not sealed")
    size = sum(file.stat().st_size for file in (relay.data / "segments").iterdir())
    check(size <= 16 << 20, f"the ledger has {size} bytes")
    relay.stop(seconds=60)
    _ledger(relay, "check")
