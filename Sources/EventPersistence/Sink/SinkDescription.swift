/// Which sink it is and how it wants its batches, known without making or opening it.
///
/// A sink and its options give the same description, so that planning, watching and checking a
/// secondary need no connection.
public struct SinkDescription: Sendable, Hashable {
  /// `file`, `command`, …: as in the configuration.
  public var kind: SinkKind

  /// Where it stores: a path, an address, a command line. Without secrets; the checkpoint is bound
  /// to it.
  public var target: String

  /// How large a batch may be, and how long the sink may hold one back on purpose.
  public var batching: Batching

  public init(kind: SinkKind, target: String, batching: Batching = Batching()) {
    self.kind = kind
    self.target = target
    self.batching = batching
  }
}

/// The kind of a sink, as the configuration, the state files and the output spell it.
///
/// Kinds are open: a sink of your own names its kind with a string literal.
public struct SinkKind: RawRepresentable, Sendable, Hashable, Codable {
  public var rawValue: String

  public init(rawValue: String) { self.rawValue = rawValue }

  public static let file: SinkKind = "file"
  public static let s3: SinkKind = "s3"
  public static let feed: SinkKind = "feed"
  public static let command: SinkKind = "command"
  public static let jetstream: SinkKind = "jetstream"
  /// A sink that runs elsewhere and publishes its checkpoint: it is only watched.
  public static let checkpoint: SinkKind = "checkpoint"

  /// Whether it keeps the events itself, each one once, and sets aside what differs from the log.
  package var isArchive: Bool { self == .file || self == .s3 || self == .jetstream }
}

extension SinkKind: ExpressibleByStringLiteral, CustomStringConvertible {
  public init(stringLiteral text: String) { self.init(rawValue: text) }
  public var description: String { rawValue }
}
