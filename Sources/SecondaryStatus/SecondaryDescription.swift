package import EventPersistence

/// A secondary according to the configuration: enough to watch it, without its sink.
package struct SecondaryDescription: Sendable, Hashable {
  /// `NAME`, or `NODE/NAME`: its folder in the state directory.
  package var name: String

  /// The node that it belongs to, where there are several in the configuration.
  package var node: String?

  /// `file`, `command`, `checkpoint`, …
  package var kind: SinkKind

  /// Where it stores: a path, an address, a command line. Without secrets.
  package var target: String

  /// The primary that it is driven from.
  package var persistenceDir: String

  package var selection: Selection

  /// How long its sink holds events back on purpose, and how long one `put` may take.
  package var batching: Batching

  /// Whether its driver begins the next generation by itself when the node's log begins anew.
  package var beginsNewLogs: Bool

  package var warn: LagLimits
  package var error: LagLimits

  /// The secondary whose archive has what the log no longer has; nil: none.
  package var history: String?

  /// For the kind `checkpoint`: the file that the foreign sink publishes, in place of the folder's
  /// own.
  package var checkpointPath: String?

  package init(
    name: String, node: String? = nil, kind: SinkKind, target: String, persistenceDir: String,
    selection: Selection = .all, batching: Batching = Batching(),
    beginsNewLogs: Bool = false, warn: LagLimits = LagLimits(),
    error: LagLimits = LagLimits(), history: String? = nil,
    checkpointPath: String? = nil
  ) {
    self.name = name
    self.node = node
    self.kind = kind
    self.target = target
    self.persistenceDir = persistenceDir
    self.selection = selection
    self.batching = batching
    self.beginsNewLogs = beginsNewLogs
    self.warn = warn
    self.error = error
    self.history = history
    self.checkpointPath = checkpointPath
  }

  /// It as a command line names it.
  package var argument: String { StateDirectory.argument(name, of: node) }

  /// Whether it runs elsewhere and is only watched: it has no driver of ours.
  package var isOnlyWatched: Bool { kind == .checkpoint }
}

/// The lag from which on to alert; nil if no lag of that kind is an alarm.
package struct LagLimits: Sendable, Hashable {
  package var events: UInt64?
  /// Counted beyond the sink's own batching interval.
  package var seconds: Double?

  package init(events: UInt64? = nil, seconds: Double? = nil) {
    self.events = events
    self.seconds = seconds
  }
}
