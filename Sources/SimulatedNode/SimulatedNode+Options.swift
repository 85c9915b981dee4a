package import EventPersistence

extension SimulatedNode {
  /// What a run writes, and what happens to it.
  package struct Options: Sendable, Hashable {
    package var directory: String
    package var format: LogFormat
    /// How many events to write, not counting the `Checkpoint`s of rotations; nil: until the task
    /// is cancelled.
    package var count: Int?
    /// Events a second; nil: as fast as possible.
    package var rate: Double?
    /// `--persistence-rotate-after`; nil: never.
    package var rotateAfter: Int?
    /// Whether a rotation leaves an archive. hydra-node 2.1 and 2.2 leave none for a `hydra.db`.
    package var keepsArchives = true
    package var seed: UInt64
    /// The approximate mean size of an event in JSON, about 600 at the least.
    package var payloadBytes: Int
    /// The time of the first event of this run; the next ones follow 1/`rate` seconds apart (20 ms at full
    /// speed), so that the same options write the same bytes. Nil: the wall clock's time.
    package var firstTime: EventTime?
    /// The most events that one transaction of a `hydra.db` holds.
    package var batchEvents = 500

    /// Whether some ids are skipped now and then, which is legal.
    package var hasGaps = false
    /// A line is torn each time this many events are written (alternately cut off and replaced by
    /// zeros), and the node continues on the same line, as a restarted one does.
    package var crashEach: Int?
    /// After this many events of a run the node loses the last `lostEvents` and reuses their ids.
    package var loseTailAt: Int?
    package var lostEvents = 20
    /// After this many events of a run `state` becomes `hydra.db`, as with the upgrade to 2.1.
    package var migrateAt: Int?
    /// After this many events of a run the JSON in `hydra.db` becomes CBOR.
    package var upgradeAt: Int?
    /// After this many events of a run the log is deleted, archives of `state` included, and the node
    /// begins another one. Those of a `hydra.db` stay where they are.
    package var restartLogAt: Int?

    package init(
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
