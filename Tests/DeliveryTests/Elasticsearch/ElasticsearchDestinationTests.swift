import Batch
import Glibc
import NIOHTTP1
import OpenSSL
import Seal
import TestSupport
import Testing

@testable import Delivery
@testable import Ledger

/// A data stream that keeps documents by their `_id`, and refuses some.
private final class DataStream: Sendable {
    private struct State {
        var documents: [String: StrictJSON] = [:]
        var isFirstTry: Set<String> = []
    }

    private let state = Monitor(State())

    var documents: [String: StrictJSON] { state.withLock { $0.documents } }

    /// The answer to a bulk request. Every tenth document is refused at first with 429; those whose message ends with
    /// `poison` always.
    func take(_ body: String) throws -> String {
        let lines = body.split(separator: "\n")
        let items = try stride(from: 0, to: lines.count, by: 2).map { place in
            let id = try #require(try StrictJSON(String(lines[place]))["create._id"]?.text)
            let document = try StrictJSON(String(lines[place + 1]))
            return state.withLock { state -> String in
                if state.documents[id] != nil { return Self.item(409, "version_conflict_engine_exception") }
                let number = document["event.sequence"]?.number ?? 0
                if number % 10 == 3, state.isFirstTry.insert(id).inserted {
                    return Self.item(429, "es_rejected_execution_exception")
                }
                if document["message"]?.text?.hasSuffix("poison") == true {
                    return Self.item(400, "document_parsing_exception")
                }
                state.documents[id] = document
                return #"{"create":{"status":201}}"#
            }
        }
        return #"{"errors":true,"items":[\#(items.joined(separator: ","))]}"#
    }

    private static func item(_ status: Int, _ type: String) -> String {
        #"{"create":{"status":\#(status),"error":{"type":"\#(type)","reason":"because"}}}"#
    }
}

@Suite struct ElasticsearchDestinationTests {
    private let ledger: TestLedger
    private let rig: DestinationRig
    private let letters = MemoryDeadLetters()
    private let stream = DataStream()

    init() throws {
        ledger = try TestLedger(sealAfter: 50)
        rig = DestinationRig(ledger)
    }

    private func destination(
        _ ports: [Int], credentials: ElasticsearchDialect.Credentials = .none
    ) throws -> HTTPDestination<ElasticsearchDialect> {
        var options = HTTPDestinationOptions(
            name: "test", nodes: ports.map { HTTPNode(host: "127.0.0.1", port: $0) })
        options.limits.backoffFirst = 1_000_000
        options.limits.backoffMost = 20_000_000
        options.limits.haltPause = 20_000_000
        options.transport.request = .milliseconds(300)
        options.cursorInterval = 1_000_000
        var dialect = ElasticsearchDialect.Options(
            dataStream: "logs-waxwing-default", tag: LogTag(rawValue: 0x54a3_c602), observer: ("relay", "0.1.0"))
        dialect.credentials = credentials
        return HTTPDestination(
            options, ElasticsearchDialect(dialect), ledger: ledger.access, cursor: try CursorFile(rig.cursorPath),
            start: 0, deadLetters: letters, on: DestinationRig.group.next(), counters: rig.counters,
            httpCounters: HTTPDestinationCounters(rig.registry, destination: "test"), logger: rig.logger)
    }

    /// Checks that each record of the ledger is a document of its own, with the line as it is, or a dead letter.
    private func expectConservation() throws {
        let rejected = Set(letters.records.map(\.index))
        for (index, line) in try ledger.lines().enumerated() where !rejected.contains(UInt64(index)) {
            #expect(stream.documents["54a3c602-\(index)"]?["event.original"]?.text == line, "record \(index)")
        }
        #expect(stream.documents.count + rejected.count == Int(ledger.end))
    }

