"""The part of a Headscale that says how it is: /health, /version and /metrics, with TLS."""

import http.server
import ssl
import threading

from . import places

PASS, FAIL = b'{"status":"pass"}', b'{"status":"fail"}'


class HealthServer:
    """Answers on a loopback port with the certificate `certificate`; whether its database answers can be set."""

    def __init__(self, port, version="v0.28.0", certificate="server"):
        self.version, self.database_answers, self.nodes = version, True, 18
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                status, body = owner.answer(self.path)
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(places.certificate(certificate), places.certificate_key(certificate))
        self.server.socket = context.wrap_socket(
            self.server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, path):
        if path == "/health":
            return (200, PASS) if self.database_answers else (500, FAIL)
        if path == "/version":
            return 200, b'{"version":"%s","commit":"0","dirty":false}' % self.version.encode()
        if path == "/metrics":
            return 200, b"# TYPE headscale_nodestore_nodes gauge\nheadscale_nodestore_nodes %d\n" % self.nodes
        return 404, b""

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
