#!/usr/bin/env python3
"""What a Headscale server and its neighbours log, made up but true to form, the same for the same seed.

    traffic.py [--count N] [--secrets FRACTION] [--seed S] [--mixed]

prints one record a line: RFC 5424 with JSON bodies of about 300 octets, or with --mixed the formats a small site really
sends. In `FRACTION` of them a credential is planted."""

import argparse
import base64
import json
import random
import string
import sys
import time

LOWER = string.ascii_lowercase + string.digits
LETTERS = string.ascii_letters + string.digits
HEX = "0123456789abcdef"
START = 1795413600  # 2026-11-23T06:00:00Z
SERVERS = ["hs1.example.net", "hs2.example.net", "hs3.example.net"]

# (level, message, fields that go with it)
EVENTS = [
    ("info", "node connected", ("node", "user")),
    ("info", "node disconnected", ("node", "user")),
    ("debug", "map response sent", ("node", "bytes")),
    ("info", "http request", ("http",)),
    ("warn", "node key is about to expire", ("node", "user")),
    ("info", "route announced", ("node", "route")),
    ("info", "policy reloaded", ("user",)),
    ("error", "could not refresh DERP map", ("derp",)),
    ("debug", "endpoint update taken", ("node", "remote")),
    ("info", "user signed in through OIDC", ("user", "remote")),
]