    /// Items that are busy or there already, lost answers, a page of a proxy, a request that is too large, a dead node.
    @Test func everyRecordIsThereOnce() throws {
        ledger.append(600)
        let stream = stream
        let server = try WebServer { request, number in
            guard let answer = try? stream.take(request.text) else { return .answer(400, body: "not bulk") }
            switch number % 6 {
            case 1: return .reset
            case 3: return .answer(502, body: "<html>proxy</html>")
            case 4 where request.body.count > 20_000: return .answer(413)
            default: return .answer(200, body: answer)
            }
        }
        let dead = LoopbackSocket.reservedPort()
        let destination = try destination([server.port, dead.port])
        destination.start()
        #expect(rig.waitUntil { (try? $0.confirmed()) == ledger.end })
        try destination.stop().wait()
        try expectConservation()
        #expect(letters.records.isEmpty)
        #expect(rig.metric("retries_total") > 0)
        let request = try #require(server.requests.first)
        #expect(
            request.path == "/logs-waxwing-default/_bulk?filter_path=errors,items.*.status,items.*.error"
                && request.headers["content-type"] == ["application/x-ndjson"]
                && request.headers["content-encoding"] == ["gzip"] && request.headers["authorization"].isEmpty)
    }

    /// A record that no mapping takes does not keep back the others.
    @Test func poisonGoesToTheDeadLetters() throws {
        ledger.append(30)
        ledger.append(1, size: 7, message: "poison")
        ledger.append(30)
        let stream = stream
        let server = try WebServer { request, _ in .answer(200, body: (try? stream.take(request.text)) ?? "") }
        let destination = try destination([server.port])
        destination.start()
        #expect(rig.waitUntil { (try? $0.confirmed()) == ledger.end })
        try destination.stop().wait()
        try expectConservation()
        #expect(
            letters.records == [
                RejectedRecord(index: 30, status: 400, reason: "document_parsing_exception: because")
            ])
        #expect(rig.metric("rejected_records_total") == 1)
    }

    /// A key that is refused stops delivery, with nothing in the dead letters, and is not shown.
    @Test func refusedKeyHaltsUntilItIsTaken() throws {
        ledger.append(20)
        let stream = stream
        let path = ledger.folder.path("key")
        ledger.folder.write("key", "c2VjcmV0\n")
        _ = unsafe chmod(path, 0o600)
        let server = try WebServer { request, number in
            guard number >= 3, request.headers["authorization"] == ["ApiKey c2VjcmV0"] else {
                return .answer(
                    401,
                    body:
                        #"{"error":{"type":"security_exception","reason":"missing credentials, not ApiKey c2VjcmV0"}}"#)
            }
            return .answer(200, body: (try? stream.take(request.text)) ?? "")
        }
        let destination = try destination([server.port], credentials: .apiKey(HTTPSecret(file: path)))
        destination.start()
        #expect(rig.waitUntil { (try? $0.confirmed()) == ledger.end })
        try destination.stop().wait()
        try expectConservation()
        #expect(letters.records.isEmpty)
        let complaint = rig.complaints.first { $0.contains("stands still") }
        #expect(complaint?.contains("missing credentials") == true)
        #expect(!rig.complaints.contains { $0.contains("c2VjcmV0") }, "although the server repeats it")
    }

    @Test func passwordIsBasicAuthorization() throws {
        let path = ledger.folder.path("password")
        ledger.folder.write("password", "open sesame\n")
        _ = unsafe chmod(path, 0o600)
        var options = ElasticsearchDialect.Options(
            dataStream: "logs", tag: LogTag(rawValue: 0), observer: ("relay", "0.1.0"))
        options.credentials = .basic(user: "Aladdin", password: try HTTPSecret(file: path))
        let dialect = ElasticsearchDialect(options)
        let fields = dialect.greeting.fields
        #expect(fields.first { $0.name == "authorization" }?.value == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")
        #expect(
            dialect.withoutSecrets("no: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==, open sesame")
                == "no: Basic <secret>, <secret>")
    }
}
