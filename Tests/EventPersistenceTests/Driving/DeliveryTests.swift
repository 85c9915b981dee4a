import EventPersistenceTesting
import Testing

@testable import EventPersistence

@Suite struct DeliveryTests {
  private let events = SampleEvents.make(30)

  /// A delivery, and its checkpoint trail.
  private struct Carried {
    var delivery: Delivery
    var trail: CheckpointTrail

    init(
      after position: Position?, limits: BatchLimits = BatchLimits(events: 5), isOpen: Bool = false,
      _ stretch: (inout Stretch) -> Void = { _ in }
    ) {
      var course = Stretch(name: "cold", batching: Batching(limits: limits))
      stretch(&course)
      delivery = Delivery(course, after: position, isOpen: isOpen)
      trail = CheckpointTrail(
        position.map { Checkpoint(position: $0, at: nil, highest: $0.eventId) }, at: .zero)
    }

    var position: Position? { delivery.position }
    var trouble: Trouble? { trail.recovery.trouble ?? delivery.recovery.trouble }
    var isUnsaved: Bool { trail.isUnsaved }

    func next(at now: Duration) -> Delivery.Step { delivery.next(trail, at: now) }

    mutating func take(_ outcome: Delivery.Outcome, at now: Duration) {
      delivery.take(outcome, &trail, at: turn(now))
    }

    mutating func saved(at now: Duration) {
      trail.saved(trail.checkpointToWrite(at: EventTime(seconds: 1_800_000_000)), at: now)
    }

    mutating func saveFailed(_ error: StateError, at now: Duration) {
      trail.saveFailed(error, at: turn(now))
    }

    private func turn(_ now: Duration) -> Turn {
      Turn(now: now, date: EventTime(seconds: 1_800_000_000), jitter: 1)
    }
  }

  /// A delivery after the event `id` whose sink is open and whose position is verified.
  private func reading(after id: Int?, maxRate: Double? = nil) -> Carried {
    var delivery = Carried(after: id.map { events[$0].position }, isOpen: true) {
      $0.maxRate = maxRate
    }
    let next = events[(id ?? -1) + 1].position
    delivery.take(.verified(PositionStatus(match: .found, next: next)), at: .zero)
    return delivery
  }

  private func batch(_ range: Range<Int>) -> EventBatch { EventBatch(Array(events[range])) }

  @Test("the steps of a batch: open, verify, read, put, and the checkpoint before it idles")
  func order() {
    var delivery = Carried(after: events[9].position)
    var steps: [String] = []
    steps.append(name(delivery.next(at: .zero)))
    delivery.take(.opened(.unknown), at: .zero)
    steps.append(name(delivery.next(at: .zero)))
    delivery.take(
      .verified(PositionStatus(match: .found, next: events[10].position)), at: .zero)
    steps.append(name(delivery.next(at: .zero)))
    delivery.take(.read(batch(10..<15)), at: .zero)
    steps.append(name(delivery.next(at: .zero)))
    delivery.take(.stored(ahead: .success(nil)), at: .zero)
    steps.append(name(delivery.next(at: .zero)))
    delivery.saved(at: .zero)
    steps.append(name(delivery.next(at: .zero)))
    #expect(steps == ["open", "verify 9", "read", "put 10", "save", "wait"])
  }

  @Test("a checkpoint is saved every 250 ms of work, not at each batch")
  func trailing() {
    var delivery = reading(after: nil)
    delivery.saved(at: .zero)
    delivery.take(.read(batch(0..<5)), at: .milliseconds(10))
    delivery.take(.stored(), at: .milliseconds(100))
    #expect(name(delivery.next(at: .milliseconds(100))) == "read")
    delivery.take(.read(batch(5..<10)), at: .milliseconds(120))
    delivery.take(.stored(), at: .milliseconds(260))
    #expect(name(delivery.next(at: .milliseconds(260))) == "save")
  }

  @Test("a checkpoint is saved before backing off and before halting")
  func savedBeforeBackingOff() {
    for remedy in [SinkError.Remedy.retry, .stop] {
      var delivery = reading(after: nil)
      delivery.take(.read(batch(0..<5)), at: .zero)
      delivery.take(.stored(ahead: .success(batch(5..<10))), at: .zero)
      #expect(name(delivery.next(at: .zero)) == "put 5")
      delivery.take(.sinkFailed(SinkError(remedy, code: "E", "failed")), at: .zero)
      #expect(name(delivery.next(at: .zero)) == "save")
      delivery.saved(at: .zero)
      #expect(name(delivery.next(at: .zero)) == (remedy == .retry ? "wait" : "halted E"))
    }
  }

