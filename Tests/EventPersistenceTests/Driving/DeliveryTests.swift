import EventPersistenceTesting
import Testing

@testable import EventPersistence

@Suite struct DeliveryTests {
  private let retry = Delivery.Retry(jitter: 1, date: EventTime(seconds: 1_800_000_000))
  private let events = SampleEvents.make(30)

  /// A delivery behind the event `id` whose sink is open and whose position is verified.
  private func reading(
    after id: Int?, bound: Delivery.Bound = .none, maxRate: Double? = nil
  ) -> Delivery {
    var delivery = Delivery(
      of: "cold", after: id.map { events[$0].position }, bound: bound,
      batching: Batching(limits: BatchLimits(events: 5)),
      maxRate: maxRate, isOpen: true, at: .zero)
    let next = events[(id ?? -1) + 1].position
    delivery.verified(.success(PositionStatus(match: .found, next: next)), at: .zero, retry: retry)
    return delivery
  }

  private func batch(_ range: Range<Int>) -> EventBatch { EventBatch(Array(events[range])) }

  @Test("the steps of a batch: open, verify, read, put, and the checkpoint before it idles")
  func order() {
    var delivery = Delivery(
      of: "cold", after: events[9].position, batching: Batching(limits: BatchLimits(events: 5)),
      at: .zero)
    var steps: [String] = []
    steps.append(name(delivery.next(at: .zero)))
    delivery.opened(.success(.unknown), at: .zero, retry: retry)
    steps.append(name(delivery.next(at: .zero)))
    delivery.verified(
      .success(PositionStatus(match: .found, next: events[10].position)), at: .zero, retry: retry)
    steps.append(name(delivery.next(at: .zero)))
    delivery.read(.success(batch(10..<15)), at: .zero, retry: retry)
    steps.append(name(delivery.next(at: .zero)))
    delivery.readAhead(.success(nil))
    delivery.stored(.success(()), at: .zero, retry: retry)
    steps.append(name(delivery.next(at: .zero)))
    delivery.saved(at: .zero)
    steps.append(name(delivery.next(at: .zero)))
    #expect(steps == ["open", "verify 9", "read", "put 10", "save", "wait"])
  }

  @Test("a checkpoint is saved at each 250 ms of work, not at each batch")
  func trailing() {
    var delivery = reading(after: nil)
    delivery.saved(at: .zero)
    delivery.read(.success(batch(0..<5)), at: .milliseconds(10), retry: retry)
    delivery.stored(.success(()), at: .milliseconds(100), retry: retry)
    #expect(name(delivery.next(at: .milliseconds(100))) == "read")
    delivery.read(.success(batch(5..<10)), at: .milliseconds(120), retry: retry)
    delivery.stored(.success(()), at: .milliseconds(260), retry: retry)
    #expect(name(delivery.next(at: .milliseconds(260))) == "save")
  }

  @Test("a checkpoint is saved before backing off, and before it halts")
  func savedBeforeBackingOff() {
    for remedy in [SinkError.Remedy.retry, .stop] {
      var delivery = reading(after: nil)
      delivery.read(.success(batch(0..<5)), at: .zero, retry: retry)
      delivery.readAhead(.success(batch(5..<10)))
      delivery.stored(.success(()), at: .zero, retry: retry)
      #expect(name(delivery.next(at: .zero)) == "put 5")
      delivery.stored(
        .failure(SinkError(remedy, code: "E", "failed")), at: .zero, retry: retry)
      #expect(name(delivery.next(at: .zero)) == "save")
      delivery.saved(at: .zero)
      #expect(name(delivery.next(at: .zero)) == (remedy == .retry ? "wait" : "halted E"))
    }
  }

  /// A delivery whose checkpoint is 19, of a sink that names 9.
  private func stepsBack(_ selection: Selection) -> Delivery {
    var delivery = Delivery(
      of: "cold", after: events[19].position, batching: Batching(limits: BatchLimits(events: 5)),
      selection: selection, at: .zero)
    delivery.opened(.success(.through(events[9].position)), at: .zero, retry: retry)
    return delivery
  }

  private func stores(_ range: Range<Int>, _ delivery: inout Delivery) {
    delivery.read(.success(batch(range)), at: .zero, retry: retry)
    delivery.stored(.success(()), at: .zero, retry: retry)
  }