class Traffic:
    def __init__(self, seed=1, secret_fraction=0.0):
        self.random = random.Random(seed)
        self.secret_fraction = secret_fraction
        self.planted = []

    def _text(self, alphabet, length):
        return "".join(self.random.choices(alphabet, k=length))

    # MARK: - Bodies

    def _fields(self, kinds):
        draw, fields = self.random.randrange, {}
        for kind in kinds:
            if kind == "node":
                fields |= {"node.id": draw(1, 4000), "node.name": f"laptop-{draw(900)}",
                           "machine.key": f"[{self._text(LETTERS, 5)}]"}
            elif kind == "user":
                fields |= {"user.name": f"person{draw(60)}@example.net", "user.id": draw(1, 60)}
            elif kind == "http":
                fields |= {"method": "POST", "path": "/machine/map", "status": self.random.choice([200, 200, 200, 401]),
                           "elapsed": round(self.random.uniform(0.1, 40), 6), "bytes": draw(18, 9000)}
            elif kind == "route":
                fields |= {"route": f"10.{draw(256)}.{draw(256)}.0/24", "approved": draw(2) == 1}
            elif kind == "derp":
                fields |= {"region": draw(900, 920), "error": "dial tcp 198.51.100.7:443: i/o timeout"}
            elif kind == "bytes":
                fields |= {"bytes": draw(200, 90000), "elapsed": round(self.random.uniform(0.1, 9), 6)}
            elif kind == "remote":
                fields |= {"remote": f"203.0.113.{draw(256)}:{draw(1024, 65536)}"}
        return fields

    def _secret(self):
        """A field whose value holds a credential, and the part of it that must not get out."""
        kind = self.random.randrange(8)
        if kind < 3:
            what = ("auth", "api", "client")[kind]
            secret = self._text(LETTERS, 64)
            return "key", f"hskey-{what}-{self._text(LOWER, 12)}-{secret}", secret
        if kind == 3:
            secret = self._text(LETTERS, 32)
            return "authorization", f"Bearer {self._text(LETTERS, 7)}.{secret}", secret
        if kind == 4:
            secret = self._text(LETTERS, 20)
            return "path", f"postgres://headscale:{secret}@db.example.net:5432/headscale", secret
        if kind == 5:
            secret = self._text(LETTERS, 40)
            return "client_secret", secret, secret
        if kind == 6:
            secret = self._text(LETTERS, 24)
            return "authkey", f"tskey-auth-{self._text(LETTERS, 12)}CNTRL-{secret}", secret
        head = base64.urlsafe_b64encode(b'{"alg":"ES256","typ":"JWT"}').decode().rstrip("=")
        body = base64.urlsafe_b64encode(self._text(LETTERS, 48).encode()).decode().rstrip("=")
        secret = self._text(LETTERS, 64)
        return "id_token", f"{head}.{body}.{secret}", secret

    def _event(self):
        level, message, kinds = self.random.choice(EVENTS)
        fields = self._fields(kinds)
        if self.random.random() < self.secret_fraction:
            name, value, secret = self._secret()
            fields[name] = value
            self.planted.append(secret)
        return level, message, fields

    # MARK: - Records

    def json_record(self, number):
        """RFC 5424 around Headscale's JSON."""
        level, message, fields = self._event()
        body = {"level": level, **fields, "caller": f"hscontrol/poll.go:{self.random.randrange(60, 900)}",
                "time": START + number // 500, "message": message}
        severity = {"debug": 7, "info": 6, "warn": 4, "error": 3}[level]
        return (f"<{24 + severity}>1 {self._stamp(number)} {self.random.choice(SERVERS)} headscale "
                f"{self.random.randrange(700, 720)} - - {json.dumps(body, separators=(',', ':'))}")

    def console_record(self, number):
        """RFC 3164, as journald's and rsyslog's default forwarding have it, around Headscale's text format."""
        level, message, fields = self._event()
        short = {"debug": "DBG", "info": "INF", "warn": "WRN", "error": "ERR"}[level]
        pairs = " ".join(f"{name}={self._console_value(value)}" for name, value in sorted(fields.items()))
        moment = time.gmtime(START + number // 500)
        stamp = time.strftime("%b ", moment) + f"{moment.tm_mday:2d}" + time.strftime(" %H:%M:%S", moment)
        server = self.random.choice(SERVERS).split(".")[0]
        return (f"<30>{stamp} {server} headscale[{self.random.randrange(700, 720)}]: "
                f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', moment)} {short} {message} {pairs}")

    @staticmethod
    def _console_value(value):
        return value if isinstance(value, str) and " " not in value else json.dumps(value)

    def neighbour_record(self, number):
        """What else lives on the same machine."""
        stamp, server = self._stamp(number), self.random.choice(SERVERS)
        address = f"203.0.113.{self.random.randrange(256)}"
        return self.random.choice([
            f"<38>1 {stamp} {server} sshd 4021 - - Accepted publickey for admin from {address} port 50122 ssh2",
            f"<86>1 {stamp} {server} sudo - - - admin : TTY=pts/0 ; PWD=/root ; USER=root ; COMMAND=/usr/bin/headscale",
            f'<134>1 {stamp} {server} caddy 88 access - {address} "GET /key?v=106 HTTP/2.0" 200 164',
            f'<46>1 {stamp} {server} systemd 1 - [unit@32473 name="headscale.service"] Started headscale.service.',
        ])

    def mixed_record(self, number):
        kinds = [self.json_record, self.json_record, self.console_record, self.neighbour_record]
        return self.random.choice(kinds)(number)

    def _stamp(self, number):
        return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(START + number // 500)) + f".{number % 500 * 2:03d}Z"


def corpus_file(folder, secret_fraction=0.0, count=20_000):
    """A file of RFC 5424 records for the load generator."""
    folder.mkdir(parents=True, exist_ok=True)
    file, traffic = folder / f"corpus-{secret_fraction:g}", Traffic(secret_fraction=secret_fraction)
    file.write_text("".join(traffic.json_record(number) + "\n" for number in range(count)))
    return file


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--count", type=int, default=20_000)
    options.add_argument("--secrets", type=float, default=0.0, metavar="FRACTION")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--mixed", action="store_true")
    options.add_argument("--planted", metavar="FILE", help="write the planted secrets to FILE, one a line")
    chosen = options.parse_args()
    traffic = Traffic(chosen.seed, chosen.secrets)
    make = traffic.mixed_record if chosen.mixed else traffic.json_record
    for number in range(chosen.count):
        sys.stdout.write(make(number) + "\n")
    if chosen.planted:
        with open(chosen.planted, "w") as file:
            file.writelines(secret + "\n" for secret in traffic.planted)


if __name__ == "__main__":
    main()
