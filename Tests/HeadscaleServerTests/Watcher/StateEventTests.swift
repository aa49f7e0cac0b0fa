import TestSupport
import Testing

@testable import HeadscaleServer

struct StateEventTests {
    /// The watcher tells of nothing that the list of events does not have, and of all that the list says it tells of.
    @Test func eventsAreThoseOfTheList() throws {
        let root = "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
        let list = try #require(TemporaryDirectory.contents("\(root)/Sources/Headscale/Catalogue/events.tsv"))
        var listed: [String: String] = [:]
        for line in String(decoding: list, as: UTF8.self).split(separator: "\n") where !line.hasPrefix("#") {
            let columns = line.split(separator: "\t", omittingEmptySubsequences: false)
            guard columns.count > 4, columns[4].split(separator: " ").contains("watcher") else { continue }
            listed[String(columns[0])] = String(columns[2])
        }
        let told = Dictionary(uniqueKeysWithValues: StateEvent.allCases.map { ($0.rawValue, $0.category) })
        #expect(told == listed)
    }
}
