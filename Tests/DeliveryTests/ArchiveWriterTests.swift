import Ledger
import TestSupport
import Testing

@testable import Delivery

/// The files of an archive, through failures and crashes.
@Suite struct ArchiveWriterTests {
    private let ledger: TestLedger
    private let lines: [String]
    private let system = FaultyFileSystem()

    private var folder: String { ledger.folder.path("archive") }

    init() throws {
        ledger = try TestLedger(sealAfter: 7)
        for _ in 0..<10 { ledger.append(6) }
        ledger.close()
        lines = try ledger.lines()
    }

    private func writer(rotate: UInt64 = 1500, interval: UInt64? = nil) throws(FileError) -> ArchiveWriter {
        let cursor = try CursorFile(ledger.folder.path("archive.cursor"), system)
        let index = cursor.value?.nextIndex ?? 0
        return try ArchiveWriter(
            ArchiveFolder(path: folder, system: system), ArchiveWriter.Rotation(bytes: rotate, interval: interval),
            cursor: cursor, from: index)
    }

    /// Copies what is left, and syncs after every third block and at the end.
    private func copy(_ writer: ArchiveWriter, blocks: Int = .max) throws {
        var reader = try ledger.access.makeReader(from: writer.nextIndex)
        var count = 0
        while count < blocks, let block = try reader.peek() {
            try writer.append(block, from: &reader)
            count += 1
            if count % 3 == 0 { try writer.sync() }
        }
        if blocks == .max { try writer.sync() }
    }

    private func contents(_ name: String) -> String {
        String(decoding: TemporaryDirectory.contents("\(folder)/\(name)") ?? [], as: UTF8.self)
    }

