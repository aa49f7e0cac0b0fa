"""Scenario conservation: a long run into two SIEMs that get in the way. Every record has to arrive at both.

Elasticsearch answers 10 % of the items with 429, resets connections in the place of some answers, and is away for three
tenths of the time; Splunk forgets some acknowledgements, of bodies that it has indexed and of others that it has not."""

import concurrent.futures
import gzip
import http.server
import json
import os
import random
import socket
import threading
import time

from lab import hec, places
from lab.process import Workshop, check, free_port, wait_for
from lab.relay import Relay

RATE = 50_000
SECONDS = 600
RECORDS_PER_WRITE = 500
FORGOTTEN = 0.004  # of the acknowledgements
LOST_ANSWERS = 0.5  # per cent of the bulk requests
BUSY_ITEMS = 10  # per cent


class ForgetfulSplunk:
    """An HTTP Event Collector that appends the events it has indexed to a file, body by body."""

    def __init__(self, port, output):
        self.output = open(output, "wb", buffering=1 << 20)
        self.lock, self.random = threading.Lock(), random.Random(1)
        self.number, self.confirmed = 0, set()
        splunk = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, *_):
                pass

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                is_question = self.path.startswith("/services/collector/ack")
                answer = json.dumps(splunk.confirm(body) if is_question else splunk.take(body)).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, body):
        with self.lock:
            self.number += 1
            is_forgotten = self.random.random() < FORGOTTEN
            if not is_forgotten or self.random.random() < 0.5:
                self.output.write(body if body.endswith(b"\n") else body + b"\n")
            if not is_forgotten:
                self.confirmed.add(self.number)
            return {"text": "Success", "code": 0, "ackId": self.number}

    def confirm(self, body):
        with self.lock:
            acks = {str(number): number in self.confirmed for number in json.loads(body)["acks"]}
            self.confirmed -= {int(number) for number, made in acks.items() if made}
            return {"acks": acks}

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.output.close()


def send(port, seconds):
    """Sends records over one TCP connection at `RATE`, and says how many."""
    lines = "".join(
        f"<30>1 2026-11-23T06:15:00Z hs{n % 7}.example.net headscale 1 - - node connected node.id={n} user=person{n % 60}\n"
        for n in range(RECORDS_PER_WRITE)).encode()
    start, sent = time.monotonic(), 0
    with socket.create_connection(("127.0.0.1", port), 10) as stream:
        stream.settimeout(120)
        while (now := time.monotonic()) < start + seconds:
            while sent < (now - start) * RATE:
                stream.sendall(lines)
                sent += RECORDS_PER_WRITE
            time.sleep(0.005)
    return sent


class Watch(threading.Thread):
    """Looks at the relay's memory every second, and keeps the peak."""

    def __init__(self, relay):
        super().__init__(daemon=True)
        self.relay, self.ending, self.peak = relay, threading.Event(), 0

    def run(self):
        while not self.ending.wait(1):
            self.peak = max(self.peak, self.relay.process.memory_kib() / 1024)


def start_elastic(workshop, port, output):
    sink = workshop.start(
        "bulksink", [places.tool("bulksink"), "--port", port, "--save", output, "--busy", BUSY_ITEMS,
                     "--lose", LOST_ANSWERS], pipe_output=True)
    check(sink.process.stdout.readline() == "ready\n", "the sink did not start")
    return sink


def report(relay, export, records):
    """How many records `verify` finds in an export, how many twice, and how long that took."""
    start = time.monotonic()
    result = relay.verify("--json", export, seconds=1800)
    found = json.loads(result.stdout)
    verified = found["verified"]["records"]
    check(result.returncode == 0, f"verify ended with {result.returncode}: {result.stdout[:2000]}")
    check(verified >= records, f"{verified:,} of {records:,} records are in {export.name}")
    return {
        "export": export.name, "records": verified, "duplicates": found["duplicates"],
        "duplicates %": 100 * found["duplicates"] / verified, "verified/s": verified / (time.monotonic() - start)}


def measure(options):
    seconds = (options.records or RATE * SECONDS) / RATE
    with Workshop("bench-conservation") as workshop:
        token = workshop.path("token")
        token.write_text(hec.TOKEN + "\n")
        token.chmod(0o600)
        ports = free_port(), free_port()
        documents, events = workshop.path("elasticsearch.ndjson"), workshop.path("splunk.ndjson")
        splunk = ForgetfulSplunk(ports[1], events)
        elastic = start_elastic(workshop, ports[0], documents)
        relay = Relay(workshop, [
            {"name": "elastic", "type": "elasticsearch", "urls": [f"http://127.0.0.1:{ports[0]}"]},
            {"name": "splunk", "type": "splunk", "urls": [f"http://127.0.0.1:{ports[1]}"],
             "token_file": str(token)}]).start()
        watch = Watch(relay)
        watch.start()

        cpu = relay.process.cpu_seconds()
        with concurrent.futures.ThreadPoolExecutor() as threads:
            sending = threads.submit(send, relay.tcp_port, seconds)
            time.sleep(seconds * 0.2)
            elastic.terminate()
            time.sleep(seconds * 0.3)
            elastic = start_elastic(workshop, ports[0], documents)
            sent = sending.result()
        durable = relay.metric("waxwing_ledger_durable_index")
        started = time.monotonic()
        wait_for("both to have everything", lambda: all(
            relay.metric("waxwing_destination_confirmed_index", f'"{name}"') >= durable
            for name in ("elastic", "splunk")), 900, every=0.5)
        behind = time.monotonic() - started
        cpu = relay.process.cpu_seconds() - cpu
        watch.ending.set()
        check(relay.metric("waxwing_ledger_records_total") == sent, "the ledger has other than what was sent")
        relay.stop(60)
        elastic.terminate()
        splunk.stop()
        os.sync()
        rows = [report(relay, export, sent) for export in (documents, events)]
        for row in rows:
            row |= {"peak MiB": watch.peak, "caught up s": behind, "CPU us/record": cpu * 1e6 / sent}
        return f"{sent:,} records in {seconds:.0f} s into two SIEMs that get in the way", rows, rows
