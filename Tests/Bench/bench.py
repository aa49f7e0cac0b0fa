#!/usr/bin/env python3
"""Measures Waxwing, side by side with rsyslog and syslog-ng where they do the same work.

    bench.py [SCENARIO…] [--records N] [--repeats R] [--relays a,b,…] [--json FILE]

Scenarios, all but conservation by default:
  tcp-disk-tls   TCP in, every record through the disk, TLS out: Waxwing with everything on (parse, redact, seal, sync)
                 against syslog-ng with a reliable disk buffer, rsyslog with a disk queue, and `minimum`, a C program
                 that only hashes, writes, syncs and sends. Medians of three rounds; every relay has its turn in each.
  elasticsearch  TCP in, every record through the disk, out as gzip'd bulk requests to a sink that unpacks and counts them
  splunk         the same as events of the HTTP Event Collector, with acknowledgements
  stages         what parsing, recognising and redacting cost a record, one by one
  sync           what the syncs cost: TCP in, every record onto the disk, against the same relay whose fdatasync and fsync
                 do nothing (LD_PRELOAD), in turns; without compression, which takes what time is left
  udp            one sender at 200,000 records/s for 5 s: what was sent is what was received and what was counted lost
  verify         `waxwing verify` on an export of 10 million records: records/s and peak memory
  ledger         a ledger of 10 million short records, plain and compressed: start-up, finding a record, `ledger check`
  conservation   10 minutes at 50,000 records/s into an Elasticsearch and a Splunk that get in the way: everything arrives
                 at both (only when asked for; needs 60 GB of disk)
  idle           start-up time (exec to ready) and memory of a relay with nothing to do

Ratios hold from machine to machine; absolute figures do not. Run it on an idle machine."""

import argparse
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "Interop"))
sys.dont_write_bytecode = True

import bulk  # noqa: E402
import conservation  # noqa: E402
import datagrams  # noqa: E402
import events  # noqa: E402
import forwarding  # noqa: E402
import idling  # noqa: E402
import ledgers  # noqa: E402
import stage_costs  # noqa: E402
import syncing  # noqa: E402
import verification  # noqa: E402
from lab.process import Failure  # noqa: E402

SCENARIOS = {
    "tcp-disk-tls": forwarding.measure,
    "elasticsearch": bulk.measure,
    "splunk": events.measure,
    "stages": stage_costs.measure,
    "sync": syncing.measure,
    "udp": datagrams.measure,
    "verify": verification.measure,
    "ledger": ledgers.measure,
    "idle": idling.measure,
    "conservation": conservation.measure,
}
DEFAULT = [name for name in SCENARIOS if name != "conservation"]


def print_table(title, rows):
    """`rows`: dictionaries with the same keys, printed as columns."""
    print(f"\n{title}")
    columns = list(rows[0])
    texts = [[_cell(row[column]) for column in columns] for row in rows]
    widths = [max(len(text) for text in column) for column in zip(columns, *texts)]
    for line in [columns, ["-" * width for width in widths], *texts]:
        cells = [line[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:]))]
        print("  " + "  ".join(cells))


def _cell(value):
    if isinstance(value, float):
        return f"{value:,.2f}" if abs(value) < 100 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("scenario", nargs="*", metavar="SCENARIO", help=", ".join(SCENARIOS))
    options.add_argument("--records", type=int, help="records a run (each scenario has its own default)")
    options.add_argument("--repeats", type=int, default=3)
    options.add_argument(
        "--secrets", type=float, default=0.0, metavar="FRACTION", help="tcp-disk-tls: records that hold a secret")
    options.add_argument(
        "--relays", default=",".join(forwarding.RELAYS), help="tcp-disk-tls: which, and in which order")
    options.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write every run here too")
    chosen = options.parse_args()
    if unknown := set(chosen.scenario) - set(SCENARIOS):
        options.error(f"unknown scenario: {', '.join(unknown)}")
    results, failed = {}, False
    for name in chosen.scenario or DEFAULT:
        try:
            title, rows, results[name] = SCENARIOS[name](chosen)
            print_table(f"{name}: {title}", rows)
        except Failure as failure:
            failed = True
            print(f"\n{name}: FAILED: {failure}")
    if chosen.json:
        chosen.json.write_text(json.dumps(results, indent=2) + "\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
