package import EventPersistence
package import Metrics
package import SecondaryStatus

/// The configuration: one node, its secondaries, and its alarms; or several nodes.
///
/// All paths are absolute. Values come from a YAML file, from `--dir` and `--sink`, or from both.
package struct Configuration: Sendable, Hashable {
  /// The file that it was read from, if any.
  package var file: String?
  /// As configured and resolved; nil if the file does not name one.
  package var persistenceDir: String?
  /// As given to hydra-node: how many events a log holds before it is rotated.
  package var rotateAfter: Int?
  package var stateDir: String?
  package var stateGroup: String?
  /// Where a process that drives serves its metrics; nil: nowhere.
  package var metrics: MetricsAddress?
  /// How long the node may write nothing before it is an alarm.
  package var silentAfter = SilentLimits.standard
  package var warn = LagLimits()
  package var error = LagLimits()
  /// Whether drivers begin the next generation by themselves when the node's log begins anew.
  package var beginsNewLogs = false
  /// How often its driver verifies a secondary that can be; nil: never by itself.
  package var verifyEvery: Duration?
  /// The program that is told when the state of the primary or of a secondary changes; nil: none.
  package var onState: ConfiguredOnState?
  /// The dashboard rings when a secondary becomes an error, and names its window.
  package var ringsBell = true
  package var setsTitle = true
  /// The secondary whose archive has what the log no longer has, for each one that names none.
  package var history: String?
  package var secondaries: [ConfiguredSecondary] = []
  /// The nodes, if several are configured; `persistenceDir` is then nil.
  package var nodes: [ConfiguredNode] = []

  package init() {}
}

/// One entry of `nodes`.
package struct ConfiguredNode: Sendable, Hashable {
  package enum Place: Sendable, Hashable {
    /// On this machine; omitted settings come from the top level of the file.
    case here(Configuration)
    /// On another machine; this command prints its `status --json --watch`.
    case elsewhere(status: [String])
  }

  package var name: String
  package var place: Place
}

/// One entry of `secondaries`, or one `--sink`.
package struct ConfiguredSecondary: Sendable, Hashable {
  package enum Kind: Sendable, Hashable {
    case file(ConfiguredFile)
    case command(ConfiguredCommand)
    case s3(ConfiguredS3)
    case feed(ConfiguredFeed)
    case jetstream(ConfiguredJetStream)
    case checkpoint(path: String)

    package var name: SinkKind {
      switch self {
      case .file: .file
      case .command: .command
      case .s3: .s3
      case .feed: .feed
      case .jetstream: .jetstream
      case .checkpoint: .checkpoint
      }
    }
  }

  package var name: String
  package var kind: Kind
  package var selection: Selection = .all
  /// Counts only while there is no checkpoint.
  package var start: Start = .first
  /// The secondary whose archive has what the log no longer has; nil: none.
  package var history: String?
  package var warn = LagLimits()
  package var error = LagLimits()
  /// Whether its driver begins the next generation by itself when the node's log begins anew.
  package var beginsNewLogs = false
  /// Bounds of a segment (`file`) or of a batch (`command`, `feed`, `s3`, `jetstream`); nil: the sink's default.
  package var maxEvents: Int?
  package var maxBytes: Int?
  /// How often its driver verifies it; nil: never by itself.
  package var verifyEvery: Duration?

  /// The program that is told when its state changes; nil: none.
  package var onState: ConfiguredOnState?

  /// Whether another program drives it, so that it is only watched here.
  package var isOnlyWatched: Bool { if case .checkpoint = kind { true } else { false } }

  /// Whether `verify` can compare what it holds with the log.
  var isVerifiable: Bool {
    switch kind {
    case .file, .s3, .jetstream: true
    case .command(let command): command.verifyCommand != nil
    case .feed, .checkpoint: false
    }
  }

  /// `[a-z0-9-]{1,32}`: a name is a folder, an argument and a column.
  package static func isName(_ text: String) -> Bool {
    (1...32).contains(text.utf8.count)
      && text.utf8.allSatisfy {
        (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D
      }
  }

  package static let nameExpectation = "a name of 1 to 32 characters out of a-z, 0-9 and -"
}
