import Settings
import Testing

/// What a user is told: a configuration a line (`↵`, `→` and `␀` stand for line feed, tab and NUL) and below it, behind
/// `=>`, each error that it has to give. Lines that are indented continue the error above.
@Suite struct ErrorMessageTests {
    static let environment = ["HOST": "h.example", "N": "4", "EMPTY": "", "SECRET": "hunter2 x"]

    @Test(arguments: ErrorTable.cases)
    func message(_ row: ErrorTable.Case) {
        let error = #expect(throws: SettingsErrors.self) {
            try Settings.parse(row.text, environment: Self.environment)
        }
        #expect(error?.description == row.expected)
        #expect(error?.description.contains("hunter2") == false, "a variable's value is shown")
        #expect(error?.omittedCount == 0)
    }

    @Test func tableCoversEveryCode() {
        var codes: Set<SettingsError.Code> = [.unreadable, .tooLarge]
        for row in ErrorTable.cases {
            do throws(SettingsErrors) {
                _ = try Settings.parse(row.text, environment: Self.environment)
            } catch {
                codes.formUnion(error.errors.map(\.code))
            }
        }
        #expect(codes == Set(SettingsError.Code.allCases))
    }
}

/// Which destinations are taken for the relay's own listener.
@Suite struct LoopTests {
    @Test(arguments: [
        // listener, destination, whether the one reaches the other
        ("127.0.0.1:601", "127.0.0.1:601", true),
        ("127.0.0.1:601", "127.0.0.1:602", false),
        ("127.0.0.1:601", "127.0.0.2:601", false),
        ("127.0.0.1:601", "localhost:601", true),
        ("localhost:601", "[::1]:601", true),
        ("127.0.0.1:601", "0.0.0.0:601", true),
        ("[::1]:601", "127.0.0.1:601", false),
        (":601", "127.0.0.2:601", true),
        ("0.0.0.0:601", "localhost:601", true),
        ("192.0.2.1:601", "192.0.2.1:601", true),
        ("192.0.2.1:601", "127.0.0.1:601", false),
        ("relay.example.net:601", "Relay.Example.NET:601", true),
        (":601", "collector.example.net:601", false),
        (":601", "192.0.2.1:601", false),
        ("127.0.0.1:0", "127.0.0.1:601", false),
    ])
    func loop(_ listener: String, _ destination: String, _ isLoop: Bool) {
        for kind in ["tcp", "udp"] {
            let text = """
                listeners: [{\(kind): "\(listener)"}]
                destinations: [{type: tcp, name: a, address: "\(destination)"}]
                """
            let isRefused = (try? Settings.parse(text)) == nil
            #expect(isRefused == (isLoop && kind == "tcp"), "\(kind)")
        }
    }
}

enum ErrorTable {
    struct Case: Sendable, CustomTestStringConvertible {
        var row: String
        var expected: String

        var text: String {
            let replacements: [Character: Character] = ["↵": "\n", "→": "\t", "␀": "\0"]
            return String(row.map { replacements[$0] ?? $0 })
        }

        var testDescription: String { row }
    }

    static let cases = sections.flatMap(parse)

    private static func parse(_ section: String) -> [Case] {
        var cases: [Case] = []
        for line in section.split(separator: "\n") {
            if line.hasPrefix("=> ") {
                let separator = cases[cases.count - 1].expected.isEmpty ? "" : "\n"
                cases[cases.count - 1].expected += "\(separator)waxwing.yaml:\(line.dropFirst(3))"
            } else if line.hasPrefix("    ") {
                cases[cases.count - 1].expected += line.dropFirst(3)
            } else {
                cases.append(Case(row: String(line), expected: ""))
            }
        }
        return cases
    }

    private static let sections = [
        keys, yaml, types, variables, quantities, addresses, listeners, stream, destinations,
    ]

    // MARK: - Unknown, misplaced, missing and duplicate keys

