"""A Splunk HTTP Event Collector that misbehaves, and keeps only what it acknowledges."""

import gzip
import http.server
import json
import random
import socket
import ssl
import struct
import threading

from . import places

TOKEN = "00000000-1111-2222-3333-444444444444"
EVENT_KEYS = {"time", "host", "source", "sourcetype", "event", "fields"}


class Collector:
    """Takes events with TLS on a loopback port. `rate` of its answers are wrong in one way or another; events with the
    text `poison` are refused, until it is set to None. What has been acknowledged is appended to `output`."""

    def __init__(self, port, output, rate=0.3, poison=None, seed=1):
        self.output, self.rate, self.poison = output, rate, poison
        self.random, self.lock = random.Random(seed), threading.Lock()
        self.waiting, self.number, self.faults, self.strangers = {}, 0, 0, []
        collector = self

        class Handler(_Handler):
            owner = collector

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(places.certificate("server"), places.certificate_key("server"))
        self.server.socket = context.wrap_socket(
            self.server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def take(self, channel, body):
        """The answer to a body of events: status and object."""
        text, place, events = body.decode(), 0, []
        decoder = json.JSONDecoder()
        while place < len(text):
            event, place = decoder.raw_decode(text, place)
            while place < len(text) and text[place] in "\n ":
                place += 1
            if self.poison and self.poison in event["event"]:
                return 400, {"text": "Invalid data format", "code": 6, "invalid-event-number": len(events)}
            if set(event) != EVENT_KEYS or not isinstance(event["time"], float):
                self.strangers.append(event)
            events.append(event)
        self.number += 1
        self.waiting[(channel, self.number)] = events
        return 200, {"text": "Success", "code": 0, "ackId": self.number}

    def confirm(self, channel, body):
        """The answer to a question for acknowledgements. Now and then it is not done yet."""
        made = {}
        for number in json.loads(body)["acks"]:
            events = None if self.random.random() < 0.3 else self.waiting.pop((channel, number), None)
            made[str(number)] = events is not None
            with open(self.output, "a", encoding="utf-8") as output:
                output.writelines(json.dumps(event, ensure_ascii=False) + "\n" for event in events or [])
        return 200, {"acks": made}


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner = None

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        with self.owner.lock:
            if self.headers.get("Authorization") != f"Splunk {TOKEN}":
                return self.answer(403, {"text": "Invalid token", "code": 4})
            is_question = self.path.startswith("/services/collector/ack")
            if self.owner.random.random() < self.owner.rate and self.misbehave():
                return None
            channel = self.headers["X-Splunk-Request-Channel"]
            return self.answer(*(self.owner.confirm if is_question else self.owner.take)(channel, body))

    def misbehave(self):
        """One of the things that proxies, networks and busy indexers do."""
        self.owner.faults += 1
        fault = self.owner.random.randrange(6)
        if fault == 0:
            self.answer(503, "<html>no server is available</html>", retry_after="0")
        elif fault == 1:
            self.answer(404, "<html>nothing here</html>")
        elif fault == 2:
            self.answer(503, {"text": "Server is busy", "code": 9})
        elif fault == 3:
            self.answer(413, "too large")
        elif fault == 4:
            self.answer(429, "")
        else:
            # A reset: the relay does not learn whether the request was taken.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
        return True

    def answer(self, status, content, **fields):
        body = (content if isinstance(content, str) else json.dumps(content)).encode()
        self.send_response(status)
        for name, value in {"Set-Cookie": "lb=one; Path=/", **fields}.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
