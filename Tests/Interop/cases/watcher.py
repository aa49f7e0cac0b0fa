"""Waxwing beside a Headscale whose administrator works on the command line, which leaves no line of log."""

import re
import socket
import time

from lab.case import case
from lab.headscale import API_KEY, Administration, HeadscaleAPI, HeadscaleDatabase
from lab.process import check, free_port, wait_for
from lab.relay import Relay, file_destination, first_archive_file


def _actions(state):
    """What the administrator does, and what has to be in the record about it."""
    nodes = state.nodes
    yield "user.created", 'user="carol"', lambda: state.users.update({3: "carol"})
    yield "user.renamed", 'old="carol" new="caroline"', lambda: state.users.update({3: "caroline"})
    yield "node.renamed", 'new="router"', lambda: nodes[1].update(given="router")
    yield "node.tagged", 'new="tag:web"', lambda: nodes[1].update(tags=["tag:web"])
    yield "route.approved", 'routes="10.0.0.0/8"', lambda: nodes[1].update(routes=["10.0.0.0/8"])
    yield "route.withdrawn", 'routes="10.0.0.0/8"', lambda: nodes[1].update(routes=[])
    yield "node.moved", 'old="alice" new="bob"', lambda: nodes[2].update(user=2)
    yield "node.expired", 'node_id="2"', lambda: nodes[2].update(expiry="2026-01-01T00:00:00Z")
    yield "key.created", 'key_prefix="BBBBBBBBBBBB"', lambda: state.pre_auth_keys.update(
        {1: ("BBBBBBBBBBBB", False, "2036-01-01T00:00:00Z")})
    yield "key.used", 'key_id="1"', lambda: state.pre_auth_keys.update(
        {1: ("BBBBBBBBBBBB", True, "2036-01-01T00:00:00Z")})
    yield "key.expired", 'key_id="1"', lambda: state.pre_auth_keys.update(
        {1: ("BBBBBBBBBBBB", True, "2026-01-01T00:00:00Z")})
    yield "key.deleted", 'key_id="1"', lambda: state.pre_auth_keys.clear()
    yield "key.created", 'kind="api"', lambda: state.api_keys.update({2: ("CCCCCCCCCCCC", None)})
    yield "policy.changed", "+// password=<redacted>", lambda: setattr(
        state, "policy", state.policy + "// password=hunter22\n")
    yield "node.deleted", 'node_id="3"', lambda: nodes.pop(3)
    yield "user.deleted", 'user="caroline"', lambda: state.users.pop(3)


def _events(archive):
    text = archive.read_text() if archive.exists() else ""
    return re.findall(r"\[headscale@\d+ event=\"([^\"]*)\"", text)


def _administer(state, relay, archive, written=lambda: None, disturb=lambda number: None):
    """Goes through all actions; each has to be told of once, though the relay is disturbed in between."""
    expected = ["watcher.baseline"]
    for number, (event, part, action) in enumerate(_actions(state)):
        wait_for(f"{expected}, not {_events(archive)}", lambda: _events(archive) == expected, 20)
        disturb(number)
        action()
        written()
        expected.append(event)
        wait_for(f"{part} in a record of {event}", lambda: any(
            part in line and f'event="{event}"' in line for line in archive.read_text().splitlines()), 20)
    time.sleep(2.5)
    relay.stop()
    check(_events(archive) == expected, f"the events are {_events(archive)}, not {expected}")
    text = archive.read_text()
    check('actor="unknown"' in text and "hunter22" not in text, "an actor is named, or a secret")
    check("repeated=" not in text, "a record may be a repetition")
    check("hunter22" not in (relay.data / "headscale" / "snapshot.json").read_text(), "a secret is kept")
    relay.expect_verified(archive)


def _relay(workshop, folder, headscale):
    return Relay(
        workshop, [file_destination(folder)], stream={"batch": {"age": "1s"}}, headscale={**headscale, "interval": "1s"})


def _api(workshop, port):
    key_file = workshop.path("headscale-key")
    key_file.touch(mode=0o600)
    key_file.write_text(API_KEY)
    return {"api": {"url": f"http://127.0.0.1:{port}", "key_file": str(key_file)}}