  @Test("a sink that names the last event selected for it does not take the checkpoint back")
  func namesLastSelected() {
    var delivery = stepsBack(.tags(["HeadClosed"]))
    #expect(name(delivery.next(at: .zero)) == "verify 9")
    delivery.verified(
      .success(PositionStatus(match: .found, next: events[10].position)), at: .zero, retry: retry)
    stores(10..<15, &delivery)
    #expect(!delivery.isUnsaved && delivery.takeNotes() == [])
    stores(15..<20, &delivery)
    #expect(delivery.isUnsaved && delivery.position == events[19].position)
  }

  @Test("it goes back where an event is met that the sink should hold")
  func lacksSelected() {
    var delivery = stepsBack(.tags([events[12].tag!]))
    delivery.verified(
      .success(PositionStatus(match: .found, next: events[10].position)), at: .zero, retry: retry)
    stores(10..<15, &delivery)
    #expect(delivery.isUnsaved && delivery.position == events[14].position)
    #expect(delivery.takeNotes().joined().contains("delivering again"))
    #expect(stepsBack(.all).isUnsaved)
  }

  @Test("where the log does not tell any more what followed, the checkpoint counts")
  func namesWhatIsRotatedAway() {
    var delivery = stepsBack(.tags(["HeadClosed"]))
    delivery.verified(
      .success(PositionStatus(match: .gap(10...15), next: events[16].position)), at: .zero, retry: retry)
    #expect(name(delivery.next(at: .zero)) == "verify 19")
    #expect(!delivery.isUnsaved && delivery.takeNotes().joined().contains("the checkpoint counts"))
  }

  @Test("nothing more goes to the sink while the checkpoint cannot be saved")
  func saveFails() {
    var delivery = reading(after: nil)
    delivery.read(.success(batch(0..<5)), at: .zero, retry: retry)
    delivery.stored(.success(()), at: .zero, retry: retry)
    let full = StateError(.notWritable, "the disk is full")
    delivery.saveFailed(full, at: .zero, retry: retry)
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
    delivery.read(.success(batch(0..<5)), at: .zero, retry: retry)
    var waits: [Duration] = []
    for _ in 0..<10 {
      delivery.stored(.failure(SinkError(.retry, code: "E", "failed")), at: .zero, retry: retry)
      guard case .wait(let duration, .backingOff) = delivery.next(at: .zero) else {
        Issue.record("it does not back off")
        return
      }
      waits.append(duration)
      delivery.opened(.success(.unknown), at: .zero, retry: retry)
      delivery.verified(
        .success(PositionStatus(match: .found, next: events[0].position)), at: .zero, retry: retry)
      #expect(name(delivery.next(at: .zero)) == "put 0")
    }
    #expect(waits.prefix(3) == [.milliseconds(250), .milliseconds(500), .seconds(1)])
    #expect(waits.last == .seconds(60))
    #expect(delivery.trouble?.count == 10)
    delivery.stored(.success(()), at: .zero, retry: retry)
    #expect(delivery.trouble == nil)
  }

  @Test("one that waits for somebody puts the same batch again at once, and shows one trouble")
  func waitsForSomebody() {
    var delivery = reading(after: nil)
    delivery.read(.success(batch(0..<5)), at: .zero, retry: retry)
    for second in 1...3 {
      delivery.putting()
      delivery.stored(
        .failure(SinkError(.wait, code: "nobody", "\(second) s")), at: .seconds(second),
        retry: retry)
      #expect(name(delivery.next(at: .seconds(second))) == "put 0")
    }
    #expect(delivery.isWaitingForSomebody)
    #expect(delivery.trouble?.message == "3 s")
    #expect(delivery.trouble?.count == 1)
    #expect(delivery.attempts == 0)
    delivery.stored(
      .failure(SinkError(.again, code: "under way", "…")), at: .seconds(4), retry: retry)
    #expect(!delivery.isWaitingForSomebody)
    #expect(delivery.trouble == nil)
    #expect(name(delivery.next(at: .seconds(4))) == "put 0")
    delivery.stored(.success(()), at: .seconds(5), retry: retry)
    #expect(delivery.position == events[4].position)
  }

