"""The relay under test: its settings, its processes, its counters, and its verifier."""

import json
import re
import urllib.error
import urllib.request

from . import places
from .process import check, free_port, wait_for

VERIFIED, TAMPERED, INCOMPLETE, UNVERIFIABLE, USAGE = 0, 1, 2, 3, 64


def tls_destination(port, name="collector", shows_certificate=True):
    """A syslog-over-TLS destination on loopback: server name and authority are checked."""
    return {
        "name": name, "type": "tls", "address": f"127.0.0.1:{port}", "server_name": "localhost",
        "ca_file": places.certificate("ca"), **(client_certificate() if shows_certificate else {})}


def client_certificate():
    return {"certificate_file": places.certificate("client"), "key_file": places.certificate_key("client")}


def file_destination(folder, name="archive"):
    return {"name": name, "type": "file", "path": str(folder), "rotate": "4GiB"}


def first_archive_file(folder):
    """The only file of an archive: files are named by their first record."""
    return folder / f"waxwing-{0:020}.log"


class Relay:
    """`waxwing run` on loopback ports in a folder of its own; may be stopped, killed and started again."""

    def __init__(self, workshop, destinations=(), name="waxwing", **settings):
        check(places.WAXWING.exists(), f"{places.WAXWING} is not there: run `make build`, or set WAXWING")
        self.workshop, self.name = workshop, name
        self.data = workshop.path(f"{name}-data")
        self.udp_port, self.tcp_port, self.metrics_port = free_port(), free_port(), free_port()
        self.settings_file = workshop.path(f"{name}.yaml")
        self.binary, self.process = places.WAXWING, None
        # JSON is YAML too, so the settings need no writer of their own.
        self.settings_file.write_text(json.dumps({
            "data": str(self.data),
            "listeners": [{"udp": f"127.0.0.1:{self.udp_port}"}, {"tcp": f"127.0.0.1:{self.tcp_port}"}],
            "destinations": list(destinations),
            "metrics": f"127.0.0.1:{self.metrics_port}"} | settings, indent=2))

    @property
    def key_file(self):
        return self.data / "keys" / "log.vkey"

    def launch(self, under=()):
        """Starts it, under the command `under` (as strace), which has to become it."""
        self.process = self.workshop.start(
            self.name, [*under, self.binary, "run", "--config", self.settings_file])

    def start(self, seconds=15):
        self.launch()
        wait_for(f"{self.name} to be ready", self.is_ready, seconds, every=0.02)
        return self

    def is_ready(self):
        self.process.expect_running()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}/readyz", timeout=2) as answer:
                return answer.status == 200
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def stop(self, seconds=30):
        """SIGTERM: drain, seal, sync. Fails unless it ends well."""
        status = self.process.terminate(seconds)
        check(status == 0, f"{self.name} ended with {status} after SIGTERM:\n{self.process.log_tail()}")

    # MARK: - Counters

    def metrics(self):
        """All samples: {(name, labels): value}, labels as the text between the braces."""
        address = f"http://127.0.0.1:{self.metrics_port}/metrics"
        with urllib.request.urlopen(address, timeout=5) as answer:
            text = answer.read().decode()
        samples = re.findall(r"^([a-z_:][\w:]*)(?:\{(.*)\})? (\S+)$", text, re.MULTILINE)
        return {(name, labels): float(value) for name, labels, value in samples}

    def metric(self, name, label=""):
        """The sum of a counter's samples whose labels hold the text `label`."""
        return sum(value for (sample, labels), value in self.metrics().items() if sample == name and label in labels)

    def udp_counts(self):
        """Datagrams received, and datagrams lost: dropped by the kernel or because the queue was full."""
        received = self.metric("waxwing_intake_records_total", 'listener="udp')
        dropped = self.metric("waxwing_intake_dropped_total", 'listener="udp')
        return received, dropped + self.metric("waxwing_intake_kernel_drops_total", 'listener="udp')

    def destination_failures(self, name):
        """Connections that failed or were given up."""
        return self.metric("waxwing_destination_failures_total", f'destination="{name}"')

    def next_index(self, name):
        """Index of the first record a destination has not been given yet."""
        return self.metric("waxwing_destination_next_index", f'destination="{name}"')

    def is_delivered(self, name):
        """Whether a destination has been given everything that is durable."""
        return self.next_index(name) == self.metric("waxwing_ledger_durable_index")

    # MARK: - Verifying

    def verify(self, *files, arguments=(), seconds=120):
        return self.workshop.run(
            [self.binary, "verify", "--key", self.key_file, *arguments, *files], seconds=seconds)

    def expect_verified(self, *files, arguments=()):
        result = self.verify(*files, arguments=arguments)
        check(result.returncode == VERIFIED,
              f"verify ended with {result.returncode}, not {VERIFIED}:\n{result.stdout}{result.stderr}")
        return result.stdout
