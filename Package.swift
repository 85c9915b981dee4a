// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let algorithms = Target.Dependency.product(name: "Algorithms", package: "swift-algorithms")
let log = Target.Dependency.product(name: "Logging", package: "swift-log")
let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")

// The commit, of a build that is given away: a daily build is not told, and need not be linked anew.
let commit = Context.environment["HYDRA_SINKS_COMMIT"].map {
  [CSetting.define("HYDRA_SINKS_COMMIT", to: $0)]
}

let package = Package(
  name: "hydra-sinks",
  products: [
    .library(name: "EventPersistence", targets: ["EventPersistence"]),
    .library(name: "EventPersistenceTesting", targets: ["EventPersistenceTesting"]),
    .executable(name: "hydra-sinks", targets: ["hydra-sinks"]),
  ],
  traits: [
    .default(enabledTraits: ["JetStream"]),
    .trait(name: "JetStream", description: "Secondaries of kind jetstream; needs libnats-dev."),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-algorithms", from: "1.2.1"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    // The combinator, and what any sink or source is tested with.
    .target(name: "EventPersistence", dependencies: [log, system], swiftSettings: strict),
    .target(
      name: "SecondaryStatus", dependencies: ["EventPersistence", log, system],
      swiftSettings: strict),
    .target(
      name: "EventArchive", dependencies: ["EventPersistence", algorithms], swiftSettings: strict),
    .target(
      name: "EventPersistenceTesting", dependencies: ["EventPersistence"], swiftSettings: strict),

    // The ledger's values in events, byte for byte.
    .target(name: "CardanoLedger", dependencies: ["CSodium"], swiftSettings: strict),

    // A hydra-node's persistence directory, and a simulated one.
    .target(name: "SQLite", dependencies: ["CSQLiteReadOnly"], swiftSettings: strict),
    .target(
      name: "HydraLog",
      dependencies: [
        "EventPersistence", "EventArchive", "CardanoLedger", "SQLite", "CSimdjson",
        "CSQLiteReadOnly", system,
      ],
      swiftSettings: strict),
    .target(
      name: "SimulatedNode",
      dependencies: ["EventPersistence", "SQLite", "CSodium"],
      swiftSettings: strict),

    // Sinks, a target each.
    .target(
      name: "FileSink",
      dependencies: [
        "EventPersistence", "EventArchive", "Compression", "CFile", algorithms, system,
      ],
      path: "Sources/Sinks/FileSink", swiftSettings: strict),
    .target(
      name: "CommandSink", dependencies: ["EventPersistence", "EventArchive", "CSpawn"],
      path: "Sources/Sinks/CommandSink",
      swiftSettings: strict),

    .target(
      name: "Compression", dependencies: ["CZstd", "CZlib"], path: "Sources/Sinks/Compression",
      swiftSettings: strict),
    .target(
      name: "S3Sink",
      dependencies: [
        "EventPersistence", "EventArchive", "Compression", "CCurl", "CCrypto", "CSpawn",
      ],
      path: "Sources/Sinks/S3Sink", swiftSettings: strict),
    .target(
      name: "FeedSink",
      dependencies: [
        "EventPersistence", "CardanoLedger", "Compression", "CSimdjson", "CSodium",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOWebSocket", package: "swift-nio"),
      ],
      path: "Sources/Sinks/FeedSink", swiftSettings: strict),
    .target(
      name: "JetStreamSink",
      dependencies: ["EventPersistence", "EventArchive", "HydraLog", "CNATS", "CSodium"],
      path: "Sources/Sinks/JetStreamSink", swiftSettings: strict),

    // What the clients of a node's API would do with a WebSocket's messages.
    .target(
      name: "FeedCheck",
      dependencies: [
        "EventPersistence", "CardanoLedger", "HydraLog", "FeedSink",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOWebSocket", package: "swift-nio"),
      ],
      swiftSettings: strict),

    // What the program says to people, and where it says it.
    .target(
      name: "Wording", dependencies: ["EventPersistence", "EventArchive", "SecondaryStatus"],
      swiftSettings: strict),

    // The dashboard: pure, and the terminal it is shown on.
    .target(
      name: "Dashboard", dependencies: ["EventPersistence", "SecondaryStatus", "Wording"],
      swiftSettings: strict),
    .target(
      name: "Terminal", dependencies: ["EventPersistence", "Dashboard", "Wording", "CNCurses"],
      swiftSettings: strict),

    // What `status` knows, for Prometheus.
    .target(
      name: "Metrics",
      dependencies: [
        "EventPersistence", "SecondaryStatus", "Yams",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
      ],
      swiftSettings: strict),

    // From a configuration to sources, sinks, drivers and watchers.
    .target(
      name: "Setup",
      dependencies: [
        "EventPersistence", "EventArchive", "SecondaryStatus", "HydraLog", "FileSink",
        "CommandSink", "S3Sink", "FeedSink", "Compression", "Metrics", "Wording", log, "Yams",
        .target(name: "JetStreamSink", condition: .when(traits: ["JetStream"])),
      ],
      swiftSettings: strict),

    // The program around the dashboard: polling, orders, the frame loop.
    .target(
      name: "DashboardHost",
      dependencies: [
        "EventPersistence", "EventArchive", "SecondaryStatus", "CardanoLedger", "HydraLog",
        "Wording", "Dashboard", "Terminal", "Setup", log,
      ],
      swiftSettings: strict),

    // The commands.
    .executableTarget(
      name: "hydra-sinks",
      dependencies: [
        "EventPersistence", "EventArchive", "SecondaryStatus", "HydraLog", "SimulatedNode",
        "CommandSink", "FeedSink", "FeedCheck", "Metrics", "Wording", "Dashboard", "Setup",
        "DashboardHost",
        "CBuild", log,
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),

    // A folder a target.
    .testTarget(
      name: "EventPersistenceTests",
      dependencies: ["EventPersistence", "EventPersistenceTesting", "SecondaryStatus", system],
      exclude: ["Scripts"], swiftSettings: strict),
    .testTarget(
      name: "EventArchiveTests",
      dependencies: ["EventArchive", "EventPersistence", "EventPersistenceTesting"],
      swiftSettings: strict),
    .testTarget(
      name: "SecondaryStatusTests",
      dependencies: ["SecondaryStatus", "EventPersistence", "EventPersistenceTesting", log],
      swiftSettings: strict),
    .testTarget(
      name: "CardanoLedgerTests", dependencies: ["CardanoLedger"], swiftSettings: strict),
    .testTarget(
      name: "HydraLogTests",
      dependencies: [
        "EventArchive", "CardanoLedger",
        "HydraLog", "EventPersistence", "EventPersistenceTesting", "SimulatedNode", "SQLite",
        system,
      ],
      exclude: ["Scripts"], swiftSettings: strict),
    .testTarget(
      name: "SimulatedNodeTests", dependencies: ["SimulatedNode", "EventPersistence", "SQLite"],
      swiftSettings: strict),
    .testTarget(
      name: "FileSinkTests",
      dependencies: [
        "FileSink", "Compression", "EventPersistence", "EventArchive", "EventPersistenceTesting",
      ],
      path: "Tests/Sinks/FileSinkTests", swiftSettings: strict),
    .testTarget(
      name: "CommandSinkTests",
      dependencies: ["EventArchive", "CommandSink", "EventPersistence", "EventPersistenceTesting"],
      path: "Tests/Sinks/CommandSinkTests", swiftSettings: strict),
    .testTarget(
      name: "CompressionTests", dependencies: ["Compression"], path: "Tests/Sinks/CompressionTests",
      swiftSettings: strict),
    .testTarget(
      name: "S3SinkTests",
      dependencies: [
        "S3Sink", "Compression", "EventPersistence", "EventArchive", "EventPersistenceTesting",
        "MotoServer",
      ],
      path: "Tests/Sinks/S3SinkTests", swiftSettings: strict),
    .testTarget(
      name: "FeedSinkTests",
      dependencies: [
        "EventArchive",
        "FeedSink", "CardanoLedger", "Compression", "EventPersistence", "EventPersistenceTesting",
        "HydraLog", "PythonPackages", "SimulatedNode", "Loopback",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
      ],
      path: "Tests/Sinks/FeedSinkTests", exclude: ["RealClients/client.py"],
      swiftSettings: strict),
    .testTarget(
      name: "FeedCheckTests",
      dependencies: [
        "FeedCheck", "FeedSink", "EventPersistence", "Loopback",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOWebSocket", package: "swift-nio"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "JetStreamSinkTests",
      dependencies: [
        "JetStreamSink", "EventPersistence", "EventArchive", "EventPersistenceTesting",
        "NATSServer", "Loopback", "CNATS", "CSodium",
      ],
      path: "Tests/Sinks/JetStreamSinkTests", swiftSettings: strict),
    .testTarget(
      name: "HistoryTests",
      dependencies: [
        "EventArchive", "FileSink", "S3Sink", "Compression", "HydraLog", "EventPersistence",
        "EventPersistenceTesting", "SimulatedNode", "SQLite", "MotoServer",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "WordingTests",
      dependencies: [
        "Wording", "SecondaryStatus", "EventArchive", "EventPersistence", "EventPersistenceTesting",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "DashboardTests",
      dependencies: [
        "Dashboard", "SecondaryStatus", "Wording", "EventPersistence", "EventPersistenceTesting",
      ],
      exclude: ["Frames"], swiftSettings: strict),
    .testTarget(
      name: "TerminalTests",
      dependencies: ["Terminal", "Dashboard", "Wording", "EventPersistence", "CNCurses"],
      swiftSettings: strict),
    .testTarget(
      name: "MetricsTests",
      dependencies: [
        "Metrics", "EventPersistence", "EventPersistenceTesting", "SecondaryStatus", "Yams",
        "Loopback",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "SetupTests",
      dependencies: [
        "Setup", "Wording", "SecondaryStatus", "EventPersistence", "EventPersistenceTesting",
        "HydraLog", "FeedSink", "FileSink", "S3Sink", "CommandSink", "Compression", "CSpawn",
        "NATSServer", log,
      ],
      swiftSettings: strict),
    .testTarget(
      name: "DashboardHostTests",
      dependencies: [
        "DashboardHost", "Setup", "Dashboard", "Terminal", "Wording", "SecondaryStatus",
        "EventPersistence", "EventPersistenceTesting", "HydraLog", "CSpawn",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "HydraSinksTests",
      dependencies: [
        "hydra-sinks", "Setup", "Wording", "SecondaryStatus", "EventArchive", "EventPersistence",
        "EventPersistenceTesting", "HydraLog", "Dashboard", "CSpawn", log,
      ],
      swiftSettings: strict),
    .testTarget(
      name: "EndToEndTests",
      dependencies: [
        "EventPersistence", "EventArchive", "SecondaryStatus", "EventPersistenceTesting", "S3Sink",
        "NATSServer", "MotoServer", "Loopback", "SQLite", "SimulatedNode",
      ],
      swiftSettings: strict),

    // What keeps the house as it is: it reads the sources.
    .testTarget(name: "TidyTests", swiftSettings: strict),

    // An S3 server that verifies signatures, for the tests.
    .target(
      name: "MotoServer", dependencies: ["PythonPackages"], path: "Tests/MotoServer",
      exclude: ["serve.py"], swiftSettings: strict),
    // What `Tests/run` installs from PyPI.
    .target(name: "PythonPackages", path: "Tests/PythonPackages", swiftSettings: strict),

    // Servers with JetStream, for the tests.
    .target(
      name: "NATSServer", dependencies: ["Loopback"], path: "Tests/NATSServer",
      swiftSettings: strict),
    .target(name: "Loopback", path: "Tests/Loopback", swiftSettings: strict),

    // What the fuzzers link, and what they share: `Tests/Fuzz/run` builds it.
    .target(
      name: "Fuzzing",
      dependencies: [
        "DashboardHost", "EventPersistence", "EventPersistenceTesting",
        .product(name: "NIOEmbedded", package: "swift-nio"),
      ],
      path: "Tests/Fuzz/Fuzzing", swiftSettings: strict),

    // System libraries, as thin as can be.
    .target(
      name: "CNCurses", path: "Sources/System/CNCurses",
      linkerSettings: [.linkedLibrary("ncursesw"), .linkedLibrary("tinfo")]),
    .target(
      name: "CSimdjson", path: "Sources/System/CSimdjson",
      cxxSettings: [.define("SIMDJSON_EXCEPTIONS", to: "0")],
      linkerSettings: [.linkedLibrary("simdjson")]),
    .target(
      name: "CCurl", path: "Sources/System/CCurl", linkerSettings: [.linkedLibrary("curl")]),
    .target(
      name: "CCrypto", path: "Sources/System/CCrypto", linkerSettings: [.linkedLibrary("crypto")]),
    .target(
      name: "CZstd", path: "Sources/System/CZstd", linkerSettings: [.linkedLibrary("zstd")]),
    .target(name: "CZlib", path: "Sources/System/CZlib", linkerSettings: [.linkedLibrary("z")]),
    .target(
      name: "CNATS", path: "Sources/System/CNATS", linkerSettings: [.linkedLibrary("nats")]),
    .target(
      name: "CSodium", path: "Sources/System/CSodium",
      linkerSettings: [.linkedLibrary("sodium")]),
    .target(name: "CSpawn", path: "Sources/System/CSpawn"),
    .target(name: "CFile", path: "Sources/System/CFile"),
    .target(name: "CBuild", path: "Sources/System/CBuild", cSettings: commit),
    .target(
      name: "CSQLiteReadOnly", path: "Sources/System/CSQLiteReadOnly",
      linkerSettings: [.linkedLibrary("sqlite3")]),
  ],
  cxxLanguageStandard: .cxx17
)
