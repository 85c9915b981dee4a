package import EventPersistence
package import SecondaryStatus

/// What an operator configured: one node, its secondaries, and when to worry; or several nodes.
///
/// All paths are absolute. Values come from a YAML file, from `--dir` and `--sink`, or from both.
package struct Configuration: Sendable, Hashable {
  /// The file that it was read from; nil where there was none.
  package var file: String?
  /// As configured and resolved; nil where the file does not name one.
  package var persistenceDir: String?
  /// As given to hydra-node: how many events a log holds before it is rotated.
  package var rotateAfter: Int?
  package var stateDir: String?
  package var stateGroup: String?
  /// For how long the node may write nothing.
  package var silentAfter = SilentLimits()
  package var warn = LagLimits()
  package var error = LagLimits()
  /// The dashboard rings when a secondary becomes an error, and names its window.
  package var ringsBell = true
  package var setsTitle = true
  package var secondaries: [ConfiguredSecondary] = []
  /// Where several nodes are configured, each of them; there is then no `persistenceDir` beside them.
  package var nodes: [ConfiguredNode] = []

  package init() {}
}

/// One entry of `nodes`.
package struct ConfiguredNode: Sendable, Hashable {
  package enum Place: Sendable, Hashable {
    /// On this machine; what it leaves open is the whole file's.
    case here(Configuration)
    /// On another one, where this command prints `status --json --watch`.
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
    case checkpoint(path: String)

    package var name: SinkKind {
      switch self {
      case .file: .file
      case .command: .command
      case .s3: .s3
      case .feed: .feed
      case .checkpoint: .checkpoint
      }
    }
  }

  package var name: String
  package var kind: Kind
  package var selection: Selection = .all
  /// Only where there is no checkpoint yet.
  package var start: Start = .first
  package var warn = LagLimits()
  package var error = LagLimits()
  /// Bounds of a segment (`file`) or of a batch (`command`, `feed`, `s3`); nil: the sink's own.
  package var maxEvents: Int?
  package var maxBytes: Int?

  /// Whether it lives elsewhere and is only watched.
  package var isOnlyWatched: Bool { if case .checkpoint = kind { true } else { false } }

  /// `[a-z0-9-]{1,32}`: a name is a folder, an argument and a column.
  package static func isName(_ text: String) -> Bool {
    (1...32).contains(text.utf8.count)
      && text.utf8.allSatisfy {
        (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D
      }
  }

  package static let nameExpectation = "a name of 1 to 32 characters out of a-z, 0-9 and -"
}
