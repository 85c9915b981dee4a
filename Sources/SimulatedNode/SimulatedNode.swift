internal import EventPersistence
import Foundation

/// The log of a hydra-node without the node: it writes what a real one leaves in its persistence
/// directory, in the same way.
///
/// A `state` file is opened, appended to, and closed for each event, without fsync. A `hydra.db` is
/// written in WAL mode, a transaction for each batch. It continues an existing log after its last
/// event, as a restarted node does. The events follow from the seed (`SimulatedEvents`).
package actor SimulatedNode {
  /// What a run wrote.
  package struct Summary: Sendable, Hashable {
    /// Includes events that were lost later, but not the `Checkpoint`s of rotations.
    package var events = 0
    package var firstEventId: UInt64?
    package var lastEventId: UInt64?
    package var rotations = 0
  }

  /// A file that marks the directory as one of no real node; a log without it is not touched.
  static let marker = ".simulated"

  private nonisolated let executor = BlockingExecutor(label: "simulated-node")
  package nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  private let options: Options
  private let events: SimulatedEvents
  private var format: LogFormat
  private var summary = Summary()
  private var crashes = 0
  /// How often ids were reused, and from which id on.
  private var salt: UInt64 = 0

  package init(_ options: Options) {
    self.options = options
    format = options.format
    events = SimulatedEvents(seed: options.seed, payloadBytes: options.payloadBytes)
  }

  /// Writes until the count is reached or the task is cancelled; cancellation is not an error.
  @discardableResult
  package func run() async throws(SimulationError) -> Summary {
    if let contradiction = options.contradiction { throw SimulationError(contradiction) }
    try prepareDirectory()
    format = options.format
    summary = Summary()
    var log = try openLog()
    defer { log.close() }
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
      let incident = options.nextIncident(after: summary.events)
      let untilIncident = incident.map { $0 - summary.events } ?? Int.max
      let written = try write(min(due, options.batchEvents, untilIncident), to: log)
      pace?.wrote(written)
      if summary.events == incident {
        for incident in options.incidents(after: summary.events) { try meet(incident, &log) }
      }
      // Between two batches, another task can cancel this one.
      await Task.yield()
    }
    return summary
  }

  /// What the current run has written so far.
  package var progress: Summary { summary }

  // MARK: - Writing

  private func write(_ count: Int, to log: any SimulatedLog) throws(SimulationError) -> Int {
    var ids: [UInt64] = []
    var last = log.lastEventId
    for _ in 0..<count {
      let id = last.map { options.hasGaps ? events.idWithGaps(after: $0) : $0 + 1 } ?? 0
      ids.append(id)
      last = id
    }
    let records = ids.enumerated().map { index, id in
      SimulatedEvents.Record(id: id, time: time(summary.events + index), salt: salt)
    }
    var written = 0
    try log.append(ids) { index, writer in
      events.append(records[index], as: format.shape, to: &writer)
    } didAppend: { (more) throws(SimulationError) in
      written += more
      summary.events += more
      if summary.firstEventId == nil { summary.firstEventId = ids[0] }
      summary.lastEventId = log.lastEventId
      return try rotate(log)
    }
    return written
  }

  /// Rotates if the log holds more events than it may; returns whether it did.
  @discardableResult
  private func rotate(_ log: any SimulatedLog) throws(SimulationError) -> Bool {
    guard let after = options.rotateAfter, log.eventCount > after, let last = log.lastEventId
    else { return false }
    var writer = PayloadWriter()
    events.append(
      .init(id: last, time: time(summary.events), isCheckpoint: true, salt: salt),
      as: format.shape, to: &writer)
    try log.rotate(checkpoint: writer.bytes, keepsArchive: options.keepsArchives)
    summary.rotations += 1
    return true
  }

  private func time(_ index: Int) -> EventTime {
    guard let firstTime = options.firstTime else { return .now }
    return firstTime.advanced(bySeconds: Double(index) / (options.rate ?? 50))
  }

  // MARK: - Incidents

  private func meet(_ incident: Incident, _ log: inout any SimulatedLog) throws(SimulationError) {
    switch incident {
    case .crash:
      guard let state = log as? StateLog else { return }
      var writer = PayloadWriter()
      let id = log.lastEventId.map { $0 + 1 } ?? 0
      events.append(
        .init(id: id, time: time(summary.events), salt: salt), as: format.shape, to: &writer)
      // Not the whole line, and not none of it.
      let torn = 1 + Int(Noise.of(options.seed, 12, id) % UInt64(writer.count - 1))
      try state.tear(
        UnsafeRawBufferPointer(rebasing: writer.bytes[..<torn]), isZeros: crashes % 2 == 1)
      crashes += 1
    case .loseTail:
      try log.loseTail(options.lostEvents)
      salt += 1
    case .migrate:
      guard let state = log as? StateLog else { return }
      let database = try DatabaseLog(directory: options.directory, version: 1)
      try database.migrate(state)
      log = database
      format = .sqliteJSON
    case .upgrade:
      guard let database = log as? DatabaseLog else { return }
      try upgrade(database)
      format = .sqliteCBOR
    case .restartLog:
      log.close()
      try removeLog()
      salt += 1
      log = try openLog()
    }
  }

  /// Makes each row's event again and compares its JSON before the CBOR replaces it.
  private func upgrade(_ database: DatabaseLog) throws(SimulationError) {
    var made = PayloadWriter()
    try database.upgrade { json, writer in
      guard let position = Position(json: json), let time = position.time else {
        throw SimulationError("a row is not an event with a time")
      }
      var record = SimulatedEvents.Record(id: position.eventId, time: time)
      for salt in 0...max(self.salt, 8) {
        record.salt = salt
        for isCheckpoint in [false, true] {
          record.isCheckpoint = isCheckpoint
          made.removeAll()
          events.append(record, as: .whole, to: &made)
          if made.bytes.elementsEqual(json) {
            events.append(record, as: .cbor, to: &writer)
            return
          }
        }
      }
      throw SimulationError(
        "event \(position.eventId) was written with another seed or payload size: use those that "
          + "the log was begun with")
    }
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
          "\(directory) holds a log that no simulated node wrote; it was not touched. "
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

  /// Removes what people remove who want a node to begin anew: `state*`, or `hydra.db`.
  private func removeLog() throws(SimulationError) {
    let files = FileManager.default
    do {
      for name in try files.contentsOfDirectory(atPath: options.directory)
      where format.isDatabase ? name.hasPrefix("hydra.db") : name.hasPrefix("state") {
        try files.removeItem(atPath: "\(options.directory)/\(name)")
      }
    } catch {
      throw SimulationError(
        "the log in \(options.directory) could not be removed: \(error.localizedDescription)")
    }
  }

  private func openLog() throws(SimulationError) -> any SimulatedLog {
    switch format {
    case .bare, .untimed, .state:
      return try StateLog(directory: options.directory)
    case .sqliteJSON:
      let log = try DatabaseLog(directory: options.directory, version: 1)
      guard log.version == 1 else {
        throw SimulationError(
          "hydra.db in \(options.directory) has user_version \(log.version), which no node that "
            + "writes JSON opens. Continue with sqlite-cbor.")
      }
      return log
    case .sqliteCBOR:
      let log = try DatabaseLog(directory: options.directory, version: 2)
      if log.version == 1 { try upgrade(log) }
      return log
    }
  }
}

extension LogFormat {
  var shape: SimulatedEvents.Shape {
    switch self {
    case .bare: .bare
    case .untimed: .untimed
    case .state, .sqliteJSON: .whole
    case .sqliteCBOR: .cbor
    }
  }
}
