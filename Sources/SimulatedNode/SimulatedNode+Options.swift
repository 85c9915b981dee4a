public import EventPersistence

extension SimulatedNode {
  /// What a run writes, and what happens to it.
  public struct Options: Sendable, Hashable {
    public var directory: String
    public var format: LogFormat
    /// How many events to write, rotations' `Checkpoint`s not counted; nil: until the task is cancelled.
    public var count: Int?
    /// Events a second; nil: as fast as it goes.
    public var rate: Double?
    /// `--persistence-rotate-after`; nil: never.
    public var rotateAfter: Int?
    /// Whether a rotation leaves an archive. hydra-node 2.1 and 2.2 leave none of a `hydra.db`.
    public var keepsArchives = true
    public var seed: UInt64
    /// The mean size of an event in JSON, about; below some 600 it gets no smaller.
    public var payloadBytes: Int
    /// The time of the first event of this run; the next ones follow 1/`rate` seconds apart (20 ms at full
    /// speed), so that the same options write the same bytes. Nil: the wall clock's time.
    public var firstTime: EventTime?
    /// The most events that one transaction of a `hydra.db` holds.
    public var batchEvents = 500

    /// Whether ids are left out now and then, as they legally may be.
    public var hasGaps = false
    /// After each so many events of a run a line is torn (in turn its beginning, and zeros in its place),
    /// and the node goes on as a restarted one does: on the same line.
    public var crashEach: Int?
    /// After so many events of a run the last `lostEvents` are forgotten, and their ids given to others.
    public var loseTailAt: Int?
    public var lostEvents = 20
    /// After so many events of a run `state` becomes `hydra.db`, as with the upgrade to 2.1.
    public var migrateAt: Int?
    /// After so many events of a run the JSON in `hydra.db` becomes CBOR.
    public var upgradeAt: Int?

    public init(
      directory: String, format: LogFormat = .state, count: Int? = nil, rate: Double? = nil,
      rotateAfter: Int? = nil, seed: UInt64 = 1, payloadBytes: Int = 1000,
      firstTime: EventTime? = nil
    ) {
      self.directory = directory
      self.format = format
      self.count = count
      self.rate = rate
      self.rotateAfter = rotateAfter
      self.seed = seed
      self.payloadBytes = payloadBytes
      self.firstTime = firstTime
    }
  }
}
