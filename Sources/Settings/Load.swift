extension Settings {
    /// Bytes a configuration file may have.
    public static let sizeLimit = 1 << 20

    /// Reads and checks the file at `path`. Relative paths in it start from its folder.
    ///
    /// - Parameters:
    ///   - path: A regular file of at most ``sizeLimit`` bytes.
    ///   - environment: What `${NAME}` in values stands for.
    /// - Throws: Everything that is wrong with it, each with its position and what to do.
    public static func load(path: String, environment: [String: String]) throws(SettingsErrors) -> Settings {
        let bytes: [UInt8]
        do throws(FileContents.Failure) {
            bytes = try FileContents.read(path, limit: sizeLimit)
        } catch {
            throw SettingsErrors([
                SettingsError(error.code, at: FilePosition(file: path), error.message, remedy: error.remedy)
            ])
        }
        return try parse(
            try text(bytes, name: path), name: path, environment: environment, baseDirectory: folder(of: path))
    }

    /// Checks the text of a configuration file.
    ///
    /// - Parameters:
    ///   - text: YAML, at most ``sizeLimit`` bytes. Empty text means all defaults.
    ///   - name: What error messages call the file.
    ///   - environment: What `${NAME}` in values stands for.
    ///   - baseDirectory: The folder relative paths start from; empty for the working directory.
    /// - Throws: Everything that is wrong with it, each with its position and what to do.
    public static func parse(
        _ text: String, name: String = "waxwing.yaml", environment: [String: String] = [:], baseDirectory: String = ""
    ) throws(SettingsErrors) -> Settings {
        let start = FilePosition(file: name)
        guard text.utf8.count <= sizeLimit else {
            throw SettingsErrors([
                SettingsError(
                    .tooLarge, at: start, "the file is larger than \(Size.format(sizeLimit))",
                    remedy: "check that it is a Waxwing configuration")
            ])
        }
        var reader = YAMLReader(file: name)
        let root: YAMLNode?
        do {
            root = try reader.read(text.hasPrefix("\u{FEFF}") ? String(text.dropFirst()) : text)
        } catch {
            throw SettingsErrors(reader.errors + [error])
        }
        var base = baseDirectory[...]
        while base.count > 1, base.hasSuffix("/") { base = base.dropLast() }
        return try decode(
            root ?? YAMLNode(content: .mapping([]), position: start), at: start, readingErrors: reader.errors,
            Decoding(environment: environment, baseDirectory: base == "." ? "" : String(base)))
    }

    private static func decode(
        _ root: YAMLNode, at start: FilePosition, readingErrors: [SettingsError], _ decoding: Decoding
    ) throws(SettingsErrors) -> Settings {
        var decoding = decoding
        for error in readingErrors { decoding.report(error) }
        decoding.note("", at: start)
        var settings = Object<Settings>.settings.decode(root, "", &decoding)
        if decoding.positions["data"] == nil, let data = try? Paths.resolve(settings.data, from: decoding.baseDirectory)
        {
            settings.data = data
        }
        if case .generated = settings.stream.key {
            settings.stream.key = .generated(path: "\(settings.data)/keys/log.pem")
        }
        CrossChecks.run(settings, &decoding)
        guard decoding.errors.isEmpty else {
            throw SettingsErrors(decoding.errors, omittedCount: decoding.omittedCount)
        }
        settings.positions = decoding.positions
        return settings
    }

    private static func text(_ bytes: [UInt8], name: String) throws(SettingsErrors) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        let line = lines.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0
        throw SettingsErrors([
            SettingsError(
                .syntax, at: FilePosition(file: name, line: line + 1, column: 1), "the line is not UTF-8",
                remedy: "save the file as UTF-8")
        ])
    }

    private static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "" }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
