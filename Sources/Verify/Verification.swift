internal import Glibc
internal import OpenSSL
internal import Seal
internal import TransparencyLog

/// What to verify, and against what.
public struct VerifyOptions: Sendable {
    /// The pinned key: a verifier key `ORIGIN+KEYID+BASE64`, or the contents of a file with one on a line of its own.
    /// A key found in the data is never trusted.
    public var key: String
    /// The contents of a file with the first MAC key, K_1: 32 bytes, 64 hexadecimal digits, or base64.
    public var macKey: [UInt8]?
    /// A directory with the relay's leaf hashes.
    public var hashes: String?
    /// The time the export is to reach, in milliseconds since 1970.
    public var until: Int64?
    /// How much older than ``until``, or than the present when records follow it, the newest seal may be, in
    /// milliseconds.
    public var lagLimit: Int64 = 5 * 60 * 1000
    /// A signed checkpoint (C2SP tlog-checkpoint) that the export must reach and agree with.
    public var head: String?
    /// Whether the export is a part: what is there is proved, and what is not is not missed.
    public var isSubset = false
    /// A file that gets the verified records, one on a line; `-` for standard output.
    public var output: String?
    /// The first index the export is to have. Without it an export that starts later, even where a batch starts, is
    /// incomplete: that records were there before is what its own numbers say.
    public var start: UInt64 = 0
    /// The present time in milliseconds since 1970, or nil for the system's clock.
    public var now: Int64?

    public init(key: String) {
        self.key = key
    }
}

/// Verifies exports: the whole of it, from files to report.
public enum Verification {
    /// Reads `inputs`, any number of files in any order that together are one export, and says what they prove.
    ///
    /// Throws only if the question makes no sense (``VerificationError``); an input that cannot be read is a finding.
    /// If records are repeated so far apart that they could not be compared, files are read a second time. Where an
    /// input cannot be, leaf hashes are kept in a file without a name: 64 bytes a record, of the newest 64 Mi records.
    public static func run(_ options: VerifyOptions, _ inputs: [ExportInput]) throws(VerificationError) -> VerifyReport
    {
        var question = try question(options, inputs)
        let writer = try options.output.map { path throws(VerificationError) in
            try VerifiedWriter(path: path, inputs: inputs)
        }
        var verifier = try make(options, question, inputs, writer)
        read(inputs, &verifier)
        verifier.flush()
        if verifier.isSearching {
            // Nothing was verified until then, so nothing is lost by beginning again with all keys.
            (question.keys, question.maySearch) = (verifier.keys, false)
            verifier = try make(options, question, inputs, writer)
            read(inputs, &verifier)
        }
        verifier.finish()
        question.keys = verifier.keys
        try settle(&verifier, question, inputs)
        if options.isSubset, options.head == nil, verifier.signedSize == 0 {
            verifier.report.notes.append(
                "there is no seal in the export to prove it by; a signed head takes its place (--head)")
        }
        judgeAge(options, &verifier)
        return verifier.report
    }

    /// The question that `options` ask, with the keys that are needed to understand it.
    private static func question(
        _ options: VerifyOptions, _ inputs: [ExportInput]
    ) throws(VerificationError) -> Verifier.Options {
        let pinned = try verifier(options.key)
        var question = Verifier.Options(origin: pinned.origin, keys: KeyChain(pinned))
        question.start = options.start
        question.isSubset = options.isSubset
        question.maySearch = inputs.allSatisfy(\.isRereadable)
        guard let text = options.head else { return question }
        question.head = try head(text, question.keys)
        if question.head == nil, question.maySearch {
            // Another key of the log may have signed it.
            var search = try make(question)
            search.isSearching = true
            read(inputs, &search)
            (question.keys, question.maySearch) = (search.keys, false)
            question.head = try head(text, question.keys)
        }
        guard question.head != nil else {
            throw VerificationError(
                .head, "the head cannot be used: it is not signed by \(pinned.name)+\(VerifierKey.text(pinned.keyID))")
        }
        return question
    }

    /// A verifier with all that `options` give it.
    private static func make(
        _ options: VerifyOptions, _ question: Verifier.Options, _ inputs: [ExportInput], _ writer: VerifiedWriter?
    ) throws(VerificationError) -> Verifier {
        let codes = try options.macKey.map { bytes throws(VerificationError) in try macKey(bytes) }
        // What cannot be read again is kept in mind.
        var verifier = try make(question, inputs.allSatisfy(\.isRereadable) ? nil : LeafSpool())
        verifier.codes = codes.flatMap { CodeCheck(firstKey: $0) }
        if let path = options.hashes {
            verifier.leafHashes = try LeafHashDirectory(path: path)
        } else if options.isSubset {
            throw VerificationError(
                .hashes, "a subset is proved by the relay's leaf hashes; say where they are (--hashes)")
        }
        verifier.writer = writer
        verifier.texts = writer.map { _ in LeafStore() }
        verifier.report.origin = question.origin.text
        verifier.report.key = question.keys.pinned.description
        return verifier
    }

    private static func make(
        _ question: Verifier.Options, _ spool: LeafSpool? = nil
    ) throws(VerificationError) -> Verifier {
        do throws(OpenSSLError) {
            return try Verifier(question, spool: spool)
        } catch {
            throw VerificationError(.library, error.description)
        }
    }

