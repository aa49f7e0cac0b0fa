import NIOSSL

extension TLSConfiguration {
    /// How a Headscale server's certificate is checked: by name, and with the authorities in `authorityFile` (PEM) and no
    /// others; without a file, with the system's. Throws if the file cannot be used: there is no falling back.
    static func headscale(authorityFile: String?) throws(ServerError) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = .fullVerification
        configuration.minimumTLSVersion = .tlsv12
        guard let authorityFile else { return configuration }
        do {
            let authorities = try NIOSSLCertificate.fromPEMFile(authorityFile)
            guard !authorities.isEmpty else { throw ServerError("\(authorityFile): there is no certificate in it") }
            configuration.trustRoots = .certificates(authorities)
            return configuration
        } catch let error as ServerError {
            throw error
        } catch {
            throw ServerError("\(authorityFile) is not a readable PEM file of CA certificates: \(error)")
        }
    }
}
