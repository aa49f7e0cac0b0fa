/// What a peer speaks instead of syslog, seen on the first octets of its stream.
public enum ProtocolMistake: String, Sendable, CaseIterable, BitwiseCopyable {
    /// A TLS ClientHello on a listener without TLS.
    case tls
    /// An HTTP/1 request line, or the preface of HTTP/2.
    case http
    /// A PROXY protocol header, version 1 or 2.
    case proxy
    /// The version line of an SSH client.
    case ssh
    /// Control octets that no syslog sender begins with.
    case binary

    /// A stable code for logs and counters.
    public var code: String { rawValue }

    /// What the peer seems to do and what its operator, or this relay's, can do about it.
    public var remedy: String {
        switch self {
        case .tls:
            "the peer speaks TLS on a plain listener; point it at a TLS listener (usually port 6514), or turn TLS off "
                + "at the sender"
        case .http:
            "the peer sends HTTP; this port takes syslog only, so correct the port at the sender (or at the health "
                + "check that probes it)"
        case .proxy:
            "the peer sends a PROXY protocol header; turn it off at the load balancer (send-proxy, proxy_protocol)"
        case .ssh:
            "the peer speaks SSH; correct the port at the sender"
        case .binary:
            "the peer sends binary data that is not syslog; correct the port at the sender, or turn off its "
                + "compression or encryption"
        }
    }
}

// MARK: - Detection

extension ProtocolMistake {
    /// What can be said of a stream's first frame before it is known to be complete.
    enum Verdict: Equatable {
        case plausible
        case undecided
        case mistake(ProtocolMistake)
    }

    /// Octets of the first frame in which a control octet is held against the peer.
    private static let judgedOctets = 8

    /// Judges the first frame, which begins at `start`. `isStreamStart` says that not even an empty frame came before.
    static func judge(_ bytes: RawSpan, at start: Int, isStreamStart: Bool, isEnd: Bool) -> Verdict {
        let first = bytes.byte(start)
        if first == UInt8(ascii: "<") || first.isDigit { return .plausible }
        if isStreamStart, first == 0x0D {
            let signature: StaticString = "\r\n\r\n\0\r\nQUIT\n"
            let length = min(signature.utf8CodeUnitCount, bytes.byteCount - start)
            for index in 0..<length where unsafe bytes.byte(start + index) != signature.utf8Start[index] {
                return .plausible
            }
            return length == signature.utf8CodeUnitCount ? .mistake(.proxy) : isEnd ? .plausible : .undecided
        }
        if first == 0x16 {
            guard let second = bytes.byteIfPresent(start + 1) else { return isEnd ? .mistake(.binary) : .undecided }
            return .mistake(second == 0x03 ? .tls : .binary)
        }
        for index in start..<min(start + judgedOctets, bytes.byteCount) {
            let byte = bytes.byte(index)
            if byte == 0x0A || byte == 0 { break }
            // HT, CR and ESC (colours) are seen in honest text.
            if byte < 0x20 && byte != 0x09 && byte != 0x0D && byte != 0x1B { return .mistake(.binary) }
        }
        return .plausible
    }

    /// Judges the first frame once all of it is there, when it is a line of text.
    static func judge(line range: Range<Int>, _ bytes: RawSpan) -> ProtocolMistake? {
        guard bytes.byte(range.lowerBound).isUpper else { return nil }
        let line = bytes.extracting(range)
        if line.has("SSH-", at: 0) { return .ssh }
        if line.has("PROXY TCP", at: 0) || line.has("PROXY UNKNOWN", at: 0) { return .proxy }
        return isRequestLine(line) ? .http : nil
    }

    /// `METHOD SP target SP HTTP/x.y`.
    private static func isRequestLine(_ line: RawSpan) -> Bool {
        let version = line.byteCount - 8
        guard line.has("HTTP/", at: version), line.byte(version + 6) == UInt8(ascii: ".") else { return false }
        var method = 0
        while method < version, line.byte(method).isUpper { method += 1 }
        return method > 0 && method + 2 < version && line.byte(method) == 0x20 && line.byte(version - 1) == 0x20
    }
}
