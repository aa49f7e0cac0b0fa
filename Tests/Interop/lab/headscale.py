"""A Headscale that is administered without a word in its log: its API, version 1 of 0.29, and its SQLite database."""

import http.server
import json
import socket
import sqlite3
import threading
import urllib.parse

API_KEY = "hskey-api-AAAAAAAAAAAA-" + "0123456789" * 6 + "abcd"


class Administration:
    """What a Headscale knows. Each method is what its command line would do."""

    def __init__(self, nodes=3):
        self.users = {1: "alice", 2: "bob"}
        self.nodes = {
            number: {"name": f"node{number}", "given": f"node{number}", "user": 1 + number % 2, "tags": [], "routes": [],
                     "announced": ["10.0.0.0/8"], "expiry": None, "address": f"100.{64 + (number >> 16)}."
                     f"{number >> 8 & 255}.{number & 255}"}
            for number in range(1, nodes + 1)}
        self.pre_auth_keys, self.api_keys = {}, {1: ("AAAAAAAAAAAA", None)}
        self.policy, self.policy_time = '{\n  "acls": []\n}\n', "2026-01-01T00:00:00Z"


class _SocketServer(http.server.ThreadingHTTPServer):
    """HTTP over a UNIX socket."""

    address_family = socket.AF_UNIX

    def server_bind(self):
        self.socket.bind(self.server_address)
        self.server_name, self.server_port = "headscale", 0

    def get_request(self):
        connection, _ = self.socket.accept()
        return connection, ("local", 0)


class HeadscaleAPI:
    """Serves an administration's state on a loopback port, or on a socket, where it asks for no key; can be told to fail."""

    def __init__(self, state, port=None, path=None):
        self.state, self.fails, self.wants_key = state, False, path is None
        self.nodes_body = None
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                status, body = owner.answer(self.path, self.headers.get("Authorization"))
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = (
            http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler) if path is None
            else _SocketServer(str(path), Handler))
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def answer(self, target, authorization):
        if self.fails:
            return 503, b"down"
        path = urllib.parse.urlsplit(target).path
        if path == "/version":
            return 200, b'{"version":"v0.29.2"}'
        if self.wants_key and authorization != f"Bearer {API_KEY}":
            return 401, b"Unauthorized"
        if path == "/api/v1/node" and self.nodes_body:
            return 200, self.nodes_body
        find = {
            "/api/v1/user": self.users, "/api/v1/node": self.nodes, "/api/v1/preauthkey": self.pre_auth_keys,
            "/api/v1/apikey": self.api_keys, "/api/v1/policy": self.policy}.get(path)
        return (200, json.dumps(find()).encode()) if find else (404, b"{}")

    def keep_nodes(self):
        """Makes the answer with the nodes once and for all: a large one takes long."""
        self.nodes_body = None
        self.nodes_body = json.dumps(self.nodes()).encode()

    def user(self, number):
        return {"id": str(number), "name": self.state.users[number], "createdAt": "2026-01-01T00:00:00Z",
                "displayName": "", "email": "", "providerId": "", "provider": "", "profilePicUrl": ""}

    def users(self):
        return {"users": [self.user(number) for number in self.state.users]}

    def nodes(self):
        return {"nodes": [{
            "id": str(number), "machineKey": f"mkey:{number:064x}", "nodeKey": f"nodekey:{number:064x}",
            "discoKey": f"discokey:{number:064x}", "ipAddresses": [node["address"], f"fd7a:115c:a1e0::{number:x}"],
            "name": node["name"], "user": self.user(node["user"]), "lastSeen": "2026-11-27T10:00:00.123456789Z",
            "expiry": node["expiry"], "preAuthKey": None, "createdAt": "2026-01-01T00:00:00.123456789Z",
            "registerMethod": "REGISTER_METHOD_AUTH_KEY", "givenName": node["given"], "online": True,
            "approvedRoutes": node["routes"], "availableRoutes": node["announced"], "subnetRoutes": node["routes"],
            "tags": node["tags"]} for number, node in self.state.nodes.items()]}

    def pre_auth_keys(self):
        return {"preAuthKeys": [{
            "user": self.user(1), "id": str(number), "key": f"hskey-auth-{prefix}-***", "reusable": False,
            "ephemeral": False, "used": used, "expiration": expiry, "createdAt": "2026-01-01T00:00:00Z", "aclTags": []}
            for number, (prefix, used, expiry) in self.state.pre_auth_keys.items()]}

    def api_keys(self):
        return {"apiKeys": [{
            "id": str(number), "prefix": f"hskey-api-{prefix}-***", "expiration": None,
            "createdAt": "2026-01-01T00:00:00Z", "lastSeen": seen}
            for number, (prefix, seen) in self.state.api_keys.items()]}

    def policy(self):
        return {"policy": self.state.policy, "updatedAt": self.state.policy_time}


class HeadscaleDatabase:
    """Keeps an administration's state in a database with the schema of 0.29, in WAL mode as Headscale does."""

    def __init__(self, state, path):
        self.state = state
        self.connection = sqlite3.connect(path)
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.executescript("""
            CREATE TABLE users (id integer PRIMARY KEY, name text, display_name text, email text,
                provider_identifier text, provider text, profile_pic_url text, deleted_at datetime);
            CREATE TABLE nodes (id integer PRIMARY KEY, node_key text, host_info text, ipv4 text, ipv6 text, hostname text,
                given_name text, user_id integer, register_method text, tags text, auth_key_id integer,
                expiry datetime, approved_routes text, deleted_at datetime);
            CREATE TABLE pre_auth_keys (id integer PRIMARY KEY, key text, prefix text, hash blob, user_id integer,
                reusable numeric, ephemeral numeric, used numeric, tags text, expiration datetime);
            CREATE TABLE api_keys (id integer PRIMARY KEY, prefix text, hash blob, expiration datetime, last_seen datetime);
            CREATE TABLE policies (id integer PRIMARY KEY, data text, updated_at datetime, deleted_at datetime);""")
        self.write()

    def write(self):
        state, connection = self.state, self.connection
        for table in ("users", "nodes", "pre_auth_keys", "api_keys", "policies"):
            connection.execute(f"DELETE FROM {table}")
        connection.executemany("INSERT INTO users (id, name) VALUES (?, ?)", state.users.items())
        connection.executemany(
            "INSERT INTO nodes (id, node_key, host_info, ipv4, hostname, given_name, user_id, register_method, tags, "
            "expiry, approved_routes) VALUES (?, ?, ?, ?, ?, ?, ?, 'authkey', ?, ?, ?)",
            [(number, f"nodekey:{number:064x}", json.dumps({"RoutableIPs": node["announced"]}), node["address"],
              node["name"], node["given"], node["user"], json.dumps(node["tags"]), node["expiry"],
              json.dumps(node["routes"])) for number, node in state.nodes.items()])
        connection.executemany(
            "INSERT INTO pre_auth_keys (id, key, prefix, hash, user_id, used, expiration) VALUES (?, '', ?, 'x', 1, ?, ?)",
            [(number, *values) for number, values in state.pre_auth_keys.items()])
        connection.executemany(
            "INSERT INTO api_keys (id, prefix, hash, last_seen) VALUES (?, ?, 'x', ?)",
            [(number, *values) for number, values in state.api_keys.items()])
        connection.execute("INSERT INTO policies VALUES (1, ?, ?, NULL)", (state.policy, state.policy_time))
        connection.commit()
