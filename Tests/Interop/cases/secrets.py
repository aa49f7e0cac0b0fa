"""What must never be written anywhere."""

from lab.case import case
from lab.process import check, wait_for
from lab.records import all_arrived, numbered, send
from lab.relay import Relay, file_destination, first_archive_file
from lab.traffic import Traffic


@case()
def secrets_never_reach_the_disk(workshop):
    """Planted credentials are in no file the relay has written: archive, ledger, log"""
    folder = workshop.path("archive")
    archive = first_archive_file(folder)
    relay = Relay(workshop, [file_destination(folder)], redaction={"credentials": True}).start()
    traffic = Traffic(seed=9, secret_fraction=0.5)
    send(relay.tcp_port, [traffic.mixed_record(number).encode() for number in range(4000)])
    send(relay.tcp_port, numbered("alpha", 1))
    wait_for("the last record in the archive", lambda: all_arrived(archive, {"alpha": 1}), 30)
    relay.stop()
    check(len(traffic.planted) > 1000, "the traffic holds hardly any secrets")
    written = [file for file in workshop.folder.rglob("*") if file.is_file() and file.parent.name != "keys"]
    for file in written:
        content = file.read_bytes()
        found = [secret for secret in traffic.planted if secret.encode() in content]
        check(not found, f"{len(found)} of {len(traffic.planted)} secrets are in {file.name}, one is {found[:1]}")
    check(archive.read_bytes().count(b"<redacted>") >= len(traffic.planted), "fewer marks than secrets")
    relay.expect_verified(archive)
