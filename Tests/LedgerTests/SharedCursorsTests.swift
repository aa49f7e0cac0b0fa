import TestSupport
import Testing

@testable import Ledger

/// The cursors of a destination whose records are divided among several collectors.
@Suite struct SharedCursorsTests {
    private let folder = TemporaryDirectory()
    private var layout: Layout { Layout("\(folder.path)/ledger") }

    init() throws {
        let system = DiskFileSystem()
        try system.makeDirectory(layout.directory)
        try system.makeDirectory(layout.cursors)
    }

    private func store(_ name: String, _ index: UInt64) throws {
        var file = try CursorFile(layout.cursor(name))
        try file.store(CursorFile.Value(nextIndex: index, detail: 1))
    }

    /// The cursors there are, with their indexes.
    private func cursors() throws -> [String: UInt64] {
        var cursors: [String: UInt64] = [:]
        for name in try DiskFileSystem().list(layout.cursors) {
            cursors[name] = try CursorFile("\(layout.cursors)/\(name)").value?.nextIndex ?? 0
        }
        return cursors
    }

    @Test func aNewDestinationBeginsWithNone() throws {
        #expect(try SharedCursors.prepare("siem", shares: 1, layout) == ["siem"])
        #expect(try SharedCursors.prepare("other", shares: 2, layout) == ["other.1-of-2", "other.2-of-2"])
        #expect(try cursors().isEmpty)
    }

    @Test func whatIsThereAndFitsIsLeftAlone() throws {
        try store("siem.1-of-2", 70)
        try store("siem.2-of-2", 50)
        try store("siem-b", 3)
        #expect(try SharedCursors.prepare("siem", shares: 2, layout) == ["siem.1-of-2", "siem.2-of-2"])
        #expect(try cursors() == ["siem.1-of-2.cursor": 70, "siem.2-of-2.cursor": 50, "siem-b.cursor": 3])
    }

    /// A sender may go to another collector than before: nothing of it may be left out there.
    @Test(arguments: [(["siem"], 2), (["siem.1-of-2", "siem.2-of-2"], 3), (["siem.1-of-2", "siem.2-of-2"], 1)])
    func anotherCountBeginsWithTheFirstThatAnyMayNotHave(former: [String], shares: Int) throws {
        for (place, name) in former.enumerated() { try store(name, 50 + 20 * UInt64(place)) }
        try store("siem-b", 3)
        let names = try SharedCursors.prepare("siem", shares: shares, layout)
        var expected = Dictionary(uniqueKeysWithValues: names.map { ("\($0).cursor", UInt64(50)) })
        expected["siem-b.cursor"] = 3
        #expect(try cursors() == expected)
    }

    /// The process may have ended when some of the new cursors were there already.
    @Test func aChangeThatWasInterruptedIsMadeUpFor() throws {
        try store("siem", 50)
        try store("siem.1-of-2", 50)
        _ = try SharedCursors.prepare("siem", shares: 2, layout)
        #expect(try cursors() == ["siem.1-of-2.cursor": 50, "siem.2-of-2.cursor": 50])
    }
}
