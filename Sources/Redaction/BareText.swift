/// A value without quotes: it ends where the text around it plausibly goes on, not at every punctuation mark, because
/// passwords contain those.
enum BareText {
    /// The end of the value that begins at `start`. Backslashes that escape a quote behind it are not part of it.
    static func end(_ bytes: RawSpan, from start: Int, limit: Int) -> Int {
        var at = start
        while at < limit {
            let byte = bytes.byte(at)
            if byte == UInt8(ascii: "\\") {
                let run = bytes.backslashes(from: at, to: limit)
                if isEnd(bytes, escapedAt: at + run, backslashes: run, limit: limit) { return at }
                at += run
            } else if ends(bytes, byte, at, limit) {
                return at
            } else {
                at += 1
            }
        }
        return limit
    }

    /// Whether a value ends before the run of `backslashes` in front of `offset`.
    private static func isEnd(_ bytes: RawSpan, escapedAt offset: Int, backslashes: Int, limit: Int) -> Bool {
        guard offset < limit else { return false }
        switch bytes.byte(offset) {
        case UInt8(ascii: "\""):
            return true
        case UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return backslashes == 1
        default:
            return bytes.has("u0026", at: offset)
        }
    }

    /// Whether a value ends before `byte`, which stands at `at`.
    private static func ends(_ bytes: RawSpan, _ byte: UInt8, _ at: Int, _ limit: Int) -> Bool {
        switch byte {
        case 0x20, 0x09, UInt8(ascii: "\""):
            return true
        case UInt8(ascii: "'"), UInt8(ascii: "`"):
            return at + 1 == limit || bytes.byte(at + 1).isClosing
        case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"):
            return at + 1 == limit || bytes.byte(at + 1).isClosing
        case UInt8(ascii: ","), UInt8(ascii: ";"):
            return at + 1 == limit || !bytes.byte(at + 1).isPassword || isName(bytes, at + 1, limit)
        case UInt8(ascii: "&"):
            return at + 1 == limit || isName(bytes, at + 1, limit) || bytes.has("amp;", at: at + 1)
        case UInt8(ascii: "#"):
            return bytes.has("#012", at: at) || bytes.has("#015", at: at) || bytes.has("#011", at: at)
        case UInt8(ascii: "<"):
            return bytes.has("</", at: at)
        default:
            return false
        }
    }

    /// Whether `name=` or `name:` stands at `start`, its quote included.
    private static func isName(_ bytes: RawSpan, _ start: Int, _ limit: Int) -> Bool {
        var at = start
        while at < limit, at - start < 64, bytes.byte(at).isWord || bytes.byte(at) == 0x2D || bytes.byte(at) == 0x2E {
            at += 1
        }
        return at > start && at < limit && (bytes.byte(at) == UInt8(ascii: "=") || bytes.byte(at) == UInt8(ascii: ":"))
    }
}

extension UInt8 {
    /// A byte that can follow a closing bracket or quote.
    fileprivate var isClosing: Bool {
        switch self {
        case 0x20, 0x09, UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: ":"), UInt8(ascii: "."), UInt8(ascii: ")"),
            UInt8(ascii: "]"), UInt8(ascii: "}"), UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "\\"):
            true
        default:
            false
        }
    }

    /// A byte that goes on with a password behind a comma.
    fileprivate var isPassword: Bool {
        switch self {
        case 0x20, 0x09, UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "\\"), UInt8(ascii: "{"),
            UInt8(ascii: "["):
            false
        default:
            true
        }
    }
}
