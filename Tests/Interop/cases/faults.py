"""Disks that fail: system calls made to fail with strace, a full file system, and damage found at the start."""

import contextlib
import json
import os
import re
import resource
import subprocess
import time
import urllib.error
import urllib.request

from lab import seal
from lab.case import case
from lab.process import check, free_port, wait_for
from lab.records import arrivals
from lab.relay import INCOMPLETE, Relay, file_destination, first_archive_file, tls_destination

from .collectors import start_receiver
from .crashes import EndlessSender

# What the ledger does to its disk: the calls that fail, and how.
FAULTS = [
    ("pwrite64", "EIO"), ("pwrite64", "ENOSPC"), ("fdatasync", "EIO"), ("fdatasync", "ENOSPC"), ("fsync", "EIO"),
    ("fallocate", "ENOSPC"), ("fallocate", "EIO"), ("rename", "EIO"), ("openat", "EIO"), ("unlink", "EIO")]
SMALL_SEGMENTS = {"stream": {"segment": "1MiB", "sync": {"interval": "10ms"}}}


@contextlib.contextmanager
def failing(workshop, relay, call, error):
    """Lets `call` fail with `error` in the running relay, whichever thread makes it."""
    tracer = workshop.start(
        f"strace-{call}-{error}",
        ["strace", "-f", "-p", relay.process.pid, "-e", f"trace={call}", "-e", f"inject={call}:error={error}"])
    wait_for("strace to attach", lambda: tracer.expect_running() and "attached" in tracer.log_text(), 15)
    try:
        yield
    finally:
        tracer.terminate()


