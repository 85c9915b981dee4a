/// The modules from the ground up. A module imports those of the lines before its own, and no others of
/// ours; the sinks, which share a line, import no other sink.
enum ModuleOrder {
  static let lines: [[String]] = [
    [
      "CNCurses", "CCurl", "CCrypto", "CSimdjson", "CZstd", "CZlib", "CSodium", "CSpawn", "CNATS",
      "CBuild", "CSQLiteReadOnly",
    ],
    ["SQLite"],
    ["CardanoLedger"],
    ["EventPersistence"],
    ["EventArchive"],
    ["SecondaryStatus"],
    ["Metrics"],
    ["EventPersistenceTesting"],
    ["HydraLog"],
    ["SimulatedNode"],
    ["Compression"],
    ["FileSink", "S3Sink", "FeedSink", "CommandSink", "JetStreamSink"],
    ["FeedCheck"],
    ["Wording"],
    ["Dashboard"],
    ["Terminal"],
    ["Setup"],
    ["DashboardHost"],
    ["hydra-sinks"],
  ]

  static func line(of module: String) -> Int? { lines.firstIndex { $0.contains(module) } }
}
