import Ledger
import TestSupport
import Testing

@testable import Delivery

/// Closed files of an archive, compressed and removed.
@Suite struct ArchiveKeeperTests {
    private let temporary = TemporaryDirectory()
    private let system = FaultyFileSystem()

    private var folder: ArchiveFolder { ArchiveFolder(path: temporary.path("archive"), system: system) }
    private var names: [String] { TemporaryDirectory.names(in: temporary.path("archive")) }

    init() throws {
        try DiskFileSystem().makeDirectory(temporary.path("archive"))
    }

    /// A file of `count` records from `index` on; returns what is in it.
    @discardableResult
    private func write(_ index: UInt64, size: Int = 3000) -> String {
        let text = String(repeating: "record \(index)\n", count: size / 9)
        temporary.write("archive/waxwing-\(Self.digits(index)).log", text)
        return text
    }

    private static func digits(_ index: UInt64) -> String {
        String(repeating: "0", count: 20 - "\(index)".count) + "\(index)"
    }

    private func contents(_ index: UInt64) throws -> String {
        let file = temporary.path("archive/waxwing-\(Self.digits(index)).log.gz")
        return String(decoding: try gunzip(try #require(TemporaryDirectory.contents(file))), as: UTF8.self)
    }

    private func finish(_ keeper: inout ArchiveKeeper) throws {
        while keeper.isBusy { try keeper.step() }
    }

    @Test func closedFilesAreCompressed() throws {
        let texts = [write(0), write(7, size: 3 << 20), write(9)]
        write(12)
        var keeper = ArchiveKeeper(folder, ArchiveKeeper.Options(compresses: true))
        try keeper.noteClosed(before: 12)
        try finish(&keeper)
        #expect(
            names == [0, 7, 9].map { (index: UInt64) in "waxwing-\(Self.digits(index)).log.gz" } + [
                "waxwing-\(Self.digits(12)).log"
            ])
        #expect(try [0, 7, 9].map(contents) == texts)
    }

    /// One that is being compressed while another is closed is not begun again.
    @Test func closingDoesNotInterruptCompression() throws {
        write(0, size: 3 << 20)
        var keeper = ArchiveKeeper(folder, ArchiveKeeper.Options(compresses: true))
        try keeper.noteClosed(before: 1)
        var steps = 0
        while keeper.isBusy {
            try keeper.step()
            try keeper.noteClosed(before: 1)
            steps += 1
            try #require(steps < 10)
        }
        #expect(names == ["waxwing-\(Self.digits(0)).log.gz"])
    }

    @Test func oldestAreRemoved() throws {
        for index: UInt64 in [0, 3, 5, 8] { write(index) }
        var keeper = ArchiveKeeper(folder, ArchiveKeeper.Options(compresses: true, keeps: 2))
        try keeper.noteClosed(before: 8)
        try finish(&keeper)
        write(9)
        try keeper.noteClosed(before: 9)
        #expect(
            names == ["waxwing-\(Self.digits(5)).log.gz"]
                + [8, 9].map { (index: UInt64) in "waxwing-\(Self.digits(index)).log" })
    }

    @Test func withoutOptionsNothingIsTouched() throws {
        write(0)
        var keeper = ArchiveKeeper(folder, ArchiveKeeper.Options())
        try keeper.noteClosed(before: 5)
        #expect(!keeper.isBusy && names == ["waxwing-\(Self.digits(0)).log"])
        #expect(system.calls == 0)
    }

    /// Whichever call fails, and whether the process goes on or ends then: no record is ever gone.
    @Test func failureLosesNothing() throws {
        var call = 0
        while true {
            for name in names { try DiskFileSystem().remove(temporary.path("archive/\(name)")) }
            let text = write(0, size: 2 << 20)
            var keeper = ArchiveKeeper(folder, ArchiveKeeper.Options(compresses: true))
            system.fail(call..<Int.max)
            let failed: Bool
            do {
                try keeper.noteClosed(before: 1)
                try finish(&keeper)
                failed = false
            } catch { failed = true }
            let isThere = names.contains("waxwing-\(Self.digits(0)).log")
            #expect(try isThere || contents(0) == text, "call \(call)")
            system.fail(0..<0)
            var next = ArchiveKeeper(folder, ArchiveKeeper.Options(compresses: true))
            try next.noteClosed(before: 1)
            try finish(&next)
            #expect(names == ["waxwing-\(Self.digits(0)).log.gz"], "call \(call)")
            #expect(try contents(0) == text)
            guard failed else { return }
            call += 1
        }
    }
}
