internal import Seal
internal import TransparencyLog

// The report for people: one line for each thing to say, the kind of thing first.
extension VerifyReport {
    /// The report in lines, the last of which is the result. Categories with nothing in them are left out.
    public var lines: [String] { rawLines.map(\.printable) }

    private var rawLines: [String] {
        var lines: [String] = []
        for source in sources { lines.append("READ \(source.name): \(describe(source))") }
        lines.append(verifiedLine)
        if isSubset { lines.append("SUBSET completeness was not asked for") }
        lines += listed("TAMPERED", tampered) { describe($0) }
        lines += listed("CONFLICT", conflicts) { describe($0) }
        lines += stretchLine("MISSING", missing)
        lines += stretchLine("UNVERIFIED", unverified, "for want of what is missing")
        if duplicates > 0 { lines.append("DUPLICATE \(counted(duplicates, "record")) repeated, identical") }
        if unresolved > 0 {
            lines.append("UNRESOLVED \(counted(unresolved, "repeated record")) not compared with the first")
        }
        lines += foreignLine
        lines += stretchLine("UNSEALED TAIL", unsealedTail, "behind the newest seal")
        lines += listed("UNREADABLE", unreadable) { "\(place($0.file, $0.position)): \($0.reason)" }
        lines += listed("CUT", cuts) { cut in
            // How much of the packed file there is does not show in what was in it.
            "\(place(cut.position.file, [.gzip, .zstd].contains(cut.kind) ? nil : cut.position)) \(cut.kind.explanation)"
        }
        lines += keyLines
        lines += unknownKeys.items.map {
            let seals = $0.count == 1 ? "1 seal is" : "\($0.count) seals are"
            return "UNKNOWN KEY \(seals) signed by key \(VerifierKey.text($0.element)), not by the pinned one"
        }
        if unknownKeys.omitted > 0 {
            lines.append("UNKNOWN KEY \(counted(unknownKeys.omitted, "more seal")) signed by other keys")
        }
        if verifiedRecords > 0 { lines += sealLines }
        lines += headLine
        if let outputFailure { lines.append("OUTPUT \(outputFailure)") }
        lines += notes.map { "NOTE \($0)" }
        lines.append("RESULT \(outcome.exitCode) \(outcome.phrase)\(exception)")
        return lines
    }

    /// The ``lines``, each with its line end.
    public var text: String { lines.map { "\($0)\n" }.joined() }

    // MARK: - Lines

    /// What a good result does not cover.
    private var exception: String {
        guard outcome == .complete, hasUnsealedTail else { return "" }
        return ", but for \(counted(unsealedTail.count, "record")) not sealed yet"
    }

    private var verifiedLine: String {
        guard verifiedRecords > 0 else { return "VERIFIED nothing" }
        let bridged = bridgedBatches > 0 ? ", \(counted(bridgedBatches, "stretch", "stretches")) bridged" : ""
        let places = isSubset ? "" : ": \(describe(verifiedRanges))"
        let batches = counted(verifiedBatches, "batch", "batches")
        return "VERIFIED \(counted(verifiedRecords, "record")) in \(batches)\(bridged)\(places)"
    }

    private var sealLines: [String] {
        var lines = [
            "DROPS \(dropped > 0 ? counted(dropped, "record") : "no records") lost before sealing, as the seals say"
        ]
        lines.append("CLOCK \(clockSteps > 0 ? counted(clockSteps, "step") : "no steps") backwards")
        if let codes { lines.append("MAC \(describe(codes))") }
        if let newestSeal {
            let age =
                newestSeal.age > -1000
                ? "\(Self.duration(max(0, newestSeal.age))) ago" : "\(Self.duration(-newestSeal.age)) in the future"
            lines.append(
                "NEWEST SEAL \(newestSeal.number) at \(newestSeal.time), \(age), \(counted(newestSeal.size, "record"))")
        }
        if isStale {
            lines.append(
                "STALE the newest seal is too long before "
                    + (until.map(\.description) ?? "the present for records to follow it unsealed"))
        }
        return lines
    }

    /// Who signed what, if the key was replaced.
    private var keyLines: [String] {
        guard keys.count > 1 else { return [] }
        return keys.map { use in
            let part = use.records.map {
                "sealed \($0.lowerBound)..\($0.upperBound - 1) in \(counted(use.seals, "batch", "batches"))"
            }
            let end = use.replacedAt.map { ", replaced by record \($0)" } ?? ""
            let trust = use.isPinned ? ", pinned" : ""
            return "KEY \(VerifierKey.text(use.keyID)) \(part ?? "sealed nothing here")\(end)\(trust)"
        }
    }

    private var headLine: [String] {
        switch head {
        case .none: []
        case .agrees(let size): ["HEAD the export agrees with the head of \(counted(size, "record"))"]
        case .notReached(let size): ["HEAD the export is not verified up to the head's \(counted(size, "record"))"]
        case .differs(let size): ["HEAD the export has another root than the head at \(counted(size, "record"))"]
        }
    }

