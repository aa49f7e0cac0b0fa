"""A small Elasticsearch that gets in the way: it takes `_bulk` into a data stream, item by item, and fails as told."""

import gzip
import http.server
import json
import random
import socket
import struct
import threading


class Elasticsearch:
    """Listens on a loopback port of its own. Documents are kept by their `_id`, as a data stream's index does.

    busy: share of items that are answered with 429. lost: share of requests that are taken and whose answer is never
    sent, but a reset. limit: octets, uncompressed, beyond which a request is 413. poison: text whose records no mapping
    takes. authorization: what requests have to carry."""

    def __init__(self, busy=0.0, lost=0.0, limit=None, poison=None, authorization=None):
        self.busy, self.lost, self.limit, self.poison, self.authorization = busy, lost, limit, poison, authorization
        self.documents, self.templates, self.data_streams = {}, {}, set()
        self.requests, self.conflicts, self.rejected, self.refused = 0, 0, 0, 0
        self.unavailable, self.lock, self.random = False, threading.Lock(), random.Random(7)
        elasticsearch = self

        class Handler(_Handler):
            peer = elasticsearch

        self.server = _Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def export(self, path):
        """Writes the documents as a search for all of them shows them, one hit a line."""
        with self.lock, open(path, "w", encoding="utf-8") as lines:
            for identifier, document in self.documents.items():
                lines.write(json.dumps({"_id": identifier, "_source": document}) + "\n")
        return path

    def bulk(self, body):
        """The status and the answer to a bulk request."""
        lines = body.split(b"\n")
        if lines.pop() != b"":
            return 400, {"error": {"type": "illegal_argument_exception", "reason": "no newline at the end"}}
        items = []
        with self.lock:
            for action, source in zip(lines[::2], lines[1::2], strict=True):
                items.append({"create": self._create(json.loads(action)["create"]["_id"], source)})
        errors = any(item["create"]["status"] >= 300 for item in items)
        return 200, {"errors": errors, "items": items, "took": 3}

    def _create(self, identifier, source):
        if identifier in self.documents:
            self.conflicts += 1
            return {"status": 409, "error": {"type": "version_conflict_engine_exception", "reason": "already there"}}
        if self.random.random() < self.busy:
            return {"status": 429, "error": {"type": "es_rejected_execution_exception", "reason": "queue full"}}
        if self.poison and self.poison in source:
            self.rejected += 1
            return {"status": 400, "error": {
                "type": "document_parsing_exception", "reason": "failed to parse", "caused_by": {"reason": "poison"}}}
        self.documents[identifier] = json.loads(source, object_pairs_hook=_without_repetition)
        return {"status": 201}


def _without_repetition(members):
    """Elasticsearch refuses an object that has a name twice."""
    result = dict(members)
    if len(result) != len(members):
        raise ValueError(f"a name twice in {members}")
    return result


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    peer = None

    def log_message(self, *_):
        pass

    def do_GET(self):
        if self.path == "/":
            return self._answer(200, {"version": {"number": "9.1.0"}, "tagline": "You Know, for Search"})
        found = self.path.removeprefix("/_index_template/") in self.peer.templates
        return self._answer(200 if found else 404, {})

    def do_PUT(self):
        body = self._body()
        if self.path.startswith("/_index_template/"):
            self.peer.templates[self.path.removeprefix("/_index_template/")] = json.loads(body)
            return self._answer(200, {"acknowledged": True})
        name = self.path.removeprefix("/_data_stream/")
        if name in self.peer.data_streams:
            return self._answer(400, {"error": {"type": "resource_already_exists_exception", "reason": name}})
        self.peer.data_streams.add(name)
        return self._answer(200, {"acknowledged": True})

    def do_POST(self):
        peer, body = self.peer, self._body()
        peer.requests += 1
        if peer.unavailable:
            return self._page(503)
        if peer.authorization and self.headers.get("Authorization") != peer.authorization:
            peer.refused += 1
            return self._answer(401, {"error": {"type": "security_exception", "reason": "missing credentials"}})
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        if peer.limit and len(body) > peer.limit:
            return self._page(413)
        if "/_search" in self.path:
            tag = json.loads(body)["query"]["term"]["waxwing.log"]
            indexes = [d["waxwing"]["index"] for d in peer.documents.values() if d["waxwing"]["log"] == tag]
            return self._answer(200, {"hits": {"hits": [{"sort": [max(indexes)]}]}} if indexes else {})
        status, answer = peer.bulk(body)
        if peer.random.random() < peer.lost:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            return self.connection.close()
        return self._answer(status, answer)

    def _body(self):
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _page(self, status):
        self._send(status, "text/html", b"<html><body>proxy</body></html>")

    def _answer(self, status, value):
        self._send(status, "application/json", json.dumps(value).encode())

    def _send(self, status, content_type, body):
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def destination(peers, api_key_file, name="elastic"):
    """A destination that goes to all of `peers`."""
    return {
        "name": name, "type": "elasticsearch", "urls": [f"http://127.0.0.1:{peer.port}" for peer in peers],
        "api_key_file": str(api_key_file)}
