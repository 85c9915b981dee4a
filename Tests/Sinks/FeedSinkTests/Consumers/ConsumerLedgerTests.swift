import EventPersistence
import EventPersistenceTesting
import Testing

@testable import FeedSink

@Suite("Which consumers count for a batch") struct ConsumerLedgerTests {
  private let events = SampleEvents.make(40)

  private func verdict(
    _ ledger: ConsumerLedger, _ range: ClosedRange<Int>, at now: Duration = .zero
  ) -> ConsumerLedger.Verdict {
    ledger.verdict(
      first: events[range.lowerBound].position, last: events[range.upperBound].position,
      silentAfter: .seconds(60), at: now)
  }

  private func connect(
    _ ledger: inout ConsumerLedger, _ beginning: Consumer.Beginning
  ) -> Consumer.ID {
    let id = ledger.connect(name: nil, address: "here", at: .zero)
    ledger.update(id) { $0.beginning = beginning }
    return id
  }

  private func send(
    _ ledger: inout ConsumerLedger, _ id: Consumer.ID, _ range: ClosedRange<Int>
  ) -> UInt64 {
    ledger.update(id) {
      $0.sends(EventBatch(Array(events[range])))
      return $0.ping(at: .zero)
    }!
  }

  @Test("without consumers, or with only later streams, nothing moves")
  func nobody() {
    var ledger = ConsumerLedger()
    #expect(verdict(ledger, 0...3) == .nobody(others: 0))
    let late = connect(&ledger, .id(1))
    let ping = send(&ledger, late, 1...9)
    ledger.update(late) { $0.pong(ping, at: .zero) }
    #expect(verdict(ledger, 0...3) == .nobody(others: 1))
    #expect(verdict(ledger, 1...3) == .delivered)
    #expect(verdict(ledger, 1...10) == .underWay(late))
  }

  @Test(
    "a stream that began after the head holds later events, including one with the head's id")
  func behindHead() {
    let sharedIds = SampleEvents.make(12, sharedIdEach: 9)
    var ledger = ConsumerLedger()
    // The head was the first of two events with one id.
    let live = connect(&ledger, .after(sharedIds[9].position))
    let ping = ledger.update(live) {
      $0.sends(EventBatch(Array(sharedIds[10...11])))
      return $0.ping(at: .zero)
    }!
    ledger.update(live) { $0.pong(ping, at: .zero) }
    func of(_ first: Int) -> ConsumerLedger.Verdict {
      ledger.verdict(
        first: sharedIds[first].position, last: sharedIds[11].position, silentAfter: .seconds(1),
        at: .zero)
    }
    #expect(of(9) == .nobody(others: 1))
    #expect(of(10) == .delivered)
    #expect(of(11) == .delivered)
  }

  @Test("of several the slowest decides; one that disconnected no longer counts")
  func slowest() {
    var ledger = ConsumerLedger()
    let quick = connect(&ledger, .first)
    let slow = connect(&ledger, .first)
    let quickPing = send(&ledger, quick, 0...9)
    let slowPing = send(&ledger, slow, 0...4)
    ledger.update(quick) { $0.pong(quickPing, at: .zero) }
    #expect(verdict(ledger, 0...4) == .underWay(slow))
    #expect(ledger.acknowledged(first: events[0].position) == nil)
    ledger.update(slow) { $0.pong(slowPing, at: .zero) }
    #expect(ledger.acknowledged(first: events[0].position) == events[4].position)
    #expect(verdict(ledger, 0...4) == .delivered)
    #expect(verdict(ledger, 5...9) == .underWay(slow))
    ledger.disconnect(slow)
    #expect(verdict(ledger, 5...9) == .delivered)
  }

  @Test("a batch counts after the pong that follows it, not when it was sent")
  func pong() {
    var ledger = ConsumerLedger()
    let id = connect(&ledger, .first)
    let first = send(&ledger, id, 0...4)
    let second = send(&ledger, id, 5...9)
    #expect(verdict(ledger, 0...4) == .underWay(id))
    ledger.update(id) { $0.pong(99, at: .zero) }
    #expect(verdict(ledger, 0...4) == .underWay(id))
    ledger.update(id) { $0.pong(first, at: .zero) }
    #expect(verdict(ledger, 0...4) == .delivered)
    #expect(verdict(ledger, 0...9) == .underWay(id))
    ledger.update(id) { $0.pong(second, at: .zero) }
    #expect(verdict(ledger, 0...9) == .delivered)
  }

  @Test("a consumer that owes a pong and gives no sign is silent; an idle one is not")
  func silent() {
    var ledger = ConsumerLedger()
    let id = connect(&ledger, .first)
    #expect(ledger.consumers[id]!.silence(at: .seconds(500)) == nil)
    let ping = send(&ledger, id, 0...4)
    #expect(verdict(ledger, 0...4, at: .seconds(59)) == .underWay(id))
    #expect(verdict(ledger, 0...4, at: .seconds(60)) == .silent(id, .seconds(60)))
    ledger.update(id) { $0.queued(10, at: .seconds(1)) }
    ledger.update(id) { $0.took(10, at: .seconds(50)) }
    #expect(verdict(ledger, 0...4, at: .seconds(60)) == .underWay(id))
    ledger.update(id) { $0.pong(ping, at: .seconds(61)) }
    #expect(ledger.consumers[id]!.silence(at: .seconds(900)) == nil)
  }