  @Test("after a failure of the sink, it is asked again whether anything follows the batch")
  func endBeforeFailure() {
    for remedy in [SinkError.Remedy.retry, .again] {
      var delivery = reading(after: nil)
      delivery.take(.read(batch(0..<5)), at: .zero)
      delivery.take(
        .sinkFailed(SinkError(remedy, code: "E", "failed"), ahead: .success(nil)), at: .zero)
      let later = Duration.seconds(100)
      if remedy == .retry {
        delivery.take(.opened(.unknown), at: later)
        let status = PositionStatus(match: .found, next: events[0].position)
        delivery.take(.verified(status), at: later)
      }
      guard case .put(_, _, let ahead, _) = delivery.next(at: later) else {
        Issue.record("\(remedy): \(name(delivery.next(at: later)))")
        return
      }
      #expect(ahead != nil, "\(remedy): events may have come since")
      delivery.take(.stored(ahead: .success(batch(5..<10))), at: later)
      delivery.saved(at: later)
      #expect(name(delivery.next(at: later)) == "put 5")
    }
  }

  /// A delivery with the checkpoint 19, for a sink that names 9.
  private func stepsBack(_ selection: Selection) -> Carried {
    var delivery = Carried(after: events[19].position) { $0.selection = selection }
    delivery.take(.opened(.through(events[9].position)), at: .zero)
    return delivery
  }

  private func stores(_ range: Range<Int>, _ delivery: inout Carried) {
    delivery.take(.read(batch(range)), at: .zero)
    delivery.take(.stored(), at: .zero)
  }

  @Test("a sink that names the last event selected for it does not move the checkpoint back")
  func namesLastSelected() {
    var delivery = stepsBack(.tags(["HeadClosed"]))
    #expect(name(delivery.next(at: .zero)) == "verify 9")
    delivery.take(
      .verified(PositionStatus(match: .found, next: events[10].position)), at: .zero)
    stores(10..<15, &delivery)
    #expect(!delivery.isUnsaved && delivery.delivery.takeNotes() == [])
    stores(15..<20, &delivery)
    #expect(delivery.isUnsaved && delivery.position == events[19].position)
  }

  @Test("the delivery goes back when it meets an event that the sink should hold")
  func lacksSelected() {
    var delivery = stepsBack(.tags([events[12].tag!]))
    delivery.take(
      .verified(PositionStatus(match: .found, next: events[10].position)), at: .zero)
    stores(10..<15, &delivery)
    #expect(delivery.isUnsaved && delivery.position == events[14].position)
    #expect(delivery.delivery.takeNotes().joined().contains(" again"))
    #expect(stepsBack(.all).isUnsaved)
  }