@case(seconds=240)
def administration_through_the_api(workshop):
    """What is done on Headscale's command line is sealed once, over restarts, a kill and an outage of the API"""
    state, port, folder = Administration(), free_port(), workshop.path("archive")
    api = HeadscaleAPI(state, port)
    relay = _relay(workshop, folder, _api(workshop, port))
    checked = workshop.run([relay.binary, "check", "--connect", "--config", relay.settings_file])
    check("headscale.api: 2 users, 3 nodes, 1 key" in checked.stdout, f"check says {checked.stdout}")
    relay.start()

    def disturb(number):
        if number == 3:
            relay.stop()
            relay.start()
        if number == 6:
            relay.process.kill()
            relay.start()
        if number == 9:
            api.fails = True
            time.sleep(1.5)
            relay.stop()
            api.fails = False
            relay.start()

    _administer(state, relay, first_archive_file(folder), disturb=disturb)
    api.stop()


@case(seconds=240)
def administration_through_the_database(workshop):
    """The same is read from Headscale's SQLite database while Headscale writes to it"""
    state, folder = Administration(), workshop.path("archive")
    database = HeadscaleDatabase(state, workshop.path("db.sqlite"))
    relay = _relay(workshop, folder, {"database": str(workshop.path("db.sqlite"))})
    relay.start()
    _administer(state, relay, first_archive_file(folder), written=database.write)


@case(seconds=240)
def administration_through_the_socket(workshop):
    """The same comes over Headscale's own socket, as 0.30 serves its API, without a key"""
    state, folder = Administration(), workshop.path("archive")
    api = HeadscaleAPI(state, path=workshop.path("headscale.sock"))
    relay = _relay(workshop, folder, {"api": {"socket": str(workshop.path("headscale.sock"))}})
    relay.start()
    _administer(state, relay, first_archive_file(folder))
    api.stop()


@case(seconds=60)
def what_the_log_says_is_joined_with_the_state(workshop):
    """A request in Headscale's log is named as the likely cause of a change, and records gain what their node is called"""
    state, port, folder = Administration(), free_port(), workshop.path("archive")
    api, archive = HeadscaleAPI(state, port), first_archive_file(folder)
    relay = _relay(workshop, folder, _api(workshop, port))
    relay.start()
    wait_for("the baseline", lambda: _events(archive) == ["watcher.baseline"], 20)
    now = int(time.time())
    lines = [
        '{"level":"info","method":"POST","path":"/api/v1/user","proto":"HTTP/1.1","remote":"100.64.0.2:51522",'
        f'"status":200,"bytes":18,"elapsed":0.4,"time":{now},"message":"http request"}}',
        f'{{"level":"info","node.id":1,"node.name":"node1","time":{now},"message":"node connected"}}']
    with socket.create_connection(("127.0.0.1", relay.tcp_port)) as connection:
        for line in lines:
            connection.sendall(f"<30>1 - hs1 headscale 7 - - {line}\n".encode())
    wait_for("the log's records", lambda: len(_events(archive)) == 3, 20)
    state.users[3] = "carol"
    wait_for("the change", lambda: "user.created" in _events(archive), 20)
    request, connected, change = [
        line for line in archive.read_text().splitlines()
        if re.search(r'event="(api\.user\.create|node\.connected|user\.created)"', line)]
    check('ip_node="node2" ip_node_id="2"' in request, f"the request's record is {request}")
    check('node_name="node1" node_ip="100.64.0.1,' in connected, f"the node's record is {connected}")
    check('likely="POST /api/v1/user from 100.64.0.2, ' in change, f"the change's record is {change}")
    relay.stop()
    api.stop()


@case(seconds=240)
def fifty_thousand_nodes(workshop):
    """A snapshot of 50,000 nodes and its comparison take less than 2 s of one core, and 200 MiB"""
    state, port, folder = Administration(nodes=50_000), free_port(), workshop.path("archive")
    api = HeadscaleAPI(state, port)
    api.keep_nodes()
    relay = _relay(workshop, folder, {**_api(workshop, port)})
    relay.start()
    archive = first_archive_file(folder)
    wait_for("the baseline", lambda: _events(archive) == ["watcher.baseline"], 30)
    readings, used = relay.metric("waxwing_headscale_readings_total"), relay.process.cpu_seconds()
    state.nodes[777]["given"] = "router"
    api.keep_nodes()
    wait_for("the change", lambda: _events(archive) == ["watcher.baseline", "node.renamed"], 30)
    readings = relay.metric("waxwing_headscale_readings_total") - readings
    taken = (relay.process.cpu_seconds() - used) / max(1, readings)
    peak = relay.process.memory_kib("VmHWM") >> 10
    check(relay.metric("waxwing_headscale_known_nodes") == 50_000, "there are not 50,000 nodes")
    check(taken < 2, f"a reading took {taken} s")
    check(peak < 200, f"the relay took {peak} MiB")
    print(f"  50,000 nodes: {taken:.2f} s of a core a reading, {peak} MiB at most")
    relay.stop()
    api.stop()
