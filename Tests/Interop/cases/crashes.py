"""kill -9, again and again."""

import contextlib
import itertools
import random
import socket
import threading
import time

from lab import seal
from lab.case import case
from lab.process import check, free_port, wait_for
from lab.records import arrivals
from lab.relay import Relay, tls_destination

from .collectors import start_receiver

KILLS = 100
RECORDS_PER_WRITE = 50


class EndlessSender(threading.Thread):
    """Sends numbered records over TCP for as long as it is let, and connects again when the relay is gone."""

    def __init__(self, name, port):
        super().__init__(name=name, daemon=True)
        self.port, self.stopping, self.sent = port, threading.Event(), 0

    def run(self):
        numbers = itertools.count()
        while not self.stopping.is_set():
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 5) as stream:
                stream.settimeout(60)  # A relay that cannot write keeps its senders waiting.
                while not self.stopping.is_set():
                    chunk = [
                        f"<30>1 2026-11-23T06:15:00Z {self.name}.example.net headscale 1 - - number {number} "
                        f"of sender {self.name}\n" for number in itertools.islice(numbers, RECORDS_PER_WRITE)]
                    stream.sendall("".join(chunk).encode())
                    self.sent += len(chunk)
                    time.sleep(0.002)
            time.sleep(0.02)

    def stop(self):
        self.stopping.set()
        self.join(10)


@case(seconds=300)
def killed_under_load(workshop):
    """kill -9 a hundred times under load: it always starts, no index has two records, nothing synced is missing"""
    port, collected = free_port(), workshop.path("collected.log")
    sink = start_receiver(workshop, port, collected)
    relay = Relay(workshop, [tls_destination(port)])
    senders = [EndlessSender(name, relay.tcp_port) for name in ("alpha", "beta")]
    for sender in senders:
        sender.start()
    pause = random.Random(20)
    for _ in range(KILLS):
        relay.start()
        time.sleep(pause.uniform(0.02, 0.5))
        relay.process.kill()
    relay.start()
    time.sleep(1)
    for sender in senders:
        sender.stop()
    wait_for("the collector to be given everything", lambda: relay.is_delivered("collector"), 60)
    relay.stop()
    sink.terminate()

    records = seal.read(collected)  # Fails when one index has two records.
    seals, unsealed = seal.check_tree(records)  # Fails when a record below the newest is missing.
    recovered = sum(seal.why == "recover" for seal in seals)
    check(unsealed == 0, f"{unsealed} records behind the last seal after an orderly stop")
    check(recovered > 0, "no seal says that it recovers from a kill: were there any records?")
    head = workshop.run([relay.binary, "head", "--data", relay.data]).stdout.splitlines()
    check(head[1:2] == [str(len(records))], f"the ledger's head is {head}, the collector has {len(records)} records")
    for sender in senders:
        numbers = list(dict.fromkeys(arrivals(collected)[sender.name]))
        check(numbers == sorted(numbers), f"{sender.name}: records are out of order")
        check(len(numbers) > 0, f"{sender.name}: nothing arrived of {sender.sent} records")
    relay.expect_verified(collected)