  @Test("if the log no longer shows what followed, the checkpoint counts")
  func namesWhatIsRotatedAway() {
    var delivery = stepsBack(.tags(["HeadClosed"]))
    delivery.take(
      .verified(PositionStatus(match: .gap(10...15), next: events[16].position)),
      at: .zero)
    #expect(name(delivery.next(at: .zero)) == "verify 19")
    #expect(
      !delivery.isUnsaved
        && delivery.delivery.takeNotes().joined().contains("delivering from the checkpoint"))
  }

  @Test("nothing goes to the sink while the checkpoint cannot be saved")
  func saveFails() {
    var delivery = reading(after: nil)
    delivery.take(.read(batch(0..<5)), at: .zero)
    delivery.take(.stored(), at: .zero)
    let full = StateError(.notWritable, "the disk is full")
    delivery.saveFailed(full, at: .zero)
    #expect(name(delivery.next(at: .zero)) == "wait")
    #expect(name(delivery.next(at: .milliseconds(250))) == "save")
    #expect(delivery.trouble?.message == "the disk is full")
    delivery.saved(at: .milliseconds(250))
    #expect(delivery.trouble == nil)
    #expect(name(delivery.next(at: .milliseconds(250))) == "read")
  }

  @Test("waits between attempts double up to a minute, and a success resets them")
  func backoff() {
    var delivery = reading(after: nil)
    delivery.take(.read(batch(0..<5)), at: .zero)
    var waits: [Duration] = []
    for _ in 0..<10 {
      delivery.take(.sinkFailed(SinkError(.retry, code: "E", "failed")), at: .zero)
      guard case .wait(let duration, .backingOff) = delivery.next(at: .zero) else {
        Issue.record("the delivery does not back off")
        return
      }
      waits.append(duration)
      delivery.take(.opened(.unknown), at: .zero)
      delivery.take(
        .verified(PositionStatus(match: .found, next: events[0].position)), at: .zero)
      #expect(name(delivery.next(at: .zero)) == "put 0")
    }
    #expect(waits.prefix(3) == [.milliseconds(250), .milliseconds(500), .seconds(1)])
    #expect(waits.last == .seconds(60))
    #expect(delivery.trouble?.count == 10)
    delivery.take(.stored(), at: .zero)
    #expect(delivery.trouble == nil)
  }

  @Test("a sink that waits for a consumer gets the same batch again at once, and shows one error")
  func waitsForSomebody() {
    var delivery = reading(after: nil)
    delivery.take(.read(batch(0..<5)), at: .zero)
    for second in 1...3 {
      delivery.delivery.putting(at: .zero)
      delivery.take(
        .sinkFailed(SinkError(.wait, code: "nobody", "\(second) s")), at: .seconds(second))
      #expect(name(delivery.next(at: .seconds(second))) == "put 0")
    }
    #expect(delivery.delivery.recovery.awaitsConsumer)
    #expect(delivery.trouble?.message == "3 s")
    #expect(delivery.trouble?.count == 1)
    #expect(delivery.delivery.hand?.attempts == 0)
    delivery.take(.sinkFailed(SinkError(.again, code: "under way", "…")), at: .seconds(4))
    #expect(!delivery.delivery.recovery.awaitsConsumer)
    #expect(delivery.trouble == nil)
    #expect(name(delivery.next(at: .seconds(4))) == "put 0")
    delivery.take(.stored(), at: .seconds(5))
    #expect(delivery.position == events[4].position)
  }

  @Test("the part of a batch that a sink stored counts, and only the rest is put again")
  func parts() {
    var delivery = reading(after: nil)
    delivery.take(.read(batch(0..<5)), at: .zero)
    let again = SinkError(.again, code: "under way", "…", stored: events[1].position)
    delivery.take(.sinkFailed(again), at: .milliseconds(250))
    #expect(delivery.delivery.takeStored().map(\.batch.spanCount) == [2])
    #expect(delivery.position == events[1].position)
    #expect(name(delivery.next(at: .milliseconds(250))) == "save")
    delivery.saved(at: .milliseconds(250))
    #expect(name(delivery.next(at: .milliseconds(250))) == "put 2")
    // An event that is not in hand any more, and the last one, which would leave nothing to put.
    for event in [events[1], events[4]] {
      let failed = SinkError(.again, code: "under way", "…", stored: event.position)
      delivery.delivery.putting(at: .zero)
      delivery.take(.sinkFailed(failed), at: .milliseconds(250))
      #expect(delivery.delivery.takeStored().isEmpty)
      #expect(delivery.position == events[1].position)
    }
    let died = SinkError(.retry, code: "exit 1", "it died", stored: events[2].position)
    delivery.take(.sinkFailed(died), at: .milliseconds(260))
    #expect(delivery.delivery.takeStored().map(\.batch.spanCount) == [1])
    #expect(delivery.position == events[2].position)
    #expect(delivery.trouble?.count == 1)
    delivery.saved(at: .milliseconds(260))
    delivery.delivery.resume()
    delivery.take(.opened(.unknown), at: .seconds(1))
    let status = PositionStatus(match: .found, next: events[3].position)
    delivery.take(.verified(status), at: .seconds(1))
    #expect(name(delivery.next(at: .seconds(1))) == "put 3")
    delivery.take(.stored(), at: .seconds(1))
    #expect(delivery.delivery.takeStored().map(\.batch.spanCount) == [2])
    #expect(delivery.position == events[4].position)
  }

  @Test("a batch in hand survives a failure, and is dropped if the log has another one")
  func batchInHand() {
    var delivery = reading(after: 4)
    delivery.take(.read(batch(5..<10)), at: .zero)
    delivery.take(.sinkFailed(SinkError(.retry, code: "E", "failed")), at: .zero)
    delivery.delivery.resume()
    delivery.take(.opened(.unknown), at: .zero)
    let other = Position(eventId: 5, tag: "Other")
    delivery.take(.verified(PositionStatus(match: .found, next: other)), at: .zero)
    #expect(delivery.delivery.hand == nil)
    #expect(name(delivery.next(at: .zero)) == "verify 4")
  }

  @Test("a batch with missing ids is delivered only once the log says that none is lost")
  func leap() {
    var delivery = reading(after: 4)
    delivery.take(.read(batch(8..<10)), at: .zero)
    #expect(name(delivery.next(at: .zero)) == "verify 4")
    var lost = delivery
    delivery.take(
      .verified(PositionStatus(match: .found, next: events[8].position)), at: .zero)
    #expect(name(delivery.next(at: .zero)) == "put 8")
    lost.take(
      .verified(PositionStatus(match: .gap(5...7), next: events[8].position)), at: .zero)
    #expect(name(lost.next(at: .zero)) == "halted gap")
  }

  @Test("a position beyond the head is waited for, but only five seconds")
  func ahead() {
    var delivery = Carried(
      after: Position(eventId: 99), limits: BatchLimits(), isOpen: true)
    delivery.take(.verified(PositionStatus(match: .ahead, next: nil)), at: .zero)
    #expect(name(delivery.next(at: .zero)) == "wait")
    #expect(name(delivery.next(at: .milliseconds(100))) == "verify 99")
    delivery.take(.verified(PositionStatus(match: .ahead, next: nil)), at: .seconds(5))
    #expect(name(delivery.next(at: .seconds(5))) == "compare")
    var renewed = delivery
    delivery.take(.compared(.unknown), at: .seconds(5))
    #expect(name(delivery.next(at: .seconds(5))) == "halted diverged")
    renewed.take(.compared(.none), at: .seconds(5))
    #expect(name(renewed.next(at: .seconds(5))) == "halted new log")
  }

  @Test(
    "the earlier of the checkpoint and the sink's holdings counts, except in a range replay")
  func holdings() {
    func position(_ held: Holdings, honours: Bool = true) -> UInt64? {
      var delivery = Carried(after: events[9].position, limits: BatchLimits()) {
        $0.movesCheckpoint = honours
      }
      delivery.take(.opened(held), at: .zero)
      return delivery.position?.eventId
    }
    #expect(position(.unknown) == 9)
    #expect(position(.through(events[20].position)) == 9)
    #expect(position(.through(events[3].position)) == 3)
    #expect(position(.through(nil)) == nil)
    #expect(position(.through(events[3].position), honours: false) == 9)
  }

  @Test("a log that changes under its reader is tried again at once, and is an error if it lasts")
  func changes() {
    var delivery = reading(after: 4)
    let changed = SourceError(.changed, "the log changes")
    for _ in 0..<3 {
      delivery.take(.sourceFailed(changed), at: .zero)
      #expect(name(delivery.next(at: .zero)) == "verify 4")
      #expect(delivery.trouble == nil)
      delivery.take(
        .verified(PositionStatus(match: .found, next: events[5].position)), at: .zero)
    }
    delivery.take(.sourceFailed(changed), at: .zero)
    #expect(name(delivery.next(at: .zero)) == "wait")
    #expect(delivery.trouble?.origin == .primary)
    #expect(delivery.trouble?.code == "primary")
  }

  @Test("a rate limit spaces the batches, a second's worth each")
  func pacing() {
    var delivery = reading(after: nil, maxRate: 2)
    guard case .read(let limits, _, _) = delivery.next(at: .zero) else {
      Issue.record("the delivery does not read")
      return
    }
    #expect(limits.events == 2)
    delivery.take(.read(batch(0..<2)), at: .zero)
    delivery.take(.stored(), at: .zero)
    delivery.saved(at: .zero)
    delivery.take(.read(batch(2..<4)), at: .zero)
    guard case .wait(let duration, .pacing) = delivery.next(at: .zero) else {
      Issue.record("the delivery is not paced")
      return
    }
    #expect(duration == .seconds(1))
  }

  @Test("an outcome that does not match the step is a programming error, which stops")
  func outcomeOutOfPlace() async {
    await #expect(processExitsWith: .failure) {
      var delivery = Delivery(Stretch(name: "cold", batching: Batching()), after: nil)
      var trail = CheckpointTrail(nil, at: .zero)
      delivery.take(
        .stored(), &trail, at: Turn(now: .zero, date: EventTime(seconds: 0), jitter: 0))
    }
  }

  private func name(_ step: Delivery.Step) -> String {
    switch step {
    case .open: "open"
    case .locate: "locate"
    case .compare: "compare"
    case .anchor(let position, _): "anchor \(position.eventId)"
    case .verify(let position): "verify \(position.map { String($0.eventId) } ?? "nil")"
    case .read: "read"
    case .put(let batch, _, _, _): "put \(batch.first.eventId)"
    case .settle: "settle"
    case .save: "save"
    case .wait: "wait"
    case .halted(let halt): "halted \(halt.code)"
    case .finished: "finished"
    }
  }
}
