internal import Seal

// What stands where a record belongs and is none, and lines that an input begins or ends in the middle of.
extension Verifier {
    /// What makes the first or the last line of an input something else than a record, if it is that it was cut off.
    func cut(of line: RawSpan, _ reading: StreamLine, _ edges: LineEdges) -> ExportCut? {
        if case .record(let record) = reading, !record.hasIntruder { return nil }
        if edges.contains(.start), line.byteCount > 0, line[0] != UInt8(ascii: "<"), recogniser.hasTag(line) {
            return .firstLine
        }
        return edges.contains(.end) && StructuredData.breaksOff(line) ? .lastLine : nil
    }

    mutating func cut(_ cut: ExportCut, at position: SourcePosition) {
        report.cuts.append(VerifyReport.Cut(position: position, kind: cut))
        if cut != .block { report.isCut = true }
    }

    mutating func skip(_ problem: ExportProblem, _ bytes: RawSpan, at position: SourcePosition) {
        switch problem {
        case .oversize: takeOversize(bytes, at: position)
        case .strayDocument where !recogniser.hasTag(bytes), .documentWithoutRecord:
            report.foreign.append(position)
        case .malformedDocument, .strayDocument, .damagedBlock:
            report.unreadable.append(
                VerifyReport.Unreadable(file: position.file, position: position, reason: problem.explanation))
        }
    }

    /// Takes the beginning of a line that is longer than any record.
    private mutating func takeOversize(_ beginning: RawSpan, at position: SourcePosition) {
        // No record has these: the lines of this file end in something else than LF.
        if (0..<beginning.byteCount).contains(where: { beginning[$0] == 0 || beginning[$0] == 0x0D }) {
            report.unreadable.append(
                VerifyReport.Unreadable(
                    file: position.file, position: position, reason: "lines that end in CR or NUL; convert them to LF"))
            return
        }
        switch recogniser.read(beginning) {
        case .foreign: report.foreign.append(position)
        case .record(let record):
            report.tampered.append(
                Finding(
                    .intruder, records: record.index..<record.index + 1, position: position,
                    "record \(record.index) is longer than any relay writes"))
        case .damaged:
            report.tampered.append(
                Finding(
                    .identity, position: position,
                    "a line longer than any relay writes carries a damaged identity of this stream"))
        }
    }

    /// Notes a last line without an end. Returns true if it is a seal whose end is missing.
    mutating func admitLast(_ place: Int, _ gathered: GatheredRecord) -> Bool {
        guard gathered.seal >= 0 else {
            cutLines.add(CutLines.Line(index: gathered.index, position: gathered.position, bytes: bytes(place)))
            return false
        }
        // A seal says in its message what it says in front of it, and nothing else stands there.
        guard case .failure(SealError(.message, "")) = gatherer.seals[Int(gathered.seal)] else { return false }
        cut(.lastLine, at: gathered.position)
        return true
    }
}
