import Headscale
import Testing

@testable import HeadscaleServer

struct LikelyCausesTests {
    private func changes(_ change: (inout Snapshot) -> Void) -> [Change] {
        SnapshotDifference(from: .example, to: Snapshot.example.with(change)).changes
    }

    private func request(_ method: String, _ path: String) -> WatcherHint {
        WatcherHint(time: 1000, host: "hs1", .request(method: method, path: path, address: "192.0.2.1"))
    }

    private let sudo = WatcherHint(
        time: 1000, host: "hs1", .command(user: "alice", command: "/usr/bin/headscale users create carol"))
    private let login = WatcherHint(time: 900, host: "hs1", .login(user: "alice", address: "192.0.2.1"))

    @Test func oneRequestThatFitsIsTheCause() {
        let changes = changes { $0.users.append(Snapshot.User(id: 3, name: "carol")) }
        let hints = [request("POST", "/api/v1/user"), request("PUT", "/api/v1/policy")]
        #expect(LikelyCauses.find(changes, hints) == [hints[0]])
        #expect(
            LikelyCauses.find(changes, hints).first??.description
                == "POST /api/v1/user from 192.0.2.1, 1970-01-01T00:00:01.000Z")
    }

    @Test func twoThatFitAreNone() {
        let changes = changes { $0.users.append(Snapshot.User(id: 3, name: "carol")) }
        #expect(
            LikelyCauses.find(changes, [request("POST", "/api/v1/user"), request("POST", "/api/v1/user")]) == [nil])
    }

    /// One request made one user, and nobody knows which.
    @Test func oneRequestIsNotTheCauseOfTwoChanges() {
        let changes = changes {
            $0.users += [Snapshot.User(id: 3, name: "carol"), Snapshot.User(id: 4, name: "dave")]
        }
        #expect(LikelyCauses.find(changes, [request("POST", "/api/v1/user")]) == [nil, nil])
    }

    @Test func theNodeOfARequestHasToBeTheNode() {
        let changes = changes { $0.nodes[0].tags = ["tag:web"] }
        #expect(LikelyCauses.find(changes, [request("POST", "/api/v1/node/2/tags")]) == [nil])
        let fitting = request("POST", "/api/v1/node/1/tags")
        #expect(LikelyCauses.find(changes, [request("POST", "/api/v1/node/2/tags"), fitting]) == [fitting])
        #expect(LikelyCauses.find(changes, [request("POST", "/api/v2/device/1/tags")]).first??.time == 1000)
    }

    @Test func withoutARequestOneCommandIsTheCauseOfAll() {
        let changes = changes {
            $0.users += [Snapshot.User(id: 3, name: "carol"), Snapshot.User(id: 4, name: "dave")]
        }
        #expect(LikelyCauses.find(changes, [sudo, login]) == [sudo, sudo])
        let listing = WatcherHint(time: 1000, host: "hs1", .command(user: "bob", command: "headscale users list"))
        #expect(LikelyCauses.find(changes, [listing, sudo]) == [sudo, sudo])
        #expect(LikelyCauses.find(changes, [listing]) == [nil, nil])
        #expect(LikelyCauses.find(changes, [sudo, sudo]) == [nil, nil])
        #expect(LikelyCauses.find(changes, [login]) == [login, login])
        #expect(LikelyCauses.find(changes, [login, login]) == [nil, nil])
        #expect(LikelyCauses.find(changes, []) == [nil, nil])
    }

    @Test(arguments: [
        ("/usr/bin/headscale preauthkeys expire 4", "key"), ("/usr/bin/headscale users list", ""),
        ("/usr/bin/headscale -c /etc/headscale/config.yaml users destroy --force 3", "node user"),
        ("/usr/bin/docker exec headscale headscale preauthkeys create -u 1", "key"),
        ("/bin/sh -c 'headscale nodes expire -i 7'", "node route"), ("/usr/bin/headscale nodes list", ""),
        ("/usr/bin/headscale nodes list-routes", ""), ("/usr/bin/headscale policy get", ""),
        ("/usr/bin/headscale policy set -f acl.hujson", "policy"), ("/usr/bin/systemctl status headscale", ""),
        ("/usr/bin/systemctl reload headscale.service", "policy"), ("/usr/bin/vi /etc/headscale/acl.hujson", "policy"),
        ("/usr/bin/cat /etc/headscale/acl.hujson", ""), ("/usr/bin/journalctl -u headscale", ""), ("/bin/bash", ""),
        ("/usr/bin/apt-get install nginx", ""), ("/usr/bin/headscale", ""),
    ]) func commandsHaveTheirEffects(_ command: String, _ kinds: String) {
        let events: [StateEvent] = [.userCreated, .nodeDeleted, .keyExpired, .routeApproved, .policyChanged]
        let fitting = events.filter { ShellCommand(command).fits($0) }.map { "\($0.rawValue.prefix { $0 != "." })" }
        #expect(fitting.sorted() == kinds.split(separator: " ").map(String.init).sorted())
    }

    /// Who was refused has changed nothing.
    @Test(arguments: [
        "user NOT in sudoers ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/headscale users create bob",
        "command not allowed ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/headscale users create bob",
        "3 incorrect password attempts ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/headscale users create bob",
        "(command continued) COMMAND=/usr/bin/headscale users create bob",
    ]) func refusedCommandsAreNoCause(_ text: String) {
        #expect(WatcherHint.Cause(application: "sudo", message: "alice : " + text) == nil)
    }

    /// A login somewhere else has nothing to do with Headscale.
    @Test func loginsCountOnHeadscalesHost() {
        let hints = WatcherHints()
        for host in ["hs1", "web3"] {
            hints.note(
                application: "sshd-session", message: "Accepted publickey for \(host) from 192.0.2.1 port 1 ssh2",
                host: host, time: 10_000)
        }
        #expect(hints.within(0...100_000).isEmpty, "where Headscale runs is not known")
        hints.note(headscaleOn: "hs1")
        #expect(hints.within(0...100_000).map(\.host) == ["hs1"])
        hints.note(headscaleOn: "hs2")
        #expect(hints.within(0...100_000).isEmpty, "there are two")
    }

    /// A node does that by itself.
    @Test func whatNobodyAsksForHasNoCause() {
        let changes = changes { $0.nodes[0].announcedRoutes = ["10.0.0.0/8"] }
        #expect(LikelyCauses.find(changes, [sudo]) == [nil])
    }

    @Test func hintsOfTheLog() {
        let hints = WatcherHints()
        hints.note(headscaleOn: "hs1")
        hints.note(
            application: "sudo",
            message: "   alice : TTY=pts/0 ; PWD=/root ; USER=root ; COMMAND=/usr/bin/headscale nodes list",
            host: "hs1",
            time: 10_000)
        hints.note(
            application: "sshd",
            message: "Accepted publickey for alice from 192.0.2.1 port 50514 ssh2: ED25519 SHA256:x",
            host: "hs1", time: 20_000)
        hints.note(
            application: "sshd", message: "Failed password for alice from 192.0.2.1 port 1", host: "hs1", time: 20_000)
        hints.note(application: "cron", message: "alice : COMMAND=x", host: "hs1", time: 20_000)
        hints.note(request: "GET", path: "/api/v1/user", status: 200, from: "192.0.2.1", host: "hs1", time: 30_000)
        hints.note(request: "POST", path: "/api/v1/user", status: 401, from: "192.0.2.1", host: "hs1", time: 30_000)
        hints.note(
            request: "POST", path: "/machine/register", status: 200, from: "192.0.2.1", host: "hs1", time: 30_000)
        hints.note(request: "POST", path: "/api/v1/user", status: 200, from: "192.0.2.1", host: "hs1", time: 30_000)
        #expect(
            hints.within(0...100_000).map(\.cause) == [
                .command(user: "alice", command: "/usr/bin/headscale nodes list"),
                .login(user: "alice", address: "192.0.2.1"),
                .request(method: "POST", path: "/api/v1/user", address: "192.0.2.1"),
            ])
        #expect(hints.within(11_001...29_999).count == 1)
    }

    @Test func hintsAreBounded() {
        let hints = WatcherHints()
        for time in 0..<Int64(WatcherHints.limit) + 10 { hints.note(WatcherHint(time: time, host: "", sudo.cause)) }
        #expect(hints.within(0...Int64.max).count == WatcherHints.limit)
        #expect(hints.within(0...Int64.max).first?.time == 10)
    }
}