    private static func read(_ inputs: [ExportInput], _ verifier: inout Verifier) {
        for (file, input) in inputs.enumerated() {
            var source = VerifyReport.Source(name: input.name)
            do throws(ExportError) {
                try ExportReader.read(input, file: file, into: &verifier) { summary in
                    source.format = summary.format
                    source.compression = summary.compression
                }
            } catch {
                verifier.report.unreadable.append(
                    VerifyReport.Unreadable(file: file, position: error.position, reason: error.reason))
            }
            verifier.report.sources.append(source)
        }
    }

    /// Reads the inputs again if something is open that a second reading can answer.
    private static func settle(
        _ verifier: inout Verifier, _ question: Verifier.Options, _ inputs: [ExportInput]
    ) throws(VerificationError) {
        var open = verifier.unsettled
        guard !open.isEmpty else { return }
        if inputs.allSatisfy(\.isRereadable) {
            var second = try make(question)
            open.sort()
            second.recheck = open
            read(inputs, &second)
            second.finish()
            open = second.recheck
            verifier.report.duplicates += open.duplicates
            for conflict in open.conflicts { verifier.report.conflicts.append(conflict) }
            for finding in open.findings { verifier.report.tampered.append(finding) }
        }
        for line in open.cuts.all {
            if line.isBeginning {
                verifier.cut(.lastLine, at: line.position)
            } else {
                verifier.report.conflicts.append(
                    Conflict(index: line.index, truth: nil, isDecided: true, others: Listing([line.position])))
            }
        }
        verifier.report.unresolved = UInt64(open.recordCount)
        if open.recordCount > 0 {
            verifier.report.notes.append(
                "repeated records were too far apart to be compared: give the export as files"
            )
        }
    }

    private static func judgeAge(_ options: VerifyOptions, _ verifier: inout Verifier) {
        verifier.report.until = options.until.map { SealTime(clamping: $0) }
        guard let last = verifier.segments.all.last else { return }
        guard let seal = last.lastSeal?.record else {
            // What ends in a damaged seal has no time to go by.
            verifier.report.isStale = !options.isSubset && (options.until != nil || verifier.report.hasUnsealedTail)
            return
        }
        let now = options.now ?? Int64(time(nil)) * 1000
        verifier.report.newestSeal = VerifyReport.NewestSeal(
            number: seal.number, size: seal.size, time: seal.time, age: now - seal.time.milliseconds)
        guard !options.isSubset else { return }
        // Records that nobody has sealed after all this time are not waiting for a seal: anybody may have added them.
        guard let due = options.until ?? (verifier.report.hasUnsealedTail ? now : nil) else { return }
        verifier.report.isStale = seal.time.milliseconds < due - options.lagLimit
    }

    // MARK: - Keys and heads

    /// The pinned key in `text`: the text itself, or a line of it.
    private static func verifier(_ text: String) throws(VerificationError) -> LogVerifier {
        let lines = text.split(whereSeparator: \.isNewline).map(trimmed).filter { !$0.isEmpty && !$0.hasPrefix("#") }
        guard lines.count == 1, let line = lines.first else {
            throw VerificationError(
                .key, "the key is to be one verifier key, ORIGIN+KEYID+BASE64, on a line of its own")
        }
        do throws(SealError) {
            return try LogVerifier(parsing: line)
        } catch {
            throw VerificationError(.key, error.reason)
        }
    }

    /// The checkpoint in `text`; nil if none of `keys` signed it.
    private static func head(_ text: String, _ keys: KeyChain) throws(VerificationError) -> Checkpoint? {
        do throws(TransparencyLogError) {
            let note = try SignedNote(parsing: Array(text.drop { $0 == "\u{FEFF}" }.utf8))
            let place = keys.keys.firstIndex { key in
                note.signatures.contains { $0.name == key.name && $0.keyID == key.keyID }
            }
            guard let place else { return nil }
            try note.verify(by: keys.keys[place])
            let head = try Checkpoint(parsing: note.text)
            guard head.origin == keys.pinned.origin.text else {
                throw TransparencyLogError(.malformedCheckpoint, "the head is of the log \(head.origin)")
            }
            guard head.size == 0 || keys.sizes(place).contains(head.size) else {
                throw TransparencyLogError(.invalidSignature, "its key had been replaced at that size")
            }
            return head
        } catch {
            throw VerificationError(.head, "the head cannot be used: \(error.reason)")
        }
    }

    private static func macKey(_ bytes: [UInt8]) throws(VerificationError) -> SecretBytes {
        if bytes.count == HMACKey.byteCount { return unsafe SecretBytes(bytes.span.bytes) }
        let text = trimmed(String(decoding: bytes, as: UTF8.self)[...])
        guard let key = Hash(hex: text) ?? Hash(base64: text) else {
            throw VerificationError(.macKey, "a MAC key has 32 bytes, or these in hexadecimal or base64")
        }
        return key.withBytes { SecretBytes($0) }
    }

    private static func trimmed(_ text: Substring) -> String {
        // A byte order mark in front is no part of the text.
        let start = text.drop { $0.isWhitespace || $0 == "\u{FEFF}" }
        let count = start.reversed().prefix { $0.isWhitespace }.count
        return String(start.dropLast(count))
    }
}
