#!/usr/bin/env python3
"""Runs Waxwing against real peers: rsyslog, syslog-ng, logger, openssl and pymerkle.

    run.py [--list] [--keep] [NAME…]

NAME picks the cases whose name holds it. Everything listens on free loopback ports and lives in temporary folders; a
failed case's folder is kept and named. Ends with 0 when all cases passed."""

import argparse
import subprocess
import sys

sys.dont_write_bytecode = True

from cases import (  # noqa: E402, F401
    collectors, crashes, elasticsearch, faults, headscale, health, keeping, proofs, refusals, secrets, senders, siems, watcher)
from lab import peers, places  # noqa: E402
from lab.case import cases, run  # noqa: E402


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("name", nargs="*")
    options.add_argument("--list", action="store_true", help="name the cases and what each claims")
    options.add_argument("--keep", action="store_true", help="keep the folders of passed cases too")
    chosen = options.parse_args()
    wanted = cases(chosen.name)
    if chosen.list:
        for case in wanted:
            print(f"{case.name:32} {case.claim}")
        return 0
    if not wanted:
        options.error(f"no case is called like {' or '.join(chosen.name)}")
    subprocess.run([places.ROOT / "Certs" / "make-certs.sh", places.CERTS], check=True)
    peers.unpack_all()
    failed = sum(not run(case, chosen.keep) for case in wanted)
    print(f"{len(wanted) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
