import Glibc
import OpenSSL

/// The file of the HMAC ratchet's state: replaced as a whole, mode 0600.
enum RatchetFile {
    static func store(_ ratchet: SecretBytes, at path: String) throws(FileError) {
        do { try SecretFile.replace(path, ratchet) } catch { throw FileError("store", path, code: errno) }
    }
}
