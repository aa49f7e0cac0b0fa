import Delivery
import Ledger
import Logging
import NIOCore
import OpenSSL
import Seal
import Settings
import TLS
import Telemetry

/// Makes destinations over HTTP of their settings.
struct HTTPDestinationSetup {
    enum Dialect {
        case splunk(SplunkDialect)
        case elasticsearch(ElasticsearchDialect)
        case webHook(WebHookDialect)
    }

    private(set) var options: HTTPDestinationOptions
    let dialect: Dialect

    /// Opens the files that `settings` name; nil for a destination of another kind.
    init?(_ settings: Settings.Destination, tag: LogTag) throws {
        switch settings.kind {
        case .tls, .tcp, .file: return nil
        case .splunk(let splunk):
            options = try Self.options(settings.name, splunk.client)
            dialect = .splunk(try Self.splunk(splunk, tag))
        case .elasticsearch(let elasticsearch):
            var options = try Self.options(settings.name, elasticsearch.client)
            options.transport.answerOctets = ElasticsearchDialect.answerOctets
            self.options = options
            dialect = .elasticsearch(try Self.elasticsearch(elasticsearch, tag))
        case .http(let hook):
            var options = try Self.options(settings.name, hook.client)
            // What is below the base is all of the path here.
            for place in options.nodes.indices { options.nodes[place].basePath = "" }
            self.options = options
            dialect = .webHook(try Self.webHook(hook, tag))
        }
        options.filter = settings.filter?.record
    }

    func make(
        ledger: LedgerAccess, cursor: consuming CursorFile, deadLetters: any DeadLetterStore,
        on eventLoop: any EventLoop,
        registry: MetricsRegistry, counters: DestinationCounters, logger: Logger
    ) -> any ResendingDestination {
        let httpCounters = HTTPDestinationCounters(registry, destination: options.name)
        switch dialect {
        case .splunk(let dialect):
            return HTTPDestination(
                options, dialect, ledger: ledger, cursor: cursor, start: 0, deadLetters: deadLetters, on: eventLoop,
                counters: counters, httpCounters: httpCounters, logger: logger)
        case .elasticsearch(let dialect):
            return HTTPDestination(
                options, dialect, ledger: ledger, cursor: cursor, start: 0, deadLetters: deadLetters, on: eventLoop,
                counters: counters, httpCounters: httpCounters, logger: logger)
        case .webHook(let dialect):
            return HTTPDestination(
                options, dialect, ledger: ledger, cursor: cursor, start: 0, deadLetters: deadLetters, on: eventLoop,
                counters: counters, httpCounters: httpCounters, logger: logger)
        }
    }

    // MARK: - Dialects

    private static func splunk(_ settings: Settings.Splunk, _ tag: LogTag) throws(OpenSSLError) -> SplunkDialect {
        var options = SplunkDialect.Options(token: try HTTPSecret(file: settings.tokenFile), log: "\(tag)")
        options.acknowledgements = settings.acknowledgements
        options.isCompressed = settings.client.isCompressed
        options.host = RecordTemplate(settings.host)
        options.source = RecordTemplate(settings.source)
        options.sourcetype = RecordTemplate(settings.sourcetype)
        options.index = RecordTemplate(settings.index)
        return SplunkDialect(options)
    }

    private static func elasticsearch(
        _ settings: Settings.Elasticsearch, _ tag: LogTag
    ) throws(OpenSSLError) -> ElasticsearchDialect {
        var options = ElasticsearchDialect.Options(
            dataStream: settings.dataStream, tag: tag, observer: (LogIdentity.hostname(), Version.text))
        options.isCompressed = settings.client.isCompressed
        if let file = settings.apiKeyFile { options.credentials = .apiKey(try HTTPSecret(file: file)) }
        if let user = settings.user, let file = settings.passwordFile {
            options.credentials = .basic(user: user, password: try HTTPSecret(file: file))
        }
        return ElasticsearchDialect(options)
    }

    private static func webHook(_ settings: Settings.WebHook, _ tag: LogTag) throws(OpenSSLError) -> WebHookDialect {
        var options = WebHookDialect.Options(path: settings.client.urls.first?.path ?? "", log: "\(tag)")
        if !options.path.hasPrefix("/") { options.path = "/" + options.path }
        options.isCompressed = settings.client.isCompressed
        switch settings.format {
        case .ndjson: options.format = .ndjson
        case .jsonArray: options.format = .jsonArray
        case .lines: options.format = .lines
        }
        for field in settings.headers {
            if let file = field.valueFile { options.fields.append((field.name, .secret(try HTTPSecret(file: file)))) }
            if let value = field.value { options.fields.append((field.name, .text(value))) }
        }
        if let file = settings.hmacKeyFile { options.signature = BodySignature(try MACKeyFile.read(file)) }
        return WebHookDialect(options)
    }

    // MARK: - Servers

    static func options(_ name: String, _ client: Settings.HTTPClient) throws(TLSError) -> HTTPDestinationOptions {
        var nodes: [HTTPNode] = []
        for url in client.urls {
            nodes.append(
                HTTPNode(
                    host: url.host, port: url.port, basePath: url.path,
                    tls: url.isSecure ? try tlsContext(client, serverName: client.serverName ?? url.host) : nil))
        }
        var options = HTTPDestinationOptions(name: name, nodes: nodes)
        options.transport.connect = TimeAmount(client.connectTimeout)
        options.transport.handshake = TimeAmount(client.connectTimeout)
        options.transport.request = TimeAmount(client.requestTimeout)
        return options
    }

    private static func tlsContext(_ client: Settings.HTTPClient, serverName: String) throws(TLSError) -> TLSContext {
        try TLSContext.client(
            client.identity.map { CertificateFiles(certificateFile: $0.certificateFile, keyFile: $0.keyFile) },
            server: PeerRequirement(
                authorityFile: client.authorityFile, fingerprints: client.fingerprints.map(CertificateFingerprint.init),
                serverName: serverName))
    }
}

extension RecordTemplate {
    init(_ settings: Settings.Template) {
        self.init(
            settings.parts.map { part in
                switch part {
                case .text(let text): .text(text)
                case .field(let field): .field(Field(field))
                }
            })
    }
}

extension RecordTemplate.Field {
    init(_ settings: Settings.Template.Field) {
        switch settings {
        case .hostname: self = .hostname
        case .appName: self = .appName
        case .procID: self = .procID
        case .msgID: self = .msgID
        case .facility: self = .facility
        case .severity: self = .severity
        }
    }
}
