/// `STATE/NAME/replay.json`: the one replay that is requested or under way. Once it has ended, it
/// is a line of `STATE/NAME/replays.jsonl`.
///
/// It is created by `link(2)`, so that there is never a second; afterwards only the holder of the
/// lock writes it.
public struct ReplayRecord: Sendable, Hashable, Codable {
  public enum Kind: String, Sendable, Hashable, Codable {
    /// From the checkpoint on.
    case redrive
    /// The checkpoint goes back first.
    case rewind
    /// The checkpoint stays.
    case range
    /// The node's log began anew: from its first event on, as the next generation.
    case newLog = "new-log"

    /// The word for a person.
    package var word: String {
      switch self {
      case .redrive: "re-drive"
      case .newLog: "new log"
      case .rewind, .range: rawValue
      }
    }
  }

  public enum State: String, Sendable, Hashable, Codable {
    case requested, running, done, cancelled, failed
  }

  /// Whether it is still to be done; an ended one is a record for the journal.
  public var isUnderWay: Bool { state == .requested || state == .running }

  /// Whether the checkpoint returns to its earlier position if it is cancelled: that of a rewind,
  /// unless the node lost the event there.
  public var isReversible: Bool { kind == .rewind && isDiverged != true }

  public var id: String
  public var kind: Kind
  /// The first event to deliver; null if none is left.
  @Nullable public var from: Position?
  /// The last one, fixed when the replay starts.
  @Nullable public var through: Position?
  /// What it passes over on the operator's order: events before `from` that are lost or cannot be
  /// read.
  @Nullable public var lost: String?
  /// The archive that has what the log no longer has, by its secondary's name, if the order named
  /// one; null: that of the configuration.
  @Nullable public var history: String?
  /// The user who asked, as `user@host`.
  public var requestedBy: String
  @Nullable public var reason: String?
  public var at: EventTime
  /// Events per second at most.
  @Nullable public var maxRate: Double?
  @Nullable public var previousCheckpoint: Checkpoint?
  /// Whether it leads a rewind out of a divergence: `previousCheckpoint` names an event that the
  /// node lost. Null before it starts.
  @Nullable public var isDiverged: Bool?
  /// The generation that it begins; null unless its kind is `new-log`.
  @Nullable public var generation: Int?
  /// Whether the operator says that it is another log, where nothing proves it.
  @Nullable public var isOrdered: Bool?
  /// The last event delivered so far.
  @Nullable public var position: Position?
  /// Counted, not computed.
  @Bounded public var delivered: UInt64
  /// How many batches these were; null in an older record, which did not count them.
  @Nullable public var batches: UInt64?
  public var state: State
  /// The pid and host of the process that executes it.
  @Nullable public var driverPid: Int32?
  @Nullable public var startedAt: EventTime?
  @Nullable public var endedAt: EventTime?
  @Nullable public var cancelledBy: String?
  @Nullable public var error: String?

  public init(
    id: String, kind: Kind, from: Position?, through: Position?, lost: String? = nil,
    requestedBy: String, reason: String?, at: EventTime, maxRate: Double?,
    previousCheckpoint: Checkpoint?
  ) {
    self.id = id
    self.kind = kind
    self.from = from
    self.through = through
    self.lost = lost
    history = nil
    self.requestedBy = requestedBy
    self.reason = reason
    self.at = at
    self.maxRate = maxRate
    self.previousCheckpoint = previousCheckpoint
    isDiverged = nil
    generation = nil
    isOrdered = nil
    position = nil
    delivered = 0
    batches = 0
    state = .requested
    driverPid = nil
    startedAt = nil
    endedAt = nil
    cancelledBy = nil
    error = nil
  }
}

extension ReplayRecord {
  /// The events right before `from` that it passes over. A rewind or a range begins at `from`,
  /// whatever the log has lost before it.
  var loss: Stretch.Loss? {
    guard let from, lost != nil || kind != .redrive else { return nil }
    return Stretch.Loss(what: lost, next: from)
  }

  /// Why the secondary `name` cannot have another replay while this one exists.
  func busySentence(of name: String) -> String {
    "a replay of \(name) "
      + (state == .requested ? "has already been requested: " : "has not ended yet: ")
      + "\(kind.word) \(id), by \(requestedBy) at \(at). Wait until it ends, or cancel it: "
      + "hydra-sinks cancel \(name)"
  }
}
