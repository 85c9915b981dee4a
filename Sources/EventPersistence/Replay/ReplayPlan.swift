/// What a replay would do, stated before it is done.
public struct ReplayPlan: Sendable, Hashable {
  /// Names the plan: `CHECKPOINT-DIGEST`. It stays valid while the checkpoint only advances, and
  /// changes once another replay has ended or the target has moved.
  public var id: String
  public var secondary: String
  public var kind: ReplayRecord.Kind
  /// Nil: nothing is stored yet.
  public var checkpoint: Position?
  /// The first event to deliver; nil if there is none, or if the plan is refused.
  public var from: Position?
  /// The last one.
  public var through: Position?
  /// The generation that it begins; nil unless its kind is `new-log`.
  public var generation: Int?
  /// Events before `from` that it passes over, because they are lost or cannot be read; nil: none.
  public var lost: String?
  /// Differences of ids plus known twins.
  public var events: UInt64
  /// How many of these the sink has stored, the same: it will receive them again. Nil if that is not
  /// known: the node lost events, and the sink cannot tell which of its events the log still has.
  public var alreadyStored: UInt64?
  /// Whether nobody sees an event again that comes again: the sink itself keeps each one once.
  public var isRepeatHarmless = false
  public var bytes: UInt64?
  /// Where the events come from, in log order; empty if all of them are in the node's log.
  public var parts: [Extent.Part]
  public var firstTime: EventTime?
  public var lastTime: EventTime?
  /// Where the times of the log fall within those of the plan, if an end was given as a time.
  public var clockSteps: [ClockStep]
  /// From the pace at which this secondary was driven; nil if none was measured.
  public var estimatedSeconds: Double?
  /// Why the plan may not be executed.
  public var refused: String?
  /// Whether it is refused only for the moment: another replay is requested or under way.
  public var isBusy: Bool
  /// The secondary's current error, to be read first.
  public var standingError: String?
  /// Remarks: a clamped or widened end, a divergence that this repairs.
  public var notes: [String]

  public init(id: String, secondary: String, kind: ReplayRecord.Kind, checkpoint: Position?) {
    self.id = id
    self.secondary = secondary
    self.kind = kind
    self.checkpoint = checkpoint
    from = nil
    through = nil
    lost = nil
    events = 0
    alreadyStored = 0
    bytes = nil
    parts = []
    firstTime = nil
    lastTime = nil
    clockSteps = []
    estimatedSeconds = nil
    refused = nil
    isBusy = false
    standingError = nil
    notes = []
  }
}

extension ReplayPlan: Encodable {
  private enum Key: String, CodingKey {
    case plan, secondary, kind, checkpoint, from, through, lost, events, alreadyStored, bytes,
      parts, firstTime
    case generation, lastTime, clockSteps, estimatedSeconds, refused, standingError
  }

  /// The document of `replay --json`; a value that is not known is `null`.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(id, forKey: .plan)
    try container.encode(secondary, forKey: .secondary)
    try container.encode(kind, forKey: .kind)
    try container.encode(checkpoint?.eventId, forKey: .checkpoint)
    try container.encode(from?.eventId, forKey: .from)
    try container.encode(through?.eventId, forKey: .through)
    try container.encode(generation, forKey: .generation)
    try container.encode(lost, forKey: .lost)
    try container.encode(events, forKey: .events)
    try container.encode(alreadyStored, forKey: .alreadyStored)
    try container.encode(bytes, forKey: .bytes)
    try container.encode(parts, forKey: .parts)
    try container.encode(firstTime, forKey: .firstTime)
    try container.encode(lastTime, forKey: .lastTime)
    try container.encode(clockSteps, forKey: .clockSteps)
    try container.encode(estimatedSeconds, forKey: .estimatedSeconds)
    try container.encode(refused, forKey: .refused)
    try container.encode(standingError, forKey: .standingError)
  }
}

/// How an executed replay ended: the plan, and its outcome, read back from the state folder.
public struct ReplayResult: Sendable, Hashable, Encodable {
  public var plan: ReplayPlan
  public var record: ReplayRecord
  /// What `checkpoint.json` says afterwards.
  public var checkpoint: Checkpoint?

  private enum Key: String, CodingKey { case delivered, state, error }

  public func encode(to encoder: any Encoder) throws {
    try plan.encode(to: encoder)
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(record.delivered, forKey: .delivered)
    try container.encode(record.state, forKey: .state)
    try container.encode(record.error, forKey: .error)
  }
}

/// The progress of a replay, for a bar.
public struct ReplayProgress: Sendable, Hashable {
  public var record: ReplayRecord
  /// How many events it is to deliver, as planned; nil if this is not known (a replay taken over).
  public var events: UInt64?
  /// Whether this process drives; if not, another one does, or currently none.
  public var isDrivenHere: Bool
  /// Whether this is the first report, or `isDrivenHere` has changed since the last one.
  public var isHandover: Bool
  /// The report of the process that drives.
  public var driver: DriverReport?
}