  @Test("unanswered pings are bounded, and the last pong still answers all")
  func manyPings() {
    let many = SampleEvents.make(1000)
    var consumer = Consumer(id: 1, name: nil, address: "here", at: .zero)
    consumer.beginning = .first
    var last: UInt64 = 0
    for event in many {
      consumer.sends(EventBatch([event]))
      last = consumer.ping(at: .zero)
      #expect(consumer.pings.count <= Consumer.pingsMax)
    }
    consumer.pong(500, at: .zero)
    let half = consumer.acknowledged!.last.eventId
    #expect(half < 500 && half > 450)
    consumer.pong(last, at: .zero)
    #expect(consumer.acknowledged!.last == many.last!.position)
    #expect(consumer.pings.isEmpty)
  }

  @Test(
    "consumers of events that come again must reconnect and no longer count; later ones stay"
  )
  func dismissed() {
    var ledger = ConsumerLedger()
    let far = connect(&ledger, .first)
    let behind = connect(&ledger, .first)
    let late = connect(&ledger, .id(30))
    let live = connect(&ledger, .after(events[29].position))
    _ = send(&ledger, far, 0...19)
    _ = send(&ledger, behind, 0...9)
    _ = send(&ledger, late, 30...39)
    _ = send(&ledger, live, 30...39)
    #expect(ledger.dismiss(beyond: events[9].position) == [far])
    #expect(verdict(ledger, 10...12) == .underWay(behind))
    #expect(ledger.dismiss(beyond: events[9].position) == [])
    #expect(ledger.dismiss(beyond: events[29].position).sorted() == [late, live])
    #expect(ledger.dismiss(beyond: nil) == [behind])
  }

  private func sendLarge(_ ledger: inout ConsumerLedger, _ id: Consumer.ID, _ bytes: Int) -> UInt64
  {
    ledger.update(id) {
      $0.sends(EventBatch([events[0]]), largest: bytes)
      return $0.ping(at: .zero)
    }!
  }

  @Test("one that leaves in the middle of a large message is named with its size")
  func leftWithinLarge() {
    var ledger = ConsumerLedger()
    for round in 1...10 {
      let id = ledger.connect(name: "oura", address: "a:\(round)", at: .zero)
      _ = sendLarge(&ledger, id, 40 << 20)
      ledger.disconnect(id, isByConsumer: true)
    }
    #expect(ledger.refusals.last?.phrase == "left in the middle of a message of 40.0 MiB, 10 times")
    let notes = ledger.takeNotes()
    #expect(notes.count == 2)
    #expect(notes[0].hasPrefix("oura (a:1) left in the middle of a message of 40.0 MiB. Raise"))
  }

  @Test("one that leaves after its answer, or after small messages, or is closed, is just gone")
  func justGone() {
    var ledger = ConsumerLedger()
    func connect() -> Consumer.ID { ledger.connect(name: "oura", address: "a:1", at: .zero) }
    let answered = connect()
    ledger.pong(sendLarge(&ledger, answered, 2 << 20), of: answered, at: .zero)
    ledger.disconnect(answered, isByConsumer: true)
    let small = connect()
    _ = sendLarge(&ledger, small, MessageFrames.fragmentBytesMax)
    ledger.disconnect(small, isByConsumer: true)
    let closed = connect()
    _ = sendLarge(&ledger, closed, 2 << 20)
    ledger.disconnect(closed)
    #expect(ledger.refusals.isEmpty && ledger.refusals.last == nil)
    #expect(ledger.takeNotes().isEmpty)
  }

  @Test("an answer for a message as large as the refused one forgets the refusal")
  func forgiven() {
    var ledger = ConsumerLedger()
    let first = ledger.connect(name: nil, address: "10.0.0.1:1", at: .zero)
    _ = sendLarge(&ledger, first, 3 << 20)
    ledger.noteRefusal(of: first, isTold: true)
    ledger.disconnect(first)
    #expect(ledger.refusals["10.0.0.1"]?.bytes == 3 << 20)
    let second = ledger.connect(name: nil, address: "10.0.0.1:2", at: .zero)
    let smaller = sendLarge(&ledger, second, 2 << 20)
    ledger.pong(smaller, of: second, at: .zero)
    #expect(ledger.refusals.last != nil)
    let same = sendLarge(&ledger, second, 3 << 20)
    ledger.pong(same, of: second, at: .zero)
    #expect(ledger.refusals.isEmpty && ledger.refusals.last == nil)
  }

  @Test("a refusal of a small message is forgotten with an answer, and an observer's is none")
  func forgivenSmall() {
    var ledger = ConsumerLedger()
    let watcher = ledger.connect(name: "watcher", address: "b:1", at: .zero)
    ledger.update(watcher) { $0.isObserver = true }
    ledger.noteRefusal(of: watcher, isTold: true)
    #expect(ledger.refusals.isEmpty && ledger.takeNotes().isEmpty)
    let first = ledger.connect(name: "bob", address: "a:1", at: .zero)
    ledger.noteRefusal(of: first, isTold: true)
    ledger.disconnect(first)
    #expect(ledger.refusals.last?.phrase == "refused a message for its size")
    let second = ledger.connect(name: "bob", address: "a:2", at: .zero)
    let small = sendLarge(&ledger, second, 10)
    ledger.pong(small, of: second, at: .zero)
    #expect(ledger.refusals.isEmpty && ledger.refusals.last == nil)
  }

  @Test("refusals are kept of a bounded number of consumers")
  func bounded() {
    var ledger = ConsumerLedger()
    for number in 0..<1000 {
      let id = ledger.connect(name: "c\(number)", address: "a:1", at: .zero)
      ledger.noteRefusal(of: id, isTold: true)
      ledger.disconnect(id)
    }
    let kept = (0..<1000).filter { ledger.refusals["c\($0)"] != nil }
    #expect(kept.contains(999) && kept.count <= SizeRefusals.countMax)
    #expect(ledger.takeNotes().count <= 100)
  }
}