    private static let keys = #"""
        lisen: 1
        => 1:1: unknown key "lisen"; did you mean "listeners"?
        lisen: 1↵quee: 8MiB↵metrics: off
        => 1:1: unknown key "lisen"; did you mean "listeners"?
        => 2:1: unknown key "quee"; did you mean "queue"?
        dat: x
        => 1:1: unknown key "dat"; did you mean "data"?
        zzz: 1
        => 1:1: unknown key "zzz"; the keys here are data, listeners, redaction, stream, retention, queue, destinations,
            headscale, geoip, metrics, drain, log_level
        "\x1b[31m": x
        => 1:1: unknown key "\u{1B}[31m"; the keys here are data, listeners, redaction, stream, retention, queue, destinations,
            headscale, geoip, metrics, drain, log_level
        data: a↵data: b
        => 2:1: the key "data" is given twice, first in line 1; keep one of them
        data: a↵queue: 1MiB↵data: b↵queue: 2MiB↵lisen: 3
        => 3:1: the key "data" is given twice, first in line 1; keep one of them
        => 4:1: the key "queue" is given twice, first in line 2; keep one of them
        => 5:1: unknown key "lisen"; did you mean "listeners"?
        "data": a↵'data': b
        => 2:1: the key "data" is given twice, first in line 1; keep one of them
        {data: a, data: b}
        => 1:11: the key "data" is given twice, first in line 1; keep one of them
        data: ""
        => 1:7: data: "" is not a path; give a path, or remove the key
        data: ~/x
        => 1:7: data: "~/x" begins with ~, which is not expanded; write the full path, or ${HOME}/…
        redaction: {credential: true}
        => 1:13: unknown key "credential" in redaction; did you mean "credentials"?
        x: &a [1]↵y: *a
        => 1:1: unknown key "x"; the keys here are data, listeners, redaction, stream, retention, queue, destinations,
            headscale, geoip, metrics, drain, log_level
        => 2:1: unknown key "y"; the keys here are data, listeners, redaction, stream, retention, queue, destinations,
            headscale, geoip, metrics, drain, log_level
        """#

    // MARK: - YAML

    private static let yaml = #"""
        stream: {a: 1 b: 2}
        => 1:16: not YAML: did not find expected ',' or '}' while parsing a flow mapping; close the bracket, and put
            commas between values
        data: [a
        => 1:7: not YAML: did not find expected ',' or ']' while parsing a flow sequence; close the bracket, and put
            commas between values
        data: a: b
        => 1:8: not YAML: mapping values are not allowed in this context; check the indentation, and put a value with a
            colon and a space in quotes
        data: "abc
        => 1:7: not YAML: found unexpected end of stream while scanning a quoted scalar; close the quote
        data
        => 1:1: expected a mapping of keys to values, found the text "data"; write "data: …"
        - a
        => 1:1: expected a mapping of keys to values, found a list; write "data: …"
        5
        => 1:1: expected a mapping of keys to values, found the number 5; write "data: …"
        →data: x
        => 1:1: not YAML: found character that cannot start any token while scanning for the next token; indent with
            spaces instead of tabs
        data: x↵→queue: 8MiB
        => 2:1: not YAML: found a tab character that violates indentation while scanning a plain scalar that begins in
            line 1; check the indentation, quotes and brackets here and in the line above
        data: @x
        => 1:7: not YAML: found character that cannot start any token while scanning for the next token; put the value
            in quotes
        data: `x
        => 1:7: not YAML: found character that cannot start any token while scanning for the next token; put the value
            in quotes
        data: *x
        => 1:7: not YAML: found undefined alias; put a value that begins with * in quotes
        data: %x
        => 1:7: not YAML: found character that cannot start any token while scanning for the next token; put the value
            in quotes
        a: 1↵---↵b: 2
        => 2:1: a second YAML document; keep one: remove "---" and what follows
        data: !foo x
        => 1:7: the tag "!foo" is not supported; remove the tag
        ? [a, b]↵: c
        => 1:3: expected a key, found a list or mapping; use text as key
        <<: {a: b}
        => 1:1: merge keys (<<) are not supported; write the keys out
        metrics: [::1]:9514
        => 1:11: not YAML: did not find expected node content while parsing a flow node; put the value in quotes;
            addresses such as [::1]:5514 need them
        listeners: [{udp: :5514, tcp: :5514}]
        => 1:19: not YAML: did not find expected node content while parsing a flow node; put the value in quotes;
            addresses such as [::1]:5514 need them
        listeners: &l [*l]
        => 1:16: not YAML: found undefined alias; put a value that begins with * in quotes
        data: a↵␀
        => 2:1: not YAML: control characters are not allowed; remove the character
        listeners:↵  - udp: [fe80::1]:5514
        => 2:19: not YAML: did not find expected key while parsing a block mapping; put the value in quotes; addresses
            such as [::1]:5514 need them
        listeners:↵  - udp: [::1]:5514
        => 2:11: not YAML: did not find expected node content while parsing a flow node; put the value in quotes;
            addresses such as [::1]:5514 need them
        destinations:↵  - {name: a, type: tcp, address: a:1↵drain: 5s
        => 3:6: not YAML: did not find expected ',' or '}' while parsing a flow mapping that begins in line 2; close the
            bracket, and put commas between values
        redaction: {credentials: ${T}}
        => 1:27: not YAML: did not find expected ',' or '}' while parsing a flow mapping; put ${…} between brackets in
            quotes
        data: x↵stream: {batch: {age: 5s}↵↵
        => 2:9: not YAML: did not find expected ',' or '}' while parsing a flow mapping; close the bracket, and put
            commas between values
        listeners:↵  - udp: [::1
        => 2:11: not YAML: did not find expected node content while parsing a flow node; put the value in quotes;
            addresses such as [::1]:5514 need them
        """#

    // MARK: - Types

    private static let types = #"""
        data:
        => 1:6: data: expected a path, found nothing; remove the line or give it a value, such as ./waxwing-data
        data: ~
        => 1:7: data: expected a path, found nothing; remove the line or give it a value, such as ./waxwing-data
        data: 5
        => 1:7: data: expected a path, found the number 5; put it in quotes if it is meant, or write it like
            ./waxwing-data
        data: true
        => 1:7: data: expected a path, found true; put it in quotes if it is meant, or write it like ./waxwing-data
        data: [a]
        => 1:7: data: expected a path, found a list; write a single value, such as ./waxwing-data
        queue: {a: 1}
        => 1:8: queue: expected a size, found a mapping; write a single value, such as 1MiB
        redaction: {credentials: yes}
        => 1:26: redaction.credentials: expected true or false, found the text "yes"; write true or false
        redaction: {credentials: "true"}
        => 1:26: redaction.credentials: expected true or false, found the text "true"; remove the quotes
        redaction: true
        => 1:12: redaction: expected a mapping of keys to values, found true; write "credentials: …"
        """#

    // MARK: - Variables

    private static let variables = #"""
        data: ${NOPE}
        => 1:7: data: the environment variable NOPE is not set; set it, or give a default: ${NOPE:-value}
        data: ${EMPTY}
        => 1:7: data: "${EMPTY}" is not a path; give a path, or remove the key
        data: ${HOST
        => 1:7: data: "${" without "}"; close it, or write "$${" for a literal "${"
        data: ${1A}
        => 1:7: data: "${1A}" is not a variable; write ${NAME} or ${NAME:-default}, or "$${" for a literal "${"
        data: ${}
        => 1:7: data: "${}" is not a variable; write ${NAME} or ${NAME:-default}, or "$${" for a literal "${"
        data: ${A-b}
        => 1:7: data: "${A-b}" is not a variable; write ${NAME} or ${NAME:-default}, or "$${" for a literal "${"
        queue: ${SECRET}
        => 1:8: queue: "${SECRET}" is not a size; write a whole number with B, KiB, MiB, GiB, KB, MB or GB
        queue: ${N}
        => 1:8: queue: "${N}" is not from 1MiB to 4GiB; choose a size in that range
        data: ${NOPE}↵queue: 1↵listeners:↵  - udp: ${SECRET}:5514↵metrics: ${SECRET}
        => 1:7: data: the environment variable NOPE is not set; set it, or give a default: ${NOPE:-value}
        => 2:8: queue: "1" is not from 1MiB to 4GiB; choose a size in that range
        => 4:10: listeners[0].udp: "${SECRET}:5514" has neither an IP address nor a host name; write host:port, such as
            127.0.0.1:5514 or [::1]:5514
        => 5:10: metrics: "${SECRET}" has no port; write host:port, such as 127.0.0.1:5514 or [::1]:5514
        """#

    // MARK: - Quantities and words

    private static let quantities = #"""
        queue: "5"
        => 1:8: queue: "5" is not from 1MiB to 4GiB; choose a size in that range
        queue: 5
        => 1:8: queue: "5" is not from 1MiB to 4GiB; choose a size in that range
        queue: abc
        => 1:8: queue: "abc" is not a size; write a whole number with B, KiB, MiB, GiB, KB, MB or GB
        queue: 8mib
        => 1:8: queue: "8mib" is not a size; write a whole number with B, KiB, MiB, GiB, KB, MB or GB
        queue: 8TiB
        => 1:8: queue: "8TiB" is not a size; write a whole number with B, KiB, MiB, GiB, KB, MB or GB
        queue: 99999999999999999999GiB
        => 1:8: queue: "99999999999999999999GiB" is not from 1MiB to 4GiB; choose a size in that range
        queue: 8.5MiB
        => 1:8: queue: "8.5MiB" is not a size; write a whole number with B, KiB, MiB, GiB, KB, MB or GB
        queue: -1
        => 1:8: queue: "-1" is not a size; write a whole number with B, KiB, MiB, GiB, KB, MB or GB
        drain: 5
        => 1:8: drain: "5" has no unit; write a whole number with ms, s, m, h or d
        drain: 5x
        => 1:8: drain: "5x" is not a duration; write a whole number with ms, s, m, h or d
        drain: 11m
        => 1:8: drain: "11m" is not from 0 to 10m; choose a duration in that range
        drain: 1h30m
        => 1:8: drain: "1h30m" is not a duration; write a whole number with ms, s, m, h or d
        log_level: inf
        => 1:12: log_level: "inf" is not one of trace, debug, info, notice, warning, error, critical; did you mean
            "info"?
        log_level: verbose
        => 1:12: log_level: "verbose" is not one of trace, debug, info, notice, warning, error, critical; write one of
            them
        """#

    // MARK: - Addresses

    private static let addresses = #"""
        metrics: true
        => 1:10: metrics: "true" is not an address; write an address such as 127.0.0.1:9514, or off
        metrics: 0.0.0.0:9514
        => 1:10: metrics: "0.0.0.0:9514" can be reached from other machines, and metrics are served without
            authentication; write 127.0.0.1 as its host, and put a proxy in front if others need it
        metrics: :9514
        => 1:10: metrics: ":9514" can be reached from other machines, and metrics are served without authentication;
            write 127.0.0.1 as its host, and put a proxy in front if others need it
        metrics: 127.0.0.1
        => 1:10: metrics: "127.0.0.1" has no port; write host:port, such as 127.0.0.1:5514 or [::1]:5514
        listeners:↵  - udp: ::1:5514
        => 2:10: listeners[0].udp: "::1:5514" is IPv6 without brackets, or has no port; write [address]:port, such as
            [::1]:5514
        listeners:↵  - udp: ::1
        => 2:10: listeners[0].udp: "::1" is IPv6 without brackets, or has no port; write [address]:port, such as
            [::1]:5514
        listeners:↵  - udp: 127.0.0.1:70000
        => 2:10: listeners[0].udp: "127.0.0.1:70000" has no port from 0 to 65535; write host:port, such as
            127.0.0.1:5514 or [::1]:5514
        listeners:↵  - udp: 127.0.0.1
        => 2:10: listeners[0].udp: "127.0.0.1" has no port; write host:port, such as 127.0.0.1:5514 or [::1]:5514
        listeners:↵  - udp: 127.0.0.1.5:5514
        => 2:10: listeners[0].udp: "127.0.0.1.5:5514" has neither an IP address nor a host name; write host:port, such
            as 127.0.0.1:5514 or [::1]:5514
        listeners:↵  - udp: 1.2.3:5514
        => 2:10: listeners[0].udp: "1.2.3:5514" has neither an IP address nor a host name; write host:port, such as
            127.0.0.1:5514 or [::1]:5514
        listeners:↵  - udp: "[::g]:5514"
        => 2:10: listeners[0].udp: "[::g]:5514" has no IPv6 address in its brackets; write host:port, such as
            127.0.0.1:5514 or [::1]:5514
        listeners:↵  - udp: "[::1]"
        => 2:10: listeners[0].udp: "[::1]" has no port; write host:port, such as 127.0.0.1:5514 or [::1]:5514
        listeners:↵  - udp: a b:5514
        => 2:10: listeners[0].udp: "a b:5514" has neither an IP address nor a host name; write host:port, such as
            127.0.0.1:5514 or [::1]:5514
        listeners:↵  - udp: 5514
        => 2:10: listeners[0].udp: expected an address, found the number 5514; put it in quotes if it is meant, or write
            it like 127.0.0.1:5514
        metrics: 127.0.0.1:5514
        => 1:10: metrics and a tcp listener (built-in defaults) want the same TCP port; give one of them another port or
            host
        """#

    // MARK: - Listeners

    private static let listeners = #"""
        listeners: []
        => 1:12: listeners: the list is empty; give at least 1, or remove the key
        listeners: {udp: ":5514"}
        => 1:12: listeners: expected a list, found a mapping; begin each element with "- "
        listeners: [5]
        => 1:13: listeners[0]: expected a mapping of keys to values, found the number 5; write "udp: …"
        listeners: [{}]
        => 1:13: listeners[0]: the listener has none of udp, tcp, tls; give exactly one of them
        listeners:↵  - udp: :5514↵    max_connections: 5
        => 3:5: the key "max_connections" in listeners[0] does not belong to a udp listener; remove it: only a tcp or
            tls listener has it
        listeners:↵  - tcp: :5514↵    sockets: 2
        => 3:5: the key "sockets" in listeners[0] does not belong to a tcp listener; remove it: only a udp listener has
            it
        listeners:↵  - tcp: :5514↵    certificate_file: x
        => 3:5: the key "certificate_file" in listeners[0] does not belong to a tcp listener; remove it: only a tls
            listener has it
        listeners:↵  - udp: :5514↵    sockets: 65
        => 3:14: listeners[0].sockets: "65" is not from 1 to 64; write a decimal number in that range
        listeners:↵  - udp: :5514↵    sockets: 0x10
        => 3:14: listeners[0].sockets: "0x10" is not from 1 to 64; write a decimal number in that range
        listeners:↵  - udp: :5514↵    sockets: 1.5
        => 3:14: listeners[0].sockets: expected a whole number, found the number 1.5; write it like 1
        listeners:↵  - udp: :5514↵    frame_limit: 2MiB
        => 3:18: listeners[0].frame_limit: "2MiB" is not from 1KiB to 1MiB; choose a size in that range
        listeners:↵  - udp: :5514↵    time_zone: +25:00
        => 3:16: listeners[0].time_zone: "+25:00" is not a time zone; write UTC, a name such as Europe/Zurich, or +hh:mm
        listeners:↵  - udp: :5514↵    time_zone: ../etc/passwd
        => 3:16: listeners[0].time_zone: "../etc/passwd" is not a time zone; write UTC, a name such as Europe/Zurich, or
            +hh:mm
        listeners:↵  - tcp: :5514↵    idle_timeout: 500ms
        => 3:19: listeners[0].idle_timeout: "500ms" is not from 1s to 30d, or 0 for none; choose a duration in that
            range
        listeners:↵  - tls: :6514
        => 2:5: the key "certificate_file" is missing in listeners[0]; add "certificate_file: server.pem"
        => 2:5: the key "key_file" is missing in listeners[0]; add "key_file: server.key"
        => 2:5: listeners[0]: neither client_ca_file nor client_fingerprints is given; say whose certificates are
            accepted, or write "client_authentication: none"
        listeners:↵  - tls: :6514↵    certificate_file: a↵    key_file: b
        => 2:5: listeners[0]: neither client_ca_file nor client_fingerprints is given; say whose certificates are
            accepted, or write "client_authentication: none"
        listeners: [{tls: ":6514", certificate_file: a, key_file: b, client_authentication: none, client_ca_file: c}]
        => 1:107: listeners[0].client_ca_file has no effect with "client_authentication: none"; remove one of the two
        listeners:↵  - tls: :6514↵    certificate_file: a↵    key_file: b↵    client_fingerprints: ["sha256:AB"]
        => 5:27: listeners[0].client_fingerprints[0]: "sha256:AB" is not the SHA-256 of a certificate; write "sha256:"
            and what "openssl x509 -noout -fingerprint -sha256" prints behind "="
        listeners:↵  - tls: :6514↵    certificate_file: a↵    key_file: b↵    client_fingerprints: sha256:AB
        => 5:26: listeners[0].client_fingerprints: expected a list, found the text "sha256:AB"; begin each element with
            "- "
        listeners:↵  - tls: :6514↵    certificate_file: a↵    key_file: b↵    client_fingerprints: []
        => 5:26: listeners[0].client_fingerprints: the list is empty; give at least 1, or remove the key
        listeners:↵  - tcp: :5514↵  - tls: 127.0.0.1:5514↵    certificate_file: a↵    key_file: b↵    client_ca_file: c
        => 3:5: a tls listener and a tcp listener (waxwing.yaml:2:5) want the same TCP port; give one of them another
            port or host
        listeners:↵  - udp: :5514↵  - udp: :5514
        => 3:5: a udp listener and a udp listener (waxwing.yaml:2:5) want the same UDP port; give one of them another
            port or host
        listeners:↵  - tcp: :9514
        => 2:5: a tcp listener and metrics (built-in defaults) want the same TCP port; give one of them another port or
            host
        listeners:↵  - udp: :5514↵    sokets: 2
        => 3:5: unknown key "sokets" in listeners[0]; did you mean "sockets"?
        listeners: [{udp: ":1", when_full: stop}]
        => 1:36: listeners[0].when_full: UDP cannot be held back, so a listener for it cannot stop; write drop-newest or
            drop-lowest, or have the senders use TCP
        listeners: [{tcp: ":1", when_full: drop}]
        => 1:36: listeners[0].when_full: "drop" is not one of stop, drop-newest, drop-lowest; did you mean
            "drop-newest"?
        """#

    // MARK: - Stream

    private static let stream = #"""
        stream: {origin: "a b"}
        => 1:18: stream.origin: "a b" is not an origin; write 1 to 200 characters out of A-Za-z0-9._/-, such as
            relay1.example.net/all
        stream: {key: "pkcs11:token=a;pin-value=1234"}
        => 1:15: stream.key: the value contains a secret (pin-value); write pin-source=file:/path instead
        stream: {key_passphrase: x}
        => 1:10: unknown key "key_passphrase" in stream; did you mean "key_passphrase_file"?
        stream: {batch: {records: 0}}
        => 1:27: stream.batch.records: "0" is not from 1 to 1048576; write a decimal number in that range
        stream: {batch: {ag: 5s}}
        => 1:18: unknown key "ag" in stream.batch; did you mean "age"?
        stream: {batch: }
        => 1:17: stream.batch: expected a mapping of keys to values, found nothing; write "records: …"
        stream: {key: "pkcs11:token=a;PIN-VALUE=${SECRET}"}
        => 1:15: stream.key: the value contains a secret (pin-value); write pin-source=file:/path instead
        """#

    // MARK: - Destinations

    private static let destinations = #"""
        destinations:↵  - name: a
        => 2:5: destinations[0]: the destination has no "type"; add "type: tls" or "type: tcp" or "type: file"
            or "type: splunk" or "type: elasticsearch" or "type: http"
        destinations:↵  - type: tls
        => 2:5: the key "name" is missing in destinations[0]; add "name: siem"
        => 2:5: the key "address" is missing in destinations[0]; add "address: collector.example.net:6514"
        => 2:5: destinations[0]: neither ca_file nor fingerprints is given; add "ca_file: ca.pem" or fingerprints:
            without them nobody knows who the collector is
        destinations:↵  - type: udp↵    name: a
        => 2:11: destinations[0].type: "udp" is not one of tls, tcp, file, splunk, elasticsearch, http; write one of them
        destinations:↵  - type: tsl↵    name: a
        => 2:11: destinations[0].type: "tsl" is not one of tls, tcp, file, splunk, elasticsearch, http; did you mean "tls"?
        destinations:↵  - type: tls↵    name: a↵    address: a:1
        => 2:5: destinations[0]: neither ca_file nor fingerprints is given; add "ca_file: ca.pem" or fingerprints:
            without them nobody knows who the collector is
        destinations:↵  - type: tls↵    name: A_b↵    address: a:1↵    ca_file: c↵    key_file: k
        => 3:11: destinations[0].name: "A_b" is not a name of lower-case letters, digits and "-"; write 1 to 40
            characters out of a-z0-9-, such as siem
        => 6:5: destinations[0].key_file is given without "certificate_file"; give both or none
        destinations:↵  - type: file↵    name: a↵    path: /x↵    framing: lf
        => 5:5: the key "framing" in destinations[0] does not belong to a file destination; remove it: only a tls or tcp
            destination has it
        destinations:↵  - type: tcp↵    name: a↵    address: a:1↵    ca_file: c↵    rotat: 1
        => 5:5: the key "ca_file" in destinations[0] does not belong to a tcp destination; remove it: only a tls
            or splunk or elasticsearch or http destination has it
        => 6:5: unknown key "rotat" in destinations[0]; the keys here are name, filter, type, address,
            more_addresses, mode, framing, connect_timeout, write_timeout, idle_timeout, resend
        destinations:↵  - type: tcp↵    name: a↵    address: :1
        => 4:14: destinations[0].address: ":1" has no host; write host:port
        destinations:↵  - type: tcp↵    name: a↵    address: a:0
        => 4:14: destinations[0].address: "a:0" has no port from 1 to 65535; write host:port, such as 127.0.0.1:5514 or
            [::1]:5514
        destinations:↵  - type: tcp↵    name: a↵    address: a:1↵  - type: tcp↵    name: a↵    address: b:1
        => 5:5: two destinations have one name, the other one at waxwing.yaml:2:5; give each a name of its own
        destinations:↵  - type: file↵    name: a↵    path: /x↵  - type: file↵    name: b↵    path: /x
        => 5:5: two destinations write to one folder, the other one at waxwing.yaml:2:5; give each a folder of its own
        destinations:↵  - type: file↵    name: a↵    path: /x/y↵  - type: file↵    name: b↵    path: //x/./y/
        => 5:5: two destinations write to one folder, the other one at waxwing.yaml:2:5; give each a folder of its own
        destinations:↵  - type: tcp↵    name: a↵    address: 127.0.0.1:5514
        => 2:5: the destination is this relay's own tcp listener (built-in defaults): each record would come back for
            ever; give the address of another machine or port
        listeners: [{tcp: ":601"}]↵destinations: [{type: tcp, name: a, address: "[::1]:601"}]
        => 2:16: the destination is this relay's own tcp listener (waxwing.yaml:1:13): each record would come back for
            ever; give the address of another machine or port
        destinations:↵  - type: file↵    name: a↵    path: waxwing-data/x
        => 2:5: the destination's path is in the ledger's folder; give it a folder outside of "data"
        destinations:↵  - type: tcp↵    name: a↵    address: a:1↵    framing: octet
        => 5:14: destinations[0].framing: "octet" is not one of octet-counting, lf; did you mean "octet-counting"?
        """#
}
