"""Scenario verify: how fast, and in how much memory, a large export is checked."""

import os
import shutil
import statistics
import subprocess
import time

from lab import places
from lab.process import Workshop, check

DEFAULT_RECORDS = 10_000_000
BATCH = 1024


def _run(export, key, records):
    start = time.monotonic()
    process = subprocess.Popen([places.WAXWING, "verify", "--key", key, export], stdout=subprocess.PIPE, text=True)
    output = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.monotonic() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    check(process.returncode == 0, f"verify ended with {process.returncode}:\n{output}")
    cpu = used.ru_utime + used.ru_stime
    return {
        "rate": records / seconds, "rate_one_core": records / cpu, "cpu_us": cpu * 1e6 / records,
        "peak_mib": used.ru_maxrss / 1024}


def measure(options):
    records = options.records or DEFAULT_RECORDS
    with Workshop("bench-verify") as workshop:
        needed = records * 320
        check(shutil.disk_usage(workshop.folder).free > needed, f"{workshop.folder} has not {needed >> 20} MiB free")
        export, key, runs = workshop.path("export.log"), workshop.path("log.vkey"), []
        with open(export, "wb") as file:
            subprocess.run([places.tool("exporter"), str(records), str(BATCH), key], stdout=file, check=True)
        for _ in range(options.repeats):
            runs.append(_run(export, key, records))
    rows = [{
        "records": records, "records/s": statistics.median(run["rate"] for run in runs),
        "records/s of one core": statistics.median(run["rate_one_core"] for run in runs),
        "CPU us/record": statistics.median(run["cpu_us"] for run in runs),
        "peak MiB": max(run["peak_mib"] for run in runs)}]
    return f"batches of {BATCH}, medians of {options.repeats}", rows, runs
