// swift-tools-version: 6.2
import PackageDescription

/// Every Swift target is built with strict memory safety, and a warning ends the build.
let settings: [SwiftSetting] = [
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableExperimentalFeature("Lifetimes"),
]

func module(_ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
    .target(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: settings)
}

func tests(
    _ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = [], resources: [Resource] = []
) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: [.byName(name: name)] + dependencies, exclude: exclude,
        resources: resources,
        swiftSettings: settings)
}

func shim(_ name: String, libraries: [String] = []) -> Target {
    .target(name: name, path: "CModules/\(name)", linkerSettings: libraries.map { .linkedLibrary($0) })
}

let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
]
let tls: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let handshakes: Target.Dependency = .product(name: "NIOTLS", package: "swift-nio")
let http: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let embedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let capturedLog: Target.Dependency = .product(name: "InMemoryLogging", package: "swift-log")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let httpClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")
let database: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")

let package = Package(
    name: "waxwing",
    products: [
        .library(name: "Syslog", targets: ["Syslog"]),
        .library(name: "TransparencyLog", targets: ["TransparencyLog"]),
        .executable(name: "waxwing", targets: ["waxwing"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0", traits: []),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        // Formats: bytes in, values out. No I/O.
        module("Syslog", ["CScan"]),
        module("Filter"),
        module("TransparencyLog"),
        module("OpenSSL", ["COpenSSL", "TransparencyLog"]),
        module("Seal", ["Syslog", "TransparencyLog", "OpenSSL"]),
        module("Verify", ["Seal", "Syslog", "TransparencyLog", "OpenSSL", "CInflate", "CZstd"]),

        // The data plane: intake → batch → recognition → redaction → ledger → delivery.
        module("Batch", ["Syslog"]),
        module("GeoIP", ["Syslog", "CMaxMindDB"]),
        module(
            "Headscale", ["Batch", "Syslog", "GeoIP", "OpenSSL", "TransparencyLog", "CScan", "CCatalogue"],
            exclude: ["Catalogue/messages.tsv", "Catalogue/events.tsv", "Coverage/coverage.tsv"]),
        module("Redaction", ["Batch", "Syslog", "CPattern"]),
        module("Ledger", ["Batch", "Telemetry", "Seal", "Syslog", "TransparencyLog", "OpenSSL", "CFile", "CZstd"]),
        module("Intake", ["Batch", "Syslog", "Telemetry", "TLS", "CSocket", logging, handshakes] + nio),
        module(
            "Delivery",
            [
                "Batch", "Filter", "Ledger", "Telemetry", "TLS", "Seal", "Syslog", "OpenSSL", "TransparencyLog",
                "CDeflate", "CEscape", "CSocket", logging, handshakes, http,
            ] + nio),
        module("TLS", ["OpenSSL", tls, handshakes] + nio),

        // The control plane.
        module(
            "HeadscaleServer",
            [
                "Headscale", "Batch", "Syslog", "Telemetry", "TLS", "OpenSSL", "Yams", tls, handshakes, logging,
                httpClient,
                database, http,
            ] + nio),
        module("Settings", ["Yams", "Filter"]),
        module("Telemetry"),
        module(
            "Relay",
            [
                "Intake", "Batch", "Redaction", "Headscale", "HeadscaleServer", "GeoIP", "Ledger", "Delivery",
                "Settings",
                "Telemetry", "TLS", "Seal", "OpenSSL", "Verify", "TransparencyLog", "Syslog", logging, http,
            ] + nio),
        .executableTarget(
            name: "waxwing",
            dependencies: [
                "Relay", "Verify", "Settings", "Seal", "Syslog", "Headscale", "Redaction", "Batch", "Ledger",
                "Delivery",
                "TransparencyLog", "OpenSSL",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                httpClient,
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: settings),

        // C shims, each with one header that explains itself.
        shim("CScan"),
        shim("CEscape"),
        shim("CCatalogue"),
        shim("COpenSSL", libraries: ["crypto"]),
        shim("CSocket"),
        shim("CFile", libraries: ["isal"]),
        shim("CPattern", libraries: ["hs", "re2", "stdc++"]),
        shim("CInflate", libraries: ["isal"]),
        shim("CZstd", libraries: ["zstd"]),
        shim("CDeflate", libraries: ["isal"]),
        shim("CMaxMindDB", libraries: ["maxminddb"]),

        tests("Syslog", resources: [.copy("Corpus")]),
        tests("TransparencyLog"),
        tests("OpenSSL", ["TransparencyLog"]),
        tests("Seal", ["Syslog", "TransparencyLog", "OpenSSL"]),
        tests("Verify", ["Seal", "Syslog", "TransparencyLog", "OpenSSL"], resources: [.copy("Corpus")]),
        tests("Batch", ["Syslog"]),
        tests("Redaction", ["Batch", "Syslog"]),
        tests("Headscale", ["Batch", "Syslog", "OpenSSL"], resources: [.copy("Corpus")]),
        tests(
            "HeadscaleServer",
            ["Headscale", "Batch", "Syslog", "Telemetry", "TLS", "TestSupport", logging, database, http] + nio),
        tests(
            "Ledger", ["Batch", "Seal", "Syslog", "Telemetry", "TransparencyLog", "OpenSSL", "Verify", "TestSupport"]),
        tests("TLS", ["OpenSSL", "TestSupport", tls, handshakes] + nio),
        tests(
            "Intake",
            ["Batch", "Syslog", "Telemetry", "TLS", "TestSupport", tls, handshakes, logging, capturedLog, embedded]
                + nio),
        tests(
            "Delivery",
            [
                "Batch", "Ledger", "Seal", "OpenSSL", "Syslog", "Telemetry", "TLS", "TestSupport", tls, logging,
                capturedLog, embedded, http, "TransparencyLog", "Verify",
            ] + nio),
        tests("GeoIP", ["Syslog", "TestSupport"]),
        tests("Settings"),
        tests("Filter"),
        tests("Telemetry"),
        tests(
            "Relay",
            [
                "Settings", "Verify", "Ledger", "Seal", "OpenSSL", "Telemetry", "TestSupport", "Batch", "Delivery",
                "Headscale", "Redaction", "Syslog", logging,
            ] + nio),
        tests("waxwing", ["TestSupport", "TransparencyLog"], exclude: ["Golden", "Inputs"]),
        .target(
            name: "TestSupport", dependencies: ["Batch", "TLS", "CInflate", http] + nio, path: "Tests/TestSupport",
            swiftSettings: settings),
    ],
    cxxLanguageStandard: .cxx17
)

// `make fuzz` builds the fuzzers, which need libFuzzer's main function and coverage of everything they call.
if Context.environment["WAXWING_FUZZ"] != nil {
    for (name, modules) in [
        ("framing", ["Syslog"]), ("verify", ["Verify"]), ("headscale", ["Headscale", "Batch", "Syslog"]),
    ] {
        package.targets.append(
            .executableTarget(
                name: "fuzz-\(name)", dependencies: modules.map { .byName(name: $0) }, path: "Tests/Fuzz/\(name)",
                swiftSettings: settings + [.unsafeFlags(["-parse-as-library"])]))
    }
}

// `bench.py stages` measures the stages of the data plane one by one.
if Context.environment["WAXWING_BENCH"] != nil {
    package.targets.append(
        .executableTarget(
            name: "bench-stages",
            dependencies: ["Syslog", "Batch", "Headscale", "OpenSSL", "Redaction", "Seal", "Delivery"],
            path: "Tests/Bench/stages", swiftSettings: settings))
}