    private var foreignLine: [String] {
        guard !foreign.isEmpty else { return [] }
        let places = foreign.items.map { place($0.file, $0) }.joined(separator: ", ")
        let more = foreign.omitted > 0 ? " and \(foreign.omitted) more" : ""
        return ["FOREIGN \(counted(foreign.total, "line")) without an identity of this stream: \(places)\(more)"]
    }

    private func listed<Element>(_ kind: String, _ listing: Listing<Element>, _ text: (Element) -> String) -> [String] {
        listing.items.map { "\(kind) \(text($0))" }
            + (listing.omitted > 0 ? ["\(kind) and \(listing.omitted) more"] : [])
    }

    private func stretchLine(_ kind: String, _ stretch: Stretch, _ remark: String? = nil) -> [String] {
        guard stretch.count > 0 else { return [] }
        let remark = remark.map { " \($0)" } ?? ""
        return ["\(kind) \(counted(stretch.count, "record"))\(remark): \(describe(stretch.ranges))"]
    }

    // MARK: - Words

    private func describe(_ source: Source) -> String {
        guard let format = source.format else {
            return unreadable.items.contains { sources[$0.file].name == source.name } ? "unreadable" : "empty"
        }
        return format.name + (source.compression.map { ", \($0.rawValue)" } ?? "")
    }

    private func describe(_ finding: Finding) -> String {
        let position = finding.position.map { " (\(place($0.file, $0)))" } ?? ""
        return finding.detail + position
    }

    private func describe(_ conflict: Conflict) -> String {
        let omitted = conflict.others.omitted > 0 ? " and \(conflict.others.omitted) more" : ""
        let others = conflict.others.items.map { place($0.file, $0) }.joined(separator: ", ") + omitted
        guard conflict.isDecided else { return "record \(conflict.index) is there in different versions: \(others)" }
        let truth = conflict.truth.map { "true is \(place($0.file, $0)), " } ?? "the true one was read before, "
        return "record \(conflict.index) is there in different versions: \(truth)false is \(others)"
    }

    private func describe(_ codes: CodeResult) -> String {
        var parts = ["\(codes.valid) valid"]
        if !codes.invalid.isEmpty {
            let numbers = codes.invalid.items.map(String.init).joined(separator: ", ")
            let more = codes.invalid.omitted > 0 ? " and \(codes.invalid.omitted) more" : ""
            let doubt = codes.valid == 0 ? "; is this the right MAC key?" : ""
            parts.append("\(codes.invalid.total) WRONG (seals \(numbers)\(more))\(doubt)")
        }
        if codes.absent > 0 { parts.append("\(codes.absent) seals without one") }
        if codes.unchecked > 0 { parts.append("\(codes.unchecked) not checked") }
        return parts.joined(separator: ", ")
    }

    private func describe(_ ranges: Listing<Range<UInt64>>) -> String {
        let parts = ranges.items.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)..\($0.upperBound - 1)" }
        return parts.joined(separator: ", ") + (ranges.omitted > 0 ? " and \(ranges.omitted) more ranges" : "")
    }

    /// `export.log:17`, or `export.bin, octet 4711`.
    private func place(_ file: Int, _ position: SourcePosition?) -> String {
        guard file < sources.count else { return "file \(file + 1)" }
        guard let position else { return sources[file].name }
        let isLine = sources[file].format?.unit != "octet"
        return isLine ? "\(sources[file].name):\(position.number)" : "\(sources[file].name), octet \(position.number)"
    }

    private func counted(_ count: UInt64, _ one: String, _ many: String? = nil) -> String {
        "\(count) \(count == 1 ? one : many ?? one + "s")"
    }

    /// A time span in its two largest units.
    static func duration(_ milliseconds: Int64) -> String {
        let seconds = milliseconds / 1000
        switch seconds {
        case ..<60: return "\(seconds) s"
        case ..<3600: return "\(seconds / 60) min \(seconds % 60) s"
        case ..<86_400: return "\(seconds / 3600) h \(seconds / 60 % 60) min"
        default: return "\(seconds / 86_400) d \(seconds / 3600 % 24) h"
        }
    }
}

extension String {
    /// The text without characters that do something to a terminal or to the direction of what follows: those are
    /// written as Unicode escapes.
    var printable: String {
        guard unicodeScalars.contains(where: \.isControl) else { return self }
        return unicodeScalars.reduce(into: "") { text, scalar in
            if scalar.isControl {
                text += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
    }
}

extension Unicode.Scalar {
    fileprivate var isControl: Bool {
        switch value {
        case 0..<0x20, 0x7F..<0xA0, 0x061C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}

extension VerifyReport.Outcome {
    /// What it means, in a few words.
    public var phrase: String {
        switch self {
        case .complete: "verified and complete"
        case .tampered: "tampered"
        case .incomplete: "incomplete"
        case .unverifiable: "cannot verify"
        }
    }
}
