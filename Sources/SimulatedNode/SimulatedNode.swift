public import EventPersistence
import Foundation

/// A hydra-node that exists as far as its log does: it writes what a real one leaves in its persistence
/// directory, in the same way, so that readers meet the real thing.
///
/// A `state` file is opened, appended to, and closed for each event, without fsync. A `hydra.db` is written in
/// WAL mode, a transaction a batch. A log that is there already is continued behind its last event, as by
/// a node that was restarted. What is written follows from the seed (`SimulatedEvents`).
public actor SimulatedNode {
  public enum Format: String, Sendable, Hashable, CaseIterable {
    /// Bare `stateChanged` lines: up to 0.15.
    case bare
    /// Lines without a time: 0.16 to 0.20.
    case untimed
    /// 0.21 to 2.0.
    case state
    /// `hydra.db`, `user_version` 1: 2.1 to 2.3.
    case sqliteJSON = "sqlite-json"
  }

  public struct Options: Sendable, Hashable {
    public var directory: String
    public var format: Format
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

    public init(
      directory: String, format: Format = .state, count: Int? = nil, rate: Double? = nil,
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

  /// What a run wrote.
  public struct Summary: Sendable, Hashable {
    /// Rotations' `Checkpoint`s not counted.
    public var events = 0
    public var firstEventId: UInt64?
    public var lastEventId: UInt64?
    public var rotations = 0
  }

  /// A file in the directory that says that no real node lives there: a log without it is not touched.
  public static let marker = ".simulated"

  private nonisolated let executor = BlockingExecutor(label: "simulated-node")
  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  private let options: Options
  private let events: SimulatedEvents
  private var summary = Summary()

  public init(_ options: Options) {
    self.options = options
    events = SimulatedEvents(seed: options.seed, payloadBytes: options.payloadBytes)
  }

  /// Writes until the count is reached or the task is cancelled; being cancelled is no error.
  @discardableResult
  public func run() async throws(SimulationError) -> Summary {
    try prepareDirectory()
    let log = try openLog()
    defer { log.close() }
    summary = Summary()
    try rotate(log)
    var pace = options.rate.map { Pace(perSecond: $0) }
    let start = ContinuousClock.now
    while !Task.isCancelled {
      let wanted = options.count.map { $0 - summary.events } ?? Int.max
      if wanted <= 0 { break }
      let elapsed = ContinuousClock.now - start
      let due = min(wanted, pace?.due(after: elapsed) ?? Int.max)
      if due == 0, let pace {
        try? await Task.sleep(for: pace.wait(after: elapsed))
        continue
      }
      let written = try write(min(due, options.batchEvents), to: log)
      pace?.wrote(written)
      // Lets somebody ask for the task's end between two batches.
      await Task.yield()
    }
    return summary
  }

  /// What has been written so far by the run under way.
  public var progress: Summary { summary }

  // MARK: - Writing

  private func write(_ count: Int, to log: any SimulatedLog) throws(SimulationError) -> Int {
    let first = log.lastEventId.map { $0 + 1 } ?? 0
    let times = (0..<UInt64(count)).map { time(summary.events + Int($0)) }
    var written = 0
    try log.append(count) { index, writer in
      events.append(
        first + UInt64(index), at: times[index], as: options.format.shape, to: &writer)
    } didAppend: { (more) throws(SimulationError) in
      written += more
      summary.events += more
      if summary.firstEventId == nil { summary.firstEventId = first }
      summary.lastEventId = log.lastEventId
      return try rotate(log)
    }
    return written
  }

  /// Rotates where more events are in the log than it may hold; says whether it did.
  @discardableResult
  private func rotate(_ log: any SimulatedLog) throws(SimulationError) -> Bool {
    guard let after = options.rotateAfter, log.eventCount > after, let last = log.lastEventId,
      options.format != .bare
    else { return false }
    var writer = PayloadWriter()
    events.append(
      last, at: time(summary.events), as: options.format.shape, checkpoint: true, to: &writer)
    try log.rotate(checkpoint: writer.bytes, keepsArchive: options.keepsArchives)
    summary.rotations += 1
    return true
  }

  private func time(_ index: Int) -> EventTime {
    guard let firstTime = options.firstTime else { return .now }
    return firstTime.advanced(bySeconds: Double(index) / (options.rate ?? 50))
  }

  // MARK: - The directory

  private func prepareDirectory() throws(SimulationError) {
    let directory = options.directory
    let files = FileManager.default
    do {
      try files.createDirectory(atPath: directory, withIntermediateDirectories: true)
      let found = Set(try files.contentsOfDirectory(atPath: directory))
      guard found.contains(Self.marker) || found.isDisjoint(with: ["state", "hydra.db"]) else {
        throw SimulationError(
          "\(directory) holds a log that no simulated node wrote, so it is left alone. "
            + "Simulate in a folder of its own.")
      }
      if !found.contains(Self.marker) {
        try Data("The log here is made up.\n".utf8).write(
          to: URL(fileURLWithPath: "\(directory)/\(Self.marker)"))
      }
    } catch let error as SimulationError {
      throw error
    } catch {
      throw SimulationError("\(directory) cannot be written in: \(error.localizedDescription)")
    }
  }

  private func openLog() throws(SimulationError) -> any SimulatedLog {
    switch options.format {
    case .bare, .untimed, .state:
      try StateLog(directory: options.directory)
    case .sqliteJSON:
      try DatabaseLog(directory: options.directory)
    }
  }
}

extension SimulatedNode.Format {
  var shape: SimulatedEvents.Shape {
    switch self {
    case .bare: .bare
    case .untimed: .untimed
    case .state, .sqliteJSON: .whole
    }
  }
}
