import NIOCore
import NIOHTTP1
import OpenSSL
import TestSupport
import Testing

@testable import Delivery

@Suite struct WebHookDialectTests {
    private func dialect(
        _ format: WebHookDialect.Format = .ndjson, _ change: (inout WebHookDialect.Options) -> Void = { _ in }
    ) -> WebHookDialect {
        var options = WebHookDialect.Options(path: "/ingest?a=b", log: "41342dd0")
        options.format = format
        change(&options)
        return WebHookDialect(options) { 1_795_809_900 }
    }

    private func body(_ dialect: WebHookDialect, _ lines: [String]) -> String {
        var writer = BodyWriter()
        writer.append(dialect.framing.opening)
        for (index, line) in lines.enumerated() {
            let bytes = Array(line.utf8)
            if index > 0 { writer.append(dialect.framing.separator) }
            unsafe dialect.encode(DeliveryRecord(index: UInt64(index), line: bytes.span.bytes), into: &writer)
        }
        writer.append(dialect.framing.closing)
        let bytes = writer.bytes
        return String(decoding: (0..<bytes.byteCount).map { bytes.byte($0) }, as: UTF8.self)
    }

    @Test func formats() {
        let lines = ["a \"b\"", "c"]
        #expect(
            body(dialect(.ndjson), lines)
                == #"{"event":"a \"b\"","log":"41342dd0","index":0}"# + "\n"
                + #"{"event":"c","log":"41342dd0","index":1}"# + "\n")
        #expect(
            body(dialect(.jsonArray), lines)
                == #"[{"event":"a \"b\"","log":"41342dd0","index":0},{"event":"c","log":"41342dd0","index":1}]"#)
        #expect(body(dialect(.lines), lines) == "a \"b\"\nc\n")
    }

    @Test(arguments: [
        (WebHookDialect.Format.ndjson, "application/x-ndjson"), (.jsonArray, "application/json"),
        (.lines, "text/plain; charset=utf-8"),
    ])
    func requests(format: WebHookDialect.Format, type: String) {
        let dialect = dialect(format) { $0.fields = [("x-team", .text("blue"))] }
        let request = dialect.request(carrying: ByteBuffer(string: "x"), to: HTTPTarget(node: 0, channel: "c"))
        #expect(request.method == .POST && request.path == "/ingest?a=b")
        #expect(request.fields.map { "\($0.name): \($0.value)" } == ["content-type: \(type)", "x-team: blue"])
    }

    /// The code is `printf '1795809900.body' | openssl dgst -sha256 -mac HMAC -macopt hexkey:4b4b…`.
    @Test func bodiesAreAuthenticatedAsTheyAreSent() {
        let bytes = [UInt8](repeating: 0x4B, count: 32)
        let signature = BodySignature(unsafe HMACKey(bytes.span.bytes)!)
        let dialect = dialect { $0.signature = signature }
        let request = dialect.request(carrying: ByteBuffer(string: "body"), to: HTTPTarget(node: 0, channel: "c"))
        #expect(
            request.fields.last?.value
                == "t=1795809900,v1=992cad5e65a864053a299f0b99622e098da8c34eacbaf2259b0f2f0b2f54ed83")
    }

    private func verdict(_ status: Int) -> Verdict { dialect().judge(HTTPAnswer(status: status), count: 2) }

    @Test func answers() {
        for status in [200, 201, 202, 204] { #expect(verdict(status) == .delivered) }
        for status in [404, 408, 425, 429, 500, 502, 503, 504, 302, 101] {
            guard case .retry = verdict(status) else { return #expect(Bool(false), "\(status) passes") }
        }
        for status in [400, 409, 422, 499] {
            guard case .isolate(status, _) = verdict(status) else { return #expect(Bool(false), "\(status) isolates") }
        }
        for status in [401, 403, 405, 406, 407, 410, 411, 415, 426] {
            guard case .halt = verdict(status) else { return #expect(Bool(false), "\(status) halts") }
        }
        guard case .tooLarge = verdict(413) else { return #expect(Bool(false), "413 halves") }
    }
}
