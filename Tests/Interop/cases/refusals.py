"""TLS fails closed: with the wrong collector nothing is delivered, and somebody is told."""

from lab.case import case
from lab.process import check, free_port, wait_for
from lab.records import all_arrived, numbered, send
from lab.relay import Relay, tls_destination

from .collectors import line_count, start_receiver

COUNT = {"alpha": 200}


def _refuses(workshop, certificate, remark, **options):
    """`remark`: a word the log must hold about the reason."""
    port, wrong, right = free_port(), workshop.path("wrong.log"), workshop.path("right.log")
    impostor = start_receiver(workshop, port, wrong, certificate, name="impostor")
    relay = Relay(workshop, [tls_destination(port, **options)]).start()
    send(relay.tcp_port, numbered("alpha", COUNT["alpha"]))
    wait_for("a failure in the metrics", lambda: relay.destination_failures("collector") >= 2, 30)
    log = relay.process.log_text()
    complaint = [line for line in log.splitlines() if "collector" in line and remark in line.lower()]
    check(complaint, f"the log does not name the collector and the reason ({remark}):\n{log[-2000:]}")
    impostor.terminate()
    check(line_count(wrong) == 0, f"the impostor was given {line_count(wrong)} records")
    return port, relay, right


def _refuses_then_delivers(workshop, certificate, remark):
    port, relay, right = _refuses(workshop, certificate, remark)
    collector = start_receiver(workshop, port, right)
    wait_for("all records at the right collector", lambda: all_arrived(right, COUNT), 45)
    relay.stop()
    collector.terminate()
    relay.expect_verified(right)


@case(seconds=120)
def unknown_authority_is_refused(workshop):
    """A collector of an unknown authority gets nothing; the right one gets everything later"""
    _refuses_then_delivers(workshop, "unknown", "certificate")


@case(seconds=120)
def expired_certificate_is_refused(workshop):
    """A collector with an expired certificate gets nothing; the right one gets everything later"""
    _refuses_then_delivers(workshop, "expired", "expired")


@case(seconds=120)
def wrong_name_is_refused(workshop):
    """A collector with another name's certificate gets nothing; the right one gets everything later"""
    _refuses_then_delivers(workshop, "elsewhere", "localhost")


@case()
def missing_client_certificate_is_reported(workshop):
    """A collector that asks for a client certificate we have not: nothing is lost, and the log says why"""
    _refuses(workshop, "server", "certificate", shows_certificate=False)
