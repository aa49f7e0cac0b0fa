"""Real senders to Waxwing."""

from lab import peers, places
from lab.case import case
from lab.process import check, free_port, wait_for
from lab.records import all_arrived, arrivals, check_arrived, numbered, send
from lab.relay import Relay, file_destination, first_archive_file

SENDERS = {"alpha": 1000, "beta": 1000, "gamma": 1000}


def _through_rsyslog(workshop, transport, octet_counted=False, template="RSYSLOG_SyslogProtocol23Format"):
    folder = workshop.path("archive")
    archive = first_archive_file(folder)
    relay = Relay(workshop, [file_destination(folder)]).start()
    listen = free_port()
    target = relay.udp_port if transport == "udp" else relay.tcp_port
    peers.start_rsyslog(
        workshop, "rsyslog", peers.rsyslog_forwarder(listen, target, transport, octet_counted, template)
    ).wait_for_port(listen)
    for sender, count in SENDERS.items():
        send(listen, numbered(sender, count))
    wait_for("all records in the archive", lambda: all_arrived(archive, SENDERS), 30)
    relay.stop()
    check_arrived(archive, SENDERS)
    relay.expect_verified(archive)


@case()
def rsyslog_udp(workshop):
    """rsyslog forwards over UDP: all there, in order, verified"""
    _through_rsyslog(workshop, "udp")


@case()
def rsyslog_udp_traditional(workshop):
    """rsyslog forwards RFC 3164 over UDP: all there, in order, verified"""
    _through_rsyslog(workshop, "udp", template="RSYSLOG_TraditionalForwardFormat")


@case()
def rsyslog_tcp_lines(workshop):
    """rsyslog forwards lines over TCP: all there, in order, verified"""
    _through_rsyslog(workshop, "tcp")


@case()
def rsyslog_tcp_octet_counted(workshop):
    """rsyslog forwards octet-counted frames over TCP: all there, in order, verified"""
    _through_rsyslog(workshop, "tcp", octet_counted=True)


@case()
def logger_in_all_dialects(workshop):
    """util-linux logger, in each dialect it speaks: all there, header fields kept, verified"""
    folder = workshop.path("archive")
    archive = first_archive_file(folder)
    relay = Relay(workshop, [file_destination(folder)]).start()
    dialects = {
        "udp 5424": ["--udp", "--rfc5424"], "udp 3164": ["--udp", "--rfc3164"],
        "tcp 5424": ["--tcp", "--rfc5424"], "tcp 3164": ["--tcp", "--rfc3164"],
        "tcp 5424 counted": ["--tcp", "--rfc5424", "--octet-count"],
        "tcp 3164 counted": ["--tcp", "--rfc3164", "--octet-count"],
        "tcp 5424 bare": ["--tcp", "--rfc5424=notime,notq,nohost"],
    }
    for text, arguments in dialects.items():
        port = relay.udp_port if "udp" in text else relay.tcp_port
        sent = workshop.run(
            ["logger", "--server", "127.0.0.1", "--port", port, *arguments, "--tag", "interop", "--id=4711",
             "--priority", "local3.warning", f"spoken in {text}."])
        check(sent.returncode == 0, sent.stderr)
    structured = ["--sd-id", "zoo@32473", "--sd-param", 'animal="tiger \\"stripes\\""', "--msgid", "ROAR"]
    workshop.run(
        ["logger", "--server", "127.0.0.1", "--port", relay.tcp_port, "--tcp", "--rfc5424", *structured, "it roars."])

    expected = [f"spoken in {text}." for text in dialects] + ["it roars."]
    wait_for(
        "all records in the archive",
        lambda: archive.exists() and all(text in archive.read_text() for text in expected), 20)
    relay.stop()
    lines = archive.read_text().split("\n")
    for text in dialects:
        line = next(line for line in lines if f"spoken in {text}." in line)
        check(line.startswith("<156>1 ") and " interop 4711 " in line, f"header not kept: {line}")
    roar = next(line for line in lines if "it roars." in line)
    check(" ROAR " in roar and '[zoo@32473 animal="tiger \\"stripes\\""]' in roar, f"structured data not kept: {roar}")
    relay.expect_verified(archive)


@case()
def rsyslog_tls(workshop):
    """rsyslog forwards over TLS, x509/name both ways: all there, in order, verified; a stranger's are not taken"""
    folder, port = workshop.path("archive"), free_port()
    archive = first_archive_file(folder)
    relay = Relay(workshop, [file_destination(folder)], listeners=[{
        "tls": f"127.0.0.1:{port}", "certificate_file": places.certificate("server"),
        "key_file": places.certificate_key("server"), "client_ca_file": places.certificate("ca")}]).start()
    stranger, friend = free_port(), free_port()
    for name, listen in (("unknown-client", stranger), ("client", friend)):
        peers.start_rsyslog(
            workshop, f"rsyslog-{name}", peers.rsyslog_tls_forwarder(listen, port, name)).wait_for_port(listen)
    send(stranger, numbered("stranger", 10))
    for sender, count in SENDERS.items():
        send(friend, numbered(sender, count))
    wait_for("all records in the archive", lambda: all_arrived(archive, SENDERS), 30)
    relay.stop()
    check_arrived(archive, SENDERS)
    check("stranger" not in arrivals(archive), "records of a sender of an unknown authority were taken")
    relay.expect_verified(archive)
