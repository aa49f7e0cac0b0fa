extension Settings {
    /// The zone of time stamps that do not name theirs.
    public enum TimeZone: Sendable, Hashable, CustomStringConvertible {
        /// A fixed distance from UTC in seconds, east positive; less than a day.
        case offset(seconds: Int)
        /// A name of the IANA database, such as `Europe/Zurich`. Only its syntax was checked.
        case named(String)

        /// UTC.
        public static let utc = TimeZone.offset(seconds: 0)

        init?(_ text: String) {
            switch text {
            case "UTC", "Z", "GMT":
                self = .utc
            case _ where text.hasPrefix("+") || text.hasPrefix("-"):
                let bytes = Array(text.utf8)
                guard bytes.count == 6, bytes[3] == 0x3A,
                    [bytes[1], bytes[2], bytes[4], bytes[5]].allSatisfy({ isDigit($0) }),
                    let hours = Int(text.dropFirst().prefix(2)), let minutes = Int(text.suffix(2)), hours < 24,
                    minutes < 60
                else { return nil }
                self = .offset(seconds: (hours * 60 + minutes) * (bytes[0] == 0x2D ? -60 : 60))
            default:
                guard Self.isName(text) else { return nil }
                self = .named(text)
            }
        }

        /// As it is written in the configuration.
        public var description: String {
            switch self {
            case .named(let name): return name
            case .offset(0): return "UTC"
            case .offset(let seconds):
                let minutes = abs(seconds) / 60
                let digits = [minutes / 60, minutes % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
                return (seconds < 0 ? "-" : "+") + digits.joined(separator: ":")
            }
        }

        /// `Area/Location` with up to three parts, or a single word: names that stay within the zone database's folder.
        private static func isName(_ text: String) -> Bool {
            let parts = text.utf8.split(separator: 0x2F, omittingEmptySubsequences: false)
            return (1...3).contains(parts.count)
                && parts.allSatisfy { part in
                    (1...32).contains(part.count) && part.first.map { isLetter($0) } == true
                        && part.allSatisfy { isLetter($0) || isDigit($0) || [0x5F, 0x2B, 0x2D].contains($0) }
                }
        }
    }
}

extension Kind where Value == Settings.TimeZone {
    static let timeZone = Kind.scalar(
        "a time zone", example: "Europe/Zurich", name: "time_zone",
        schema: [
            "type": "string",
            "pattern": .text(
                JSON.pattern("[+-][0-9]{2}:[0-9]{2}|[A-Za-z][A-Za-z0-9_+-]{0,31}(?:/[A-Za-z][A-Za-z0-9_+-]{0,31}){0,2}")
            ),
        ]
    ) { text, _ throws(ScalarProblem) in
        guard let zone = Settings.TimeZone(text) else {
            throw ScalarProblem("is not a time zone", remedy: "write UTC, a name such as Europe/Zurich, or +hh:mm")
        }
        return zone
    } show: {
        .text($0.description)
    }
}
