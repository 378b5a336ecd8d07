// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
/// RSA.
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
/// With libyaml, whose events TaskFiles reads.
let yaml = Target.Dependency.product(name: "Yams", package: "Yams")
let sqlite = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let web = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")

let package = Package(
    name: "slipway",
    products: [
        .executable(name: "slipway", targets: ["slipway"]),
        .executable(name: "slipway-server", targets: ["slipway-server"]),
        .executable(name: "slipway-agent", targets: ["slipway-agent"]),
    ],
    dependencies: [
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    ],
    targets: [
        // System libraries
        .systemLibrary(name: "CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CLzma", pkgConfig: "liblzma", providers: [.apt(["liblzma-dev"])]),
        .systemLibrary(name: "CGit2", pkgConfig: "libgit2", providers: [.apt(["libgit2-dev"])]),

        // Words
        .target(name: "TaskModel", swiftSettings: strict),
        .target(name: "TaskFiles", dependencies: ["TaskModel", crypto, yaml], swiftSettings: strict),

        // Keys of users of ssh, and the agent that signs with them
        .target(name: "SSHKeys", dependencies: [crypto, cryptoExtras], swiftSettings: strict),

        // Clients of the world outside
        .target(name: "CurlHTTP", dependencies: ["CCurl"], swiftSettings: strict),
        .target(
            name: "Contexts",
            dependencies: ["CArchive", "CGit2", "CLzma", "CurlHTTP", "TaskModel", crypto],
            swiftSettings: strict
        ),
        .target(name: "Distribution", dependencies: ["CurlHTTP", "TaskModel", crypto], swiftSettings: strict),
        .target(
            name: "DockerEngine",
            dependencies: [
                "Contexts", "CurlHTTP", "TaskModel", crypto,
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            exclude: ["Protos"],
            swiftSettings: strict
        ),

        // What the programs count, for Prometheus
        .target(name: "PrometheusText", dependencies: [metrics], swiftSettings: strict),

        // Servers of git repositories: what they send, their hooks and statuses
        .target(name: "Forges", dependencies: ["CurlHTTP", "TaskModel", crypto], swiftSettings: strict),

        // Our own two protocols
        .target(name: "ResourceAPI", dependencies: ["CurlHTTP", "TaskModel"], swiftSettings: strict),
        .target(name: "AgentProtocol", dependencies: ["CurlHTTP", "TaskModel"], swiftSettings: strict),

        // Server
        .target(name: "Storage", dependencies: ["TaskModel", sqlite, crypto], swiftSettings: strict),
        .target(
            name: "Scheduling",
            dependencies: [
                "AgentProtocol", "Contexts", "CurlHTTP", "Distribution", "Forges", "Storage", "TaskFiles", "TaskModel",
                crypto, lifecycle, logging, metrics,
            ],
            swiftSettings: strict
        ),
        .target(
            name: "RegistryGateway", dependencies: ["CurlHTTP", "Distribution", "TaskModel", crypto],
            swiftSettings: strict),
        .target(
            name: "WebServer",
            dependencies: [
                "AgentProtocol", "CurlHTTP", "Forges", "PrometheusText", "RegistryGateway", "ResourceAPI", "Scheduling",
                "Storage",
                "TaskModel", web, crypto, lifecycle, logging,
                .product(name: "HummingbirdTLS", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "JWTKit", package: "jwt-kit"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: strict
        ),

        // Agents
        .target(
            name: "BuildAgent",
            dependencies: [
                "AgentProtocol", "Contexts", "CurlHTTP", "Distribution", "DockerEngine", "SSHKeys", "TaskFiles",
                "TaskModel", lifecycle, logging,
            ],
            path: "agents/Sources/BuildAgent",
            swiftSettings: strict
        ),

        // Executables: argument parsing and wiring only
        .executableTarget(
            name: "slipway",
            dependencies: [
                "BuildAgent", "Contexts", "CurlHTTP", "DockerEngine", "ResourceAPI", "SSHKeys", "TaskFiles",
                "TaskModel", arguments, logging,
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "slipway-server",
            dependencies: [
                "AgentProtocol", "BuildAgent", "Contexts", "CurlHTTP", "Distribution", "DockerEngine", "Forges",
                "PrometheusText", "RegistryGateway", "ResourceAPI", "Scheduling",
                "Storage", "TaskModel", "WebServer", "Yams", arguments, crypto, lifecycle, logging,
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"),
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "slipway-agent",
            dependencies: [
                "AgentProtocol", "BuildAgent", "CurlHTTP", "DockerEngine", arguments, lifecycle, logging, web,
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            path: "agents/Sources/slipway-agent",
            swiftSettings: strict
        ),

        // Tests
        .target(name: "TestSupport", dependencies: ["TaskModel"], path: "Tests/TestSupport", swiftSettings: strict),
        .testTarget(name: "PrometheusTextTests", dependencies: ["PrometheusText", metrics], swiftSettings: strict),
        .testTarget(name: "TaskModelTests", dependencies: ["TaskModel"], swiftSettings: strict),
        .testTarget(
            name: "TaskFilesTests", dependencies: ["TaskFiles", "TaskModel", "TestSupport"], swiftSettings: strict),
        .testTarget(name: "SSHKeysTests", dependencies: ["SSHKeys", "TestSupport", crypto], swiftSettings: strict),
        .testTarget(name: "CurlHTTPTests", dependencies: ["CurlHTTP", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "ContextsTests", dependencies: ["Contexts", "CurlHTTP", "TaskModel", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "FuzzingTests",
            dependencies: [
                "Contexts", "CurlHTTP", "DockerEngine", "Forges", "SSHKeys", "TaskFiles", "TaskModel",
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            path: "Tests/Fuzzing",
            exclude: ["Drivers", "corpus", "run.sh"], swiftSettings: strict),
        .testTarget(
            name: "DistributionTests", dependencies: ["CurlHTTP", "Distribution", "TaskModel", "TestSupport", crypto],
            swiftSettings: strict),
        .testTarget(
            name: "DockerEngineTests",
            dependencies: [
                "Contexts", "CurlHTTP", "DockerEngine", "TaskModel", "TestSupport",
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ForgesTests", dependencies: ["CurlHTTP", "Forges", "TaskModel", "TestSupport", crypto],
            exclude: ["Payloads"], swiftSettings: strict),
        .testTarget(
            name: "ResourceAPITests", dependencies: ["CurlHTTP", "ResourceAPI", "TaskModel", "TestSupport"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "SlipwayCommandTests",
            dependencies: [
                "Contexts", "CurlHTTP", "ResourceAPI", "SSHKeys", "TaskFiles", "TaskModel", "TestSupport", "slipway",
                arguments,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "StorageTests", dependencies: ["Storage", "TaskModel", "TestSupport", sqlite, crypto],
            swiftSettings: strict),
        .testTarget(
            name: "SchedulingTests",
            dependencies: [
                "AgentProtocol", "Contexts", "CurlHTTP", "Distribution", "Forges", "PrometheusText", "Scheduling",
                "Storage",
                "TaskModel", "TestSupport", crypto, logging, sqlite,
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "AgentProtocolTests",
            dependencies: [
                "AgentProtocol", "CurlHTTP", "Scheduling", "Storage", "TaskModel", "TestSupport", "WebServer", crypto,
                logging, web,
                .product(name: "HummingbirdTesting", package: "hummingbird"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "RegistryGatewayTests",
            dependencies: ["CurlHTTP", "Distribution", "RegistryGateway", "TaskModel", "TestSupport", crypto],
            swiftSettings: strict),
        .testTarget(
            name: "WebServerTests",
            dependencies: [
                "AgentProtocol", "CurlHTTP", "Distribution", "Forges", "PrometheusText", "RegistryGateway",
                "ResourceAPI",
                "Scheduling", "Storage",
                "TaskModel", "TestSupport", "WebServer", crypto, logging, web,
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "JWTKit", package: "jwt-kit"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "BuildAgentTests",
            dependencies: [
                "AgentProtocol", "BuildAgent", "Contexts", "CurlHTTP", "Distribution", "DockerEngine", "SSHKeys",
                "TaskFiles", "TaskModel", "TestSupport", crypto, logging,
            ],
            swiftSettings: strict),
        .testTarget(name: "SlipwayAgentTests", dependencies: ["slipway-agent", arguments], swiftSettings: strict),
        .testTarget(
            name: "ServerConfigurationTests",
            dependencies: [
                "AgentProtocol", "CurlHTTP", "Forges", "Storage", "TaskModel", "TestSupport", "WebServer",
                "slipway-server",
                arguments, crypto, logging,
            ],
            swiftSettings: strict
        ),
    ],
    swiftLanguageModes: [.v6]
)
