"""Scenario stages: what each stage of the data plane costs a record, on one core and apart from the others."""

import re
import subprocess

from lab import places
from lab.process import check
from lab.traffic import corpus_file

PROGRAM = places.SCRATCH / "release" / "bench-stages"
OTHER_LINES = 20_000


def _other_programs():
    """A file of records of about 300 octets that are not Headscale's."""
    file = places.SCRATCH / "tools" / "other-programs.log"
    text = "Failed password for invalid user admin from 198.51.100.7 port 42022 ssh2" + " and so on" * 14
    file.write_text("".join(
        f"<38>1 2026-11-23T06:00:{number % 60:02d}.000Z web{number % 9}.example.net sshd {number % 9000} - "
        f"[origin ip=\"192.0.2.44\"] {text} {number}\n" for number in range(OTHER_LINES)))
    return file


def _run(file, kind, nodes=0):
    outcome = subprocess.run([PROGRAM, file, "20", str(nodes)], capture_output=True, text=True, timeout=300, check=True)
    costs = dict(re.findall(r"^(.+): (\d+) ns a record$", outcome.stdout, re.MULTILINE))
    return {"records": kind} | {f"{stage} ns": int(cost) for stage, cost in costs.items()}


def measure(_):
    check(PROGRAM.exists(), f"{PROGRAM} is not there: `make bench` builds it")
    headscale = corpus_file(places.SCRATCH / "tools", 0.0)
    rows = [
        _run(headscale, "Headscale's"), _run(headscale, "Headscale's, 5,000 nodes known", 5_000),
        _run(_other_programs(), "of other programs")]
    return "nanoseconds of one core a record, the fastest of 20 rounds", rows, rows
