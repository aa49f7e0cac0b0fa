import Glibc
public import Ledger
import OpenSSL
public import Seal
public import Settings

/// Who the log is: its origin, its key and its MAC ratchet, loaded, or made at the first start.
public struct LogIdentity: ~Copyable {
    public let key: LogKey
    /// The HMAC ratchet, if the stream has one.
    public var ratchet: Ratchet?
    /// Whether the key was made just now.
    public let isNew: Bool

    /// Loads what `settings` name. With `creating`, a key that is not there is made; otherwise nothing is written.
    /// Throws an error that names the file or the key of the configuration.
    public init(_ settings: Settings, creating: Bool) throws {
        let layout = Layout(settings.data)
        let (key, isNew) = try Self.key(settings, layout, creating: creating)
        let ratchet = try Self.ratchet(settings, layout)
        self.key = key
        self.isNew = isNew
        self.ratchet = ratchet
    }

    /// The log's key, and whether it was made just now.
    static func key(_ settings: Settings, _ layout: Layout, creating: Bool) throws -> (key: LogKey, isNew: Bool) {
        let origin = try Self.origin(settings, layout)
        let (privateKey, isNew) = try Self.privateKey(settings, layout, creating: creating)
        return (try LogKey(origin: origin, privateKey: privateKey), isNew)
    }

    /// The configured origin; else that of the ledger that is there; else the machine's name.
    public static func origin(_ settings: Settings, _ layout: Layout) throws -> Origin {
        if let text = settings.stream.origin { return try Origin(text) }
        return try storedOrigin(layout) ?? Origin("\(hostname())/waxwing")
    }

    /// The origin of the ledger that is there, nil if there is none.
    static func storedOrigin(_ layout: Layout) throws -> Origin? {
        try OriginFile.origin(layout)
    }

    /// The machine's name, in the characters that HOSTNAME and an origin may have.
    public static func hostname() -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        unsafe gethostname(&buffer, buffer.count - 1)
        let name = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }.filter(isHostnameCharacter)
        return name.isEmpty ? "localhost" : String(decoding: name.prefix(120), as: UTF8.self)
    }

    private static func isHostnameCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    /// What the key's file is encrypted with.
    static func passphrase(_ settings: Settings) throws -> SecretBytes? {
        try settings.stream.keyPassphraseFile.map { path in try SecretFile.read(path).withoutLineEnd() }
    }

    private static func privateKey(
        _ settings: Settings, _ layout: Layout, creating: Bool
    ) throws -> (Ed25519PrivateKey, Bool) {
        let passphrase = try passphrase(settings)
        switch settings.stream.key {
        case .file(let path): return (try Ed25519PrivateKey.load(path, passphrase: passphrase), false)
        case .store(let uri): return (try Ed25519PrivateKey.load(uri, passphrase: passphrase), false)
        case .generated(let path):
            let system = DiskFileSystem()
            if system.exists(path) { return (try Ed25519PrivateKey.load(path, passphrase: passphrase), false) }
            guard !system.exists(layout.origin) else {
                throw LedgerError(
                    .file, "\(path) is missing, but \(layout.directory) holds a log that it signed: put the key back")
            }
            let key = try Ed25519PrivateKey.generate()
            guard creating else { return (key, true) }
            for folder in [layout.directory, layout.keys] { try system.makeDirectory(folder) }
            try key.create(at: path, passphrase: passphrase)
            return (key, true)
        }
    }

    /// The stored ratchet, or a new one from K_1.
    static func ratchet(_ settings: Settings, _ layout: Layout) throws -> Ratchet? {
        if DiskFileSystem().exists(layout.ratchet) {
            return try Ratchet(restoring: try SecretFile.read(layout.ratchet))
        }
        guard let path = settings.stream.macKeyFile else { return nil }
        return Ratchet(key: try MACKeyFile.read(path))
    }

    /// Writes the file with the public key, unless it is there. To be called once the ledger has accepted the key.
    public func publish(_ layout: Layout) throws {
        let system = DiskFileSystem()
        for folder in [layout.directory, layout.keys] { try system.makeDirectory(folder) }
        let file = try system.open(layout.publicKey, .updateOrCreate)
        let text = Array("\(key.verifierKey)\n".utf8)
        guard try file.contents() != text else { return }
        try file.truncate(to: 0)
        try file.write(text, at: 0)
        try file.sync()
    }
}
