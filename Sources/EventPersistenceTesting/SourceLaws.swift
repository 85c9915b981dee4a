public import EventPersistence

/// The laws that every source must keep, for any log.
public struct SourceLaws: Sendable {
  private let makeSource: @Sendable ([StateEvent]) async throws -> any EventSource

  /// Laws over sources whose log holds the events that `makeSource` receives, in that order.
  public init(_ makeSource: @escaping @Sendable ([StateEvent]) async throws -> any EventSource) {
    self.makeSource = makeSource
  }

  /// Checks the source against all laws.
  ///
  /// - Throws: `LawViolation` for the first broken one, or the source's error.
  public func check() async throws {
    try await readsAnEmptyLog()
    for events in [
      SampleEvents.make(1), SampleEvents.make(30, first: 5), SampleEvents.make(30, sharedIdEach: 7),
      SampleEvents.make(12, payload: 9000),
      SampleEvents.make(60, payload: 3000, clockSetBackAt: 30),
    ] {
      try await Self.check(makeSource(events), holding: events)
    }
  }

  /// Checks a source whose log holds `events`, at least one.
  ///
  /// - Throws: `LawViolation` for the first broken law, or the source's error.
  public static func check(_ source: any EventSource, holding events: [StateEvent]) async throws {
    try await tellsItsEnds(source, events)
    try await readsFromEachStart(source, events)
    try await keepsTheLimits(source, events)
    try await stopsBehindThrough(source, events)
    try await tellsHowEachPositionStands(source, events)
  }

  private func readsAnEmptyLog() async throws {
    let source = try await makeSource([])
    let batch = try await source.reader(from: .first).next(BatchLimits(), through: nil)
    try require(batch == nil, "an empty log has no events", "\(batch?.entries.count ?? 0) came")
    let survey = await source.survey()
    try require(
      survey.head == nil && survey.first == nil, "an empty log has no ends",
      "it claims \(String(describing: survey.first)) and \(String(describing: survey.head))")
  }

  private static func tellsItsEnds(_ source: any EventSource, _ events: [StateEvent]) async throws {
    let survey = await source.survey()
    let law = "a survey reports the first and the last event"
    try require(
      survey.state == .live, law, "the state is \(survey.state): \(survey.sentence ?? "")")
    try require(
      survey.first == events.first?.position, law,
      "the first is \(String(describing: survey.first))")
    try require(
      survey.head == events.last?.position, law, "the head is \(String(describing: survey.head))")
  }

  private static func readsFromEachStart(_ source: any EventSource, _ events: [StateEvent])
    async throws
  {
    let law = "a reader gives the rest of the log, in order, byte for byte"
    var starts: [(Start, Int)] = [(.first, 0), (.head, events.count)]
    for (index, event) in events.enumerated() {
      let firstOfId = events.firstIndex { $0.eventId == event.eventId }!
      starts.append((.after(event.position), index + 1))
      starts.append((.after(Position(eventId: event.eventId)), firstOfId + 1))
      starts.append((.id(event.eventId), firstOfId))
      if let time = event.time {
        let reached = events.firstIndex { $0.time.map { $0 >= time } ?? false }!
        starts.append((.time(time), reached))
      }
    }
    for (start, index) in starts {
      let reader = source.reader(from: start)
      let read = try await readAll(reader, BatchLimits(events: 7))
      try require(
        read.map(\.json) == events[index...].map(\.json), law,
        "from \(start) there were \(read.count) events, not \(events.count - index)")
      try require(
        read.map(\.position) == events[index...].map(\.position), law,
        "from \(start) the positions differ")
      let located = try await source.locate(start)
      try require(
        located == (index < events.count ? events[index].position : nil),
        "locate finds the first event that a reader gives",
        "\(start) is at \(String(describing: located))")
    }
  }

  private static func keepsTheLimits(_ source: any EventSource, _ events: [StateEvent]) async throws
  {
    let bounds = [
      BatchLimits(events: 1), BatchLimits(events: 4), BatchLimits(bytes: 1),
      BatchLimits(bytes: 500, ahead: 2),
    ]
    for limits in bounds {
      let reader = source.reader(from: .first)
      var read: [StateEvent] = []
      while let batch = try await reader.next(limits, through: nil) {
        try require(
          batch.entries.count <= limits.events
            && (batch.entries.count == 1 || batch.byteCount <= limits.bytes),
          "a batch keeps its limits, and a larger event comes alone",
          "\(batch.entries.count) events of \(batch.byteCount) bytes for \(limits)")
        read += batch.entries.map(batch.event)
      }
      try require(
        read == events, "whatever the limits, a reader gives the same events",
        "\(read.count) events, not \(events.count), for \(limits)")
    }
  }

  private static func stopsBehindThrough(_ source: any EventSource, _ events: [StateEvent])
    async throws
  {
    for (index, event) in events.enumerated() {
      let reader = source.reader(from: .first)
      let read = try await readAll(reader, BatchLimits(events: 5), through: event.position)
      try require(
        read.map(\.position) == events[...index].map(\.position),
        "with `through` a reader stops after that event",
        "through \(event.position) there were \(read.count) events, not \(index + 1)")
    }
  }

  private static func tellsHowEachPositionStands(_ source: any EventSource, _ events: [StateEvent])
    async throws
  {
    let law = "status reports whether the log has a position, and what follows"
    for (index, event) in events.enumerated() {
      let next = index + 1 < events.count ? events[index + 1].position : nil
      let status = try await source.status(of: event.position)
      try require(
        status == PositionStatus(match: .found, next: next), law, "of \(event.position): \(status)")
      let other = Position(eventId: event.eventId, tag: "Other", time: event.time)
      if case .differs = try await source.status(of: other).match {
      } else {
        throw LawViolation(law, "an event with another tag than \(event.position) is found")
      }
    }
    if let head = events.last {
      let beyond = try await source.status(of: Position(eventId: head.eventId + 1))
      try require(beyond.match == .ahead, law, "beyond the head: \(beyond)")
    }
    let begin = try await source.status(of: nil)
    try require(
      begin == PositionStatus(match: .found, next: events.first?.position), law, "of nil: \(begin)")
  }

  private static func readAll(
    _ reader: any EventReader, _ limits: BatchLimits, through: Position? = nil
  )
    async throws -> [StateEvent]
  {
    var events: [StateEvent] = []
    while let batch = try await reader.next(limits, through: through) {
      events += batch.entries.map(batch.event)
    }
    return events
  }
}
