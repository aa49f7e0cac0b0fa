"""Waxwing beside a Headscale that comes and goes."""

import re

from lab import places
from lab.case import case
from lab.health import HealthServer
from lab.process import check, free_port, wait_for
from lab.relay import Relay, file_destination, first_archive_file

EVENTS = ["health.down", "health.up", "health.degraded", "health.up", "health.version.changed"]


def _events(archive):
    text = archive.read_text() if archive.exists() else ""
    return re.findall(r"\[headscale@\d+ event=\"([^\"]*)\"", text)


@case(seconds=120)
def headscale_comes_and_goes(workshop):
    """A Headscale that stops, comes back, loses its database and is updated leaves one sealed record for each"""
    folder, port = workshop.path("archive"), free_port()
    archive = first_archive_file(folder)
    server = HealthServer(port)
    url = f"https://localhost:{port}"
    relay = Relay(
        workshop, [file_destination(folder)], stream={"batch": {"age": "1s"}},
        headscale={"health": {
            "url": url, "ca_file": places.certificate("ca"), "metrics_url": f"{url}/metrics", "interval": "1s"}})
    checked = workshop.run([relay.binary, "check", "--connect", "--config", relay.settings_file])
    check(f"headscale {url}: {url} is well, version v0.28.0" in checked.stdout, f"check says {checked.stdout}")
    relay.start()

    def gauge(name):
        return relay.metrics().get((f"waxwing_headscale_{name}", ""))

    def expect(count):
        wait_for(f"{EVENTS[:count]}, not {_events(archive)}", lambda: _events(archive) == EVENTS[:count], 30)

    wait_for("the server to be seen", lambda: gauge("up") == 1 and gauge("nodes") == 18, 15)
    check(gauge("health") == 1 and gauge("certificate_expiry_seconds") > 0, f"the gauges are {relay.metrics()}")
    check(gauge("nodestore_queue_depth") is None, "what the server does not tell is shown")

    def server_line():
        told = workshop.run([relay.binary, "status", "--config", relay.settings_file]).stdout
        return next((line for line in told.splitlines() if line.startswith("  server ")), told)

    check(server_line().startswith("  server up, well, its certificate ends in "), f"status says {server_line()}")

    server.stop()
    expect(1)
    check(server_line().startswith("  server down"), f"status says {server_line()}")
    check(gauge("up") == 0 and gauge("health") == 0 and gauge("nodes") is None, f"the gauges are {relay.metrics()}")
    server = HealthServer(port)
    expect(2)
    server.database_answers = False
    expect(3)
    server.database_answers = True
    server.version = "v0.29.2"
    expect(5)
    relay.stop()
    server.stop()
    check(_events(archive) == EVENTS, f"the events are {_events(archive)}")
    relay.expect_verified(archive)