    /// Checks that the files, one after the other, are the ledger's lines, and that each begins with the record it is
    /// named after and ends with a seal.
    private func expectWhole(_ comment: String = "", _ place: SourceLocation = #_sourceLocation) {
        var index = 0
        for name in TemporaryDirectory.names(in: folder) {
            let text = contents(name)
            let found = text.split(separator: "\n").map(String.init)
            #expect(
                name == "waxwing-\(String(repeating: "0", count: 20 - "\(index)".count))\(index).log",
                "\(comment)", sourceLocation: place)
            #expect(
                text.hasSuffix("\n") && found == Array(lines[min(index, lines.count)...].prefix(found.count)),
                "\(comment)", sourceLocation: place)
            #expect(found.last?.hasPrefix("<110>1 ") == true, "\(comment)", sourceLocation: place)
            index += found.count
        }
        #expect(index == lines.count, "\(comment)", sourceLocation: place)
    }

    @Test func filesHoldWholeBatchesAndAreNamedAfterTheirFirstRecord() throws {
        try copy(try writer())
        expectWhole()
        #expect(TemporaryDirectory.names(in: folder).count > 3)
    }

    /// Each stretch of time has files of its own, which hold whole batches, also when the writer is another one.
    @Test(arguments: [1, 3, 10, 1000], [1, 4, Int.max])
    func filesEndWhereAStretchOfTimeEnds(interval: UInt64, blocks: Int) throws {
        var reader = try ledger.access.makeReader(from: 0)
        var (starts, times, hasEnded) = ([UInt64](), [UInt64: UInt64](), false)
        while let block = try reader.peek() {
            times[block.firstIndex] = block.writtenAt
            if starts.isEmpty || hasEnded && block.writtenAt / interval > times[starts.last!]! / interval {
                starts.append(block.firstIndex)
            }
            hasEnded = block.endsBatch
            var memory = [UInt8](repeating: 0, count: BlockHeader.size + block.payloadLength)
            _ = try unsafe memory.withUnsafeMutableBytes { unsafe try reader.read(block, into: $0) }
        }
        while true {
            let writer = try writer(rotate: 1 << 20, interval: interval)
            if let index = writer.fileIndex, let time = times[index] { writer.noteFileTime(time) }
            guard writer.nextIndex < lines.count else { break }
            try copy(writer, blocks: blocks)
            try writer.sync()
        }
        expectWhole()
        let found = TemporaryDirectory.names(in: folder).compactMap { UInt64($0.dropFirst(8).dropLast(4)) }
        // A writer does not know whether the one before it had ended a batch, so a file may be begun a batch later.
        #expect(blocks == .max ? found == starts : Set(found).count <= starts.count && found.first == 0)
    }

    @Test func aWriterGoesOnWithTheNewestFile() throws {
        for blocks in 1...8 {
            let writer = try writer()
            try copy(writer, blocks: blocks)
            try writer.sync()
        }
        try copy(try writer())
        expectWhole()
    }

    @Test func whatWasWrittenAndNotSyncedIsWrittenAgain() throws {
        let first = try writer(rotate: 1 << 20)
        try copy(first, blocks: 5)
        let name = try #require(TemporaryDirectory.names(in: folder).first)
        let length = contents(name).utf8.count
        try copy(try writer(rotate: 1 << 20))
        #expect(TemporaryDirectory.names(in: folder) == [name] && contents(name).utf8.count > length)
        expectWhole()
    }

    @Test func aTornTailIsCutOff() throws {
        let first = try writer(rotate: 1 << 20)
        try copy(first, blocks: 3)
        let name = try #require(TemporaryDirectory.names(in: folder).first)
        ledger.folder.write("archive/\(name)", contents(name) + "<14>1 2026-11-23T06:15:0")
        try copy(try writer(rotate: 1 << 20))
        expectWhole()
    }

    /// Somebody ships the files away while the relay is down: the older ones are not to be touched.
    @Test func anOlderFileIsNotTakenForOneThatIsGone() throws {
        for blocks in 4...9 {
            let first = try writer()
            try copy(first, blocks: blocks)
            try first.sync()
            let names = TemporaryDirectory.names(in: folder)
            let kept = names.dropLast().map(contents)
            #expect(!kept.isEmpty)
            try DiskFileSystem().remove("\(folder)/\(names[kept.count])")
            let second = try writer()
            let next = Int(second.nextIndex)
            try copy(second)
            #expect(names.dropLast().map(contents) == kept, "after \(blocks) blocks")
            let later = TemporaryDirectory.names(in: folder).dropFirst(kept.count)
            #expect(later.map(contents).joined() == lines[next...].map { $0 + "\n" }.joined())
            try reset()
        }
    }

    @Test func aFileThatIsShorterThanItWasIsLeftAndANewOneBegun() throws {
        let first = try writer(rotate: 1 << 20)
        try copy(first, blocks: 6)
        let name = try #require(TemporaryDirectory.names(in: folder).first)
        ledger.folder.write("archive/\(name)", "cut\n")
        let second = try writer(rotate: 1 << 20)
        let next = Int(second.nextIndex)
        try copy(second)
        let names = TemporaryDirectory.names(in: folder)
        #expect(names.count == 2 && contents(name) == "cut\n")
        #expect(contents(names[1]) == lines[next...].map { $0 + "\n" }.joined())
    }

    // MARK: - Failing calls

    /// Every single call fails once; the writer rewinds and goes on.
    @Test func afterAnyFailedCallTheFilesAreWhole() throws {
        for call in 0..<(try callCount()) {
            try reset()
            let writer = try writer()
            system.fail(call..<call + 1)
            var failures = 0
            while true {
                do {
                    try copy(writer)
                    break
                } catch {
                    failures += 1
                    #expect((error as? FileError)?.code == FaultyFileSystem.code)
                    writer.rewind()
                }
            }
            #expect(failures == 1, "call \(call)")
            expectWhole("call \(call)")
        }
    }

    /// From some call on every call fails, and then the process ends; the next one goes on.
    @Test func afterACrashAtAnyCallTheFilesAreWhole() throws {
        for call in 0..<(try callCount()) {
            try reset()
            let first = try writer()
            system.fail(call..<Int.max)
            #expect(throws: FileError.self) { try copy(first) }
            system.fail(0..<0)
            try copy(try writer())
            expectWhole("call \(call)")
        }
    }

    /// The calls that a copy without failures makes.
    private func callCount() throws -> Int {
        let writer = try writer()
        system.fail(0..<0)
        try copy(writer)
        return system.calls
    }

    private func reset() throws {
        system.fail(0..<0)
        for name in TemporaryDirectory.names(in: folder) { try DiskFileSystem().remove("\(folder)/\(name)") }
        try DiskFileSystem().remove(ledger.folder.path("archive.cursor"))
    }
}