  @Test("a batch in hand is kept over a failure, and given up where the log has another one")
  func batchInHand() {
    var delivery = reading(after: 4)
    delivery.read(.success(batch(5..<10)), at: .zero, retry: retry)
    delivery.stored(.failure(SinkError(.retry, code: "E", "failed")), at: .zero, retry: retry)
    delivery.resume()
    delivery.opened(.success(.unknown), at: .zero, retry: retry)
    let other = Position(eventId: 5, tag: "Other")
    delivery.verified(.success(PositionStatus(match: .found, next: other)), at: .zero, retry: retry)
    #expect(delivery.inHand == nil)
    #expect(name(delivery.next(at: .zero)) == "verify 4")
  }

  @Test("a batch that leaves ids out is delivered only once the log says that none is lost")
  func leap() {
    var delivery = reading(after: 4)
    delivery.read(.success(batch(8..<10)), at: .zero, retry: retry)
    #expect(name(delivery.next(at: .zero)) == "verify 4")
    var lost = delivery
    delivery.verified(
      .success(PositionStatus(match: .found, next: events[8].position)), at: .zero, retry: retry)
    #expect(name(delivery.next(at: .zero)) == "put 8")
    lost.verified(
      .success(PositionStatus(match: .gap(5...7), next: events[8].position)), at: .zero, retry: retry)
    #expect(name(lost.next(at: .zero)) == "halted gap")
  }

  @Test("a position beyond the head is waited for, five seconds and no longer")
  func ahead() {
    var delivery = Delivery(
      of: "cold", after: Position(eventId: 99), batching: Batching(limits: BatchLimits()),
      isOpen: true, at: .zero)
    delivery.verified(.success(PositionStatus(match: .ahead, next: nil)), at: .zero, retry: retry)
    #expect(name(delivery.next(at: .zero)) == "wait")
    #expect(name(delivery.next(at: .milliseconds(100))) == "verify 99")
    delivery.verified(
      .success(PositionStatus(match: .ahead, next: nil)), at: .seconds(5), retry: retry)
    #expect(name(delivery.next(at: .seconds(5))) == "halted diverged")
  }

  @Test(
    "the earlier of the checkpoint and what the sink holds counts, and no replay of a range asks")
  func holdings() {
    func position(_ held: Holdings, honours: Bool = true) -> UInt64? {
      var delivery = Delivery(
        of: "cold", after: events[9].position, batching: Batching(limits: BatchLimits()),
        honoursHoldings: honours,
        at: .zero)
      delivery.opened(.success(held), at: .zero, retry: retry)
      return delivery.position?.eventId
    }
    #expect(position(.unknown) == 9)
    #expect(position(.through(events[20].position)) == 9)
    #expect(position(.through(events[3].position)) == 3)
    #expect(position(.through(nil)) == nil)
    #expect(position(.through(events[3].position), honours: false) == 9)
  }

  @Test("a change under the reader is tried again at once, and is a trouble when it does not end")
  func changes() {
    var delivery = reading(after: 4)
    let changed = SourceError(.changed, "the log changes")
    for _ in 0..<3 {
      delivery.read(.failure(changed), at: .zero, retry: retry)
      #expect(name(delivery.next(at: .zero)) == "verify 4")
      #expect(delivery.trouble == nil)
    }
    delivery.read(.failure(changed), at: .zero, retry: retry)
    #expect(name(delivery.next(at: .zero)) == "wait")
    #expect(delivery.trouble?.code == "primary")
  }

  @Test("a greatest rate spaces the batches, a second's worth each")
  func pacing() {
    var delivery = reading(after: nil, maxRate: 2)
    guard case .read(let limits, _, _) = delivery.next(at: .zero) else {
      Issue.record("it does not read")
      return
    }
    #expect(limits.events == 2)
    delivery.read(.success(batch(0..<2)), at: .zero, retry: retry)
    delivery.stored(.success(()), at: .zero, retry: retry)
    delivery.saved(at: .zero)
    delivery.read(.success(batch(2..<4)), at: .zero, retry: retry)
    guard case .wait(let duration, .pacing) = delivery.next(at: .zero) else {
      Issue.record("it is not paced")
      return
    }
    #expect(duration == .seconds(1))
  }

  private func name(_ step: Delivery.Step) -> String {
    switch step {
    case .open: "open"
    case .locate: "locate"
    case .anchor(let position, _): "anchor \(position.eventId)"
    case .verify(let position): "verify \(position.map { String($0.eventId) } ?? "nil")"
    case .read: "read"
    case .put(let batch, _, _): "put \(batch.first.eventId)"
    case .save: "save"
    case .wait: "wait"
    case .halted(let halt): "halted \(halt.code)"
    case .finished: "finished"
    }
  }
}