def not_ready(relay):
    """Why the relay takes no records, as `/readyz` says; nothing while it does."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{relay.metrics_port}/readyz", timeout=5):
            return None
    except urllib.error.HTTPError as answer:
        return answer.read().decode()


def expect_conserved(relay, senders, collected):
    """What was sent was kept and delivered, each record once in the ledger and in its order."""
    for sender in senders:
        sender.stop()
    wait_for("everything to be delivered", lambda: relay.is_delivered("archive"), 60)
    relay.stop()
    got = arrivals(collected)
    for sender in senders:
        numbers = got[sender.name]
        check(numbers == list(range(sender.sent)), f"{sender.name}: {len(numbers)} of {sender.sent} records, in order?")
    check(seal.check_tree(seal.read(collected))[1] == 0, "records behind the last seal after an orderly stop")
    relay.expect_verified(collected)
    relay.expect_verified(relay.data)


@case(seconds=300)
def calls_that_fail(workshop):
    """Each system call of the ledger fails for a while under load: it waits, goes on, and nothing is lost"""
    archive = workshop.path("archive")
    relay = Relay(workshop, [file_destination(archive)], **SMALL_SEGMENTS).start()
    senders = [EndlessSender(name, relay.tcp_port) for name in ("alpha", "beta")]
    for sender in senders:
        sender.start()
    for call, error in FAULTS:
        records = relay.metric("waxwing_ledger_records_total")
        failures = relay.metric("waxwing_ledger_failures_total")
        with failing(workshop, relay, call, error):
            if call in ("pwrite64", "fdatasync"):
                text = wait_for(f"{call} to fail", lambda: not_ready(relay), 20)
                check("the ledger cannot be written" in text, f"/readyz says {text!r} while {call} fails")
            else:
                time.sleep(1)
            relay.process.expect_running()
        wait_for(f"the relay to go on after {call}", relay.is_ready, 30)
        wait_for("records to be taken again", lambda: relay.metric("waxwing_ledger_records_total") > records + 100, 30)
        if call in ("pwrite64", "fdatasync"):
            check(relay.metric("waxwing_ledger_failures_total") > failures, f"no failure was counted for {call}")
        check(relay.metric("waxwing_ledger_degraded") == 0, f"still degraded after {call}")
    expect_conserved(relay, senders, first_archive_file(archive))


@case(seconds=180)
def calls_that_fail_once(workshop):
    """A call that fails now and then, a hundred times over, costs nothing but a moment"""
    archive = workshop.path("archive")
    relay = Relay(workshop, [file_destination(archive)], **SMALL_SEGMENTS).start()
    sender = EndlessSender("alpha", relay.tcp_port)
    sender.start()
    calls = "pwrite64,fdatasync,fallocate,rename"
    tracer = workshop.start(
        "strace", ["strace", "-f", "-p", relay.process.pid, "-e", f"trace={calls}",
                   "-e", f"inject={calls}:error=EIO:when=7+23"])
    wait_for("failures", lambda: relay.metric("waxwing_ledger_failures_total") >= 100, 90)
    tracer.terminate()
    wait_for("the relay to be ready", relay.is_ready, 30)
    expect_conserved(relay, [sender], first_archive_file(archive))


@case(seconds=120)
def segments_that_cannot_be_read(workshop):
    """A segment that the disk cannot read: the relay starts, passes over it, declares the loss, and all else arrives"""
    relay = Relay(workshop, **SMALL_SEGMENTS).start()
    sender = EndlessSender("alpha", relay.tcp_port)
    sender.start()
    wait_for("three segments", lambda: relay.metric("waxwing_ledger_segments_total") >= 4, 60)
    sender.stop()
    end = relay.metric("waxwing_ledger_records_total") + relay.metric("waxwing_ledger_seals_total")
    relay.stop()
    archive, segments = workshop.path("archive"), sorted((relay.data / "segments").glob("*.segment"))
    settings = json.loads(relay.settings_file.read_text())
    settings["destinations"] = [file_destination(archive)]
    relay.settings_file.write_text(json.dumps(settings))
    relay.launch(under=[
        "strace", "-D", "-f", "-qq", "-o", workshop.path("strace.log"), "-P", segments[1], "-e", "trace=pread64",
        "-e", "inject=pread64:error=EIO"])
    wait_for("the relay to be ready", relay.is_ready, 30)
    first, behind = int(segments[1].stem), int(segments[2].stem)
    wait_for("the rest to be delivered", lambda: relay.is_delivered("archive"), 60)
    check(relay.metric("waxwing_ledger_lost_records_total") == behind - first, "not all that is lost is declared")
    check(relay.metric("waxwing_ledger_unreadable_octets") > 0, "nothing is said of what could not be read")
    relay.stop()
    indexes = set()
    for file in archive.glob("*.log"):
        indexes.update(int(i) for i in re.findall(r'\[waxwing@32473 l="[0-9a-f]{8}" i="(\d+)"', file.read_text()))
    check(indexes.issuperset(set(range(int(end))) - set(range(first, behind))), "records beside the segment are missing")
    check(not indexes & set(range(first, behind)), "records were read that cannot be")


@case(seconds=120)
def writes_cut_short(workshop):
    """Writes end early and then fail, at a limit on the size of files: the relay waits, and nothing is lost"""
    archive = workshop.path("archive")
    relay = Relay(workshop, [file_destination(archive)], **SMALL_SEGMENTS).start()
    sender = EndlessSender("alpha", relay.tcp_port)
    sender.start()
    for limit in (300_001, 655_363, 900_007):
        records = relay.metric("waxwing_ledger_records_total")
        resource.prlimit(relay.process.pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        reason = wait_for("the ledger to stop", lambda: not_ready(relay), 30)
        check("the ledger cannot be written" in reason, f"/readyz says {reason!r}")
        resource.prlimit(relay.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        wait_for("the relay to go on", relay.is_ready, 30)
        wait_for("records to be taken again", lambda: relay.metric("waxwing_ledger_records_total") > records + 100, 30)
    expect_conserved(relay, [sender], first_archive_file(archive))


@case(seconds=120)
def deletions_that_fail(workshop):
    """Files that retention cannot delete stay until it can; records go on"""
    archive = workshop.path("archive")
    relay = Relay(
        workshop, [file_destination(archive)], retention={"size": "4MiB", "hashes": "0", "compress": False},
        **SMALL_SEGMENTS).start()
    sender = EndlessSender("alpha", relay.tcp_port)
    sender.start()

    def segments():
        return len(list((relay.data / "segments").glob("*.segment")))

    with failing(workshop, relay, "unlink", "EIO"):
        wait_for("more files than there may be", lambda: segments() > 10, 60)
        check(relay.is_ready(), "a file that cannot be deleted stopped the relay")
    wait_for("the files to be deleted", lambda: segments() <= 7, 60)
    sender.stop()
    wait_for("everything to be delivered", lambda: relay.is_delivered("archive"), 60)
    relay.stop()
    numbers = arrivals(first_archive_file(archive))[sender.name]
    check(numbers == list(range(sender.sent)), f"{len(numbers)} of {sender.sent} records, in order?")
    relay.expect_verified(first_archive_file(archive))


@case(seconds=180)
def full_disk(workshop):
    """A file system runs full and is freed: senders wait, the state says why, nothing is lost"""
    if os.geteuid() != 0:
        return print("      only root can mount a small file system: left out")
    disk, archive = workshop.path("disk"), workshop.path("archive")
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", disk], check=True)
    try:
        relay = Relay(workshop, [file_destination(archive)], data=str(disk / "data"), **SMALL_SEGMENTS)
        relay.data = disk / "data"
        relay.start()
        sender = EndlessSender("alpha", relay.tcp_port)
        sender.start()
        filler = disk / "filler"
        with open(filler, "wb", buffering=0) as file, contextlib.suppress(OSError):
            while file.write(b"\0" * 4096):
                pass
        reason = wait_for("the relay to say that the disk is full", lambda: not_ready(relay), 60)
        check("disk" in reason or "space" in reason, f"/readyz says {reason!r}")
        relay.process.expect_running()
        filler.unlink()
        wait_for("the relay to go on", relay.is_ready, 60)
        records = relay.metric("waxwing_ledger_records_total")
        wait_for("records to be taken again", lambda: relay.metric("waxwing_ledger_records_total") > records + 100, 30)
        expect_conserved(relay, [sender], first_archive_file(archive))
    finally:
        subprocess.run(["umount", "--lazy", disk], check=False)


@case(seconds=120)
def damage_at_the_start(workshop):
    """A damaged ledger starts: what is lost is declared in the log and named by verify, the rest is delivered"""
    port, collected = free_port(), workshop.path("collected.log")
    relay = Relay(workshop, [tls_destination(port)]).start()
    sender = EndlessSender("alpha", relay.tcp_port)
    sender.start()
    wait_for("records", lambda: relay.metric("waxwing_ledger_durable_index") > 4000, 30)
    sender.stop()
    relay.stop()
    segment = relay.data / "segments" / f"{0:020}.segment"
    with open(segment, "r+b") as file:
        file.seek(segment.stat().st_size // 2)
        file.write(b"\xff" * 64)
    finding = workshop.run([relay.binary, "check", "--config", relay.settings_file]).stdout
    check("are damaged or gone" in finding, f"check does not see the damage:\n{finding}")
    sink = start_receiver(workshop, port, collected)
    relay.start()
    wait_for("the collector to be given the rest", lambda: relay.is_delivered("collector"), 60)
    lost = relay.metric("waxwing_ledger_lost_records_total")
    check(lost > 0, "no loss was counted")
    relay.stop()
    sink.terminate()
    report = relay.verify("--json", collected)
    missing = json.loads(report.stdout)["missing"]["records"]
    check(report.returncode == INCOMPLETE, f"verify ended with {report.returncode}:\n{report.stdout}")
    check(missing == lost, f"{missing} records are missing, {lost} were declared")
    check(b" LOSS [waxwing-loss@32473 " in collected.read_bytes(), "the loss is not declared in the log")
