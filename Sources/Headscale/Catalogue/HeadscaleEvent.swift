/// Something that can happen to a Headscale, by the name that it has in the parameter `event`.
public struct HeadscaleEvent: Sendable {
    /// Who reports an event.
    public enum Source: String, Sendable {
        /// Headscale, in words of its own.
        case log
        /// The access log of Headscale.
        case access
        /// Waxwing, which compares states of the server.
        case watcher
        /// Waxwing, which asks the server how it does.
        case health
    }

    /// `node.connected`.
    public let name: String
    /// The part of Headscale that it belongs to, for names of data sets.
    public let service: String
    public let category: String
    /// `any` if it depends on the record.
    public let outcome: String
    public let sources: [Source]
    public let meaning: String
    /// Where Headscale logs it in words of its own: `error 0.22-0.26, info 0.27-0.29`; empty if it does not.
    let logged: LoggedLevels

    /// All events, in the order of the table.
    public static let all: [HeadscaleEvent] = {
        do throws(EmbeddedTable.Fault) {
            return try read(events: .events(), messages: .messages())
        } catch {
            fatalError("\(error)")
        }
    }()

    static func read(
        events: EmbeddedTable, messages: EmbeddedTable
    ) throws(EmbeddedTable.Fault) -> [HeadscaleEvent] {
        var logged: [String: [LoggedLevels]] = [:]
        for row in messages.rows {
            guard let levels = LoggedLevels(row[3].string) else { throw messages.fault(row, "no levels and versions") }
            logged[row[0].string, default: []].append(levels)
        }
        var all: [HeadscaleEvent] = []
        for row in events.rows {
            let sources = row[4].string.split(separator: " ").map { Source(rawValue: String($0)) }
            guard !sources.contains(nil) else { throw events.fault(row, "no such source: \(row[4].string)") }
            all.append(
                HeadscaleEvent(
                    name: row[0].string, service: row[1].string, category: row[2].string, outcome: row[3].string,
                    sources: sources.compactMap(\.self), meaning: row[5].string,
                    logged: LoggedLevels(union: logged[row[0].string] ?? [])))
        }
        return all
    }
}

// MARK: - The page of the manual

extension HeadscaleEvent {
    /// docs/headscale-events.md, in Markdown.
    public static func page() -> String {
        let rows = all.map { event in
            "| `\(event.name)` | \(event.meaning) | \(event.category) | \(event.outcome) | \(event.reported) |"
        }
        return introduction + rows.joined(separator: "\n") + "\n"
    }

    /// By whom, at which level and from which versions on.
    private var reported: String {
        sources.map { source in
            switch source {
            case .log: logged.parts.isEmpty ? "log" : "\(logged)"
            case .access: "access log 0.29-0.30"
            case .watcher: "watcher"
            case .health: "health"
            }
        }.joined(separator: "; ")
    }

    private static let introduction = """
        # Events of Headscale

        What a record of Headscale tells is in its element `headscale@32473`: `event` is one of the names below,
        `category` and `outcome` say where it belongs and how it ended. Names do not change from one version of Waxwing to
        the next; new ones may come.

        This page is what `waxwing headscale events` prints. The names and what they mean are in
        `Sources/Headscale/Catalogue/events.tsv`, the messages of Headscale that tell them in `messages.tsv` beside it.

        - **Category** and **outcome** are those of most records; the record's own may differ. `any` is an outcome that
          depends on the record: the status of a request, the kind of detail.
        - **Reported by**: the levels at which Headscale has logged it in words of its own, with the versions (0.30 is the
          main branch, not released yet; `-` is a line without a level); its *access log*, which it has from 0.29 on, at
          level info; the *watcher*, which compares states of the server; the *health* checks. Records of the last two
          come from Waxwing itself.
        - `key.*` is about pre-auth keys, API keys and OAuth clients alike; the parameter `kind` says which.
        - A message that the catalogue does not have becomes `headscale.error`, `headscale.warning`, `headscale.message` or
          `headscale.detail` by its level, with a category by its words, and is counted.

        ## How messages are recognised

        The case of letters does not count, nor do up to four prefixes `something: ` in front of a message. In JSON the
        message is what stands in `message`, and each is recognised, whatever its values hold. In console text nothing
        stands between the message and the first field, and so there is one exception: a message that ends in a value
        (`user msg: %s`) ends at the first ` key=` with the name of one of its own fields or `error`. If the value itself
        holds such a thing (`… x error=1`), the rest of the value is taken for fields. Names that are not the message's own
        are left in the value, so that text of a client cannot pass for a field.

        Texts that many programs write (`invalid token`, `panic: …`, `http: TLS handshake error from …`) tell Headscale
        only under a tag of Headscale's, or with a field that has a name of Headscale's own (`client_address`, `node.id`);
        of those, what has fewer than 14 characters is not looked for behind a prefix.

        ## The list

        | event | what happened | category | outcome | reported by |
        |---|---|---|---|---|

        """
}
