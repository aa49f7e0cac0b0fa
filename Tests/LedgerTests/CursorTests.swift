import Testing

@testable import Ledger

@Suite struct CursorTests {
    private typealias Value = CursorFile.Value

    private func stored(_ values: [CursorFile.Value]) throws -> ModelFileSystem {
        let system = ModelFileSystem()
        var cursor = try CursorFile("/c", system)
        for value in values { try cursor.store(value) }
        return system
    }

    private func value(_ system: ModelFileSystem) throws -> CursorFile.Value? { try CursorFile("/c", system).value }

    @Test func aNewCursorHasNoValue() throws {
        #expect(try value(ModelFileSystem()) == nil)
    }

    @Test func theLastValueComesBack() throws {
        let values = (0..<7).map { CursorFile.Value(nextIndex: $0 * 1000, detail: .max - $0) }
        for count in 1...values.count { #expect(try value(stored(Array(values[..<count]))) == values[count - 1]) }
    }

    @Test func aValueMayGoBack() throws {
        #expect(try value(stored([Value(nextIndex: 9), Value(nextIndex: 3)])) == Value(nextIndex: 3))
    }

    @Test func theSameValueIsNotStoredAgain() throws {
        let system = try stored([Value(nextIndex: 1)])
        var cursor = try CursorFile("/c", system)
        let calls = system.callCount
        try cursor.store(Value(nextIndex: 1))
        #expect(system.callCount == calls)
    }

    @Test func aValueIsDurableWhenItIsStored() throws {
        let system = try stored([Value(nextIndex: 1), Value(nextIndex: 2)])
        try system.syncDirectory("/")
        #expect(try value(system.crashed()) == Value(nextIndex: 2))
    }

    /// Both slots are written in turn, so that whatever part of a write arrives, there is the value before or the new.
    @Test(arguments: 1...4)
    func aTornWriteLeavesTheValueBeforeIt(stores: Int) throws {
        let values = (1...5).map { CursorFile.Value(nextIndex: UInt64($0) << 8 | 0x5A, detail: 0xA5) }
        let before = try stored(Array(values[..<stores])).contents("/c")!
        let after = try stored(Array(values[...stores])).contents("/c")!
        let changed =
            before.count < after.count
            ? before.count..<after.count : (0..<after.count).filter { before[$0] != after[$0] }.span
        for length in 0...44 {
            let slot = changed.lowerBound / 512 * 512
            let system = try stored([])
            system.damage("/c") { bytes in
                bytes = before + [UInt8](repeating: 0, count: max(0, slot + length - before.count))
                bytes.replaceSubrange(slot..<slot + length, with: after[slot..<slot + length])
            }
            let found = try value(system)
            let isWhole = Array(system.contents("/c")!.prefix(slot + 44).suffix(44)) == Array(after[slot..<slot + 44])
            #expect(found == (isWhole ? values[stores] : values[stores - 1]), "\(length) bytes")
        }
    }

    @Test func aDamagedSlotLeavesTheOther() throws {
        let (older, newer) = (Value(nextIndex: 7, detail: 1), Value(nextIndex: 8, detail: 2))
        for (slot, left) in [(0, older), (1, newer)] {
            for position in 0..<44 {
                let system = try stored([older, newer])
                system.damage("/c") { $0[slot * 512 + position] ^= 0x10 }
                #expect(try value(system) == left, "slot \(slot), byte \(position)")
            }
        }
    }

    @Test func aCursorOfWhichNothingIsLeftHasNoValue() throws {
        for bytes in [[], [0], [UInt8](repeating: 0xFF, count: 5000), [UInt8](repeating: 0, count: 1024)] {
            let system = try stored([Value(nextIndex: 7), Value(nextIndex: 8)])
            system.damage("/c") { $0 = bytes }
            #expect(try value(system) == nil)
            var cursor = try CursorFile("/c", system)
            try cursor.store(Value(nextIndex: 9))
            #expect(try value(system) == Value(nextIndex: 9))
        }
    }

    @Test(arguments: [0, 1])
    func aStoreThatFailsIsAsIfItHadNotBeen(call: Int) throws {
        let system = try stored([Value(nextIndex: 7)])
        try system.syncDirectory("/")
        var cursor = try CursorFile("/c", system)
        system.fail(call..<call + 1)
        #expect(throws: FileError.self) { try cursor.store(Value(nextIndex: 8)) }
        #expect(cursor.value == Value(nextIndex: 7))
        #expect(try value(system.crashed()) == Value(nextIndex: 7))
        try cursor.store(Value(nextIndex: 9))
        #expect(try value(system) == Value(nextIndex: 9))
    }
}

extension [Int] {
    /// From the first to the last.
    fileprivate var span: Range<Int> { (first ?? 0)..<(last ?? -1) + 1 }
}
