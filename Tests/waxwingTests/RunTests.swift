import Glibc
import Testing

/// `waxwing run` as a service manager sees it.
@Suite struct RunTests {
    private static let configuration = """
        data: log
        listeners: [{udp: 127.0.0.1:0, receive_buffer: 64KiB}, {tcp: 127.0.0.1:0}]
        metrics: 127.0.0.1:0
        stream: {origin: relay1.example.net/all, key: log.pem}
        """

    @Test(arguments: [SIGTERM, SIGINT])
    func signalEndsItInOrder(_ signal: Int32) {
        let place = Workplace()
        place.write("waxwing.yaml", Array(Self.configuration.utf8))
        let relay = Child(["run", "--config", "waxwing.yaml"], in: place.path)
        #expect(relay.waitForOutput("check it"))
        relay.signal(signal)
        let outcome = relay.wait()
        #expect(outcome.status == 0)
        #expect(String(decoding: outcome.errors, as: UTF8.self) == "")
        let report = String(decoding: outcome.output, as: UTF8.self).replacing(/:[1-9][0-9]+/, with: ":PORT")
            .replacing(/--port [1-9][0-9]+/, with: "--port PORT")
        #expect(
            report == """
                waxwing 0.1.0 is running
                  listens on    udp 127.0.0.1:PORT, tcp 127.0.0.1:PORT
                  ledger        log
                  delivers to   nobody yet (the ledger keeps everything)
                  public key    relay1.example.net/all+f60b5335+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4
                  metrics       http://127.0.0.1:PORT/metrics
                try it          logger --server 127.0.0.1 --port PORT --tcp --rfc5424 hello
                check it        waxwing verify --key log/keys/log.vkey log

                """)
        #expect(place.mode("log/keys/log.vkey") == 0o600)
        let verified = Child(["verify", "--key", "log/keys/log.vkey", "log"], in: place.path).wait()
        #expect(verified.status == 0)
    }

    /// As whoever rotates log files sends it.
    @Test func withoutATerminalAHangUpEndsNothing() {
        let place = Workplace()
        place.write("waxwing.yaml", Array(Self.configuration.utf8))
        let relay = Child(["run", "--config", "waxwing.yaml"], in: place.path)
        #expect(relay.waitForOutput("check it"))
        relay.signal(SIGHUP)
        #expect(relay.waitForErrors("SIGHUP changes nothing"))
        relay.signal(SIGTERM)
        #expect(relay.wait().status == 0)
    }

    /// Two relays must not write one ledger.
    @Test func secondRelayOnOneFolderIsRefused() {
        let place = Workplace()
        place.write("waxwing.yaml", Array(Self.configuration.utf8))
        let first = Child(["run", "--config", "waxwing.yaml"], in: place.path)
        #expect(first.waitForOutput("check it"))
        let second = Child(["run", "--config", "waxwing.yaml"], in: place.path).wait()
        let check = Child(["check", "--config", "waxwing.yaml"], in: place.path).wait()
        first.signal(SIGTERM)
        #expect(first.wait().status == 0)
        #expect(second.status == 69)
        #expect(
            String(decoding: second.errors, as: UTF8.self)
                == "waxwing: log is in use by another waxwing; stop it, or give this one another `data` folder\n")
        #expect(second.output.isEmpty)
        #expect(check.status == 0)
        #expect(
            String(decoding: check.output, as: UTF8.self).contains("warning: ledger log: in use by a running relay"))
    }
}
