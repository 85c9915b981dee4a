import Testing

@testable import JetStreamSink

@Suite("The window of messages without an answer")
struct PublishWindowTests {
  private static let messagesForAnswer = PublishWindow.messagesMax / PublishWindow.answersInFull

  /// Publishes messages of `bytes` while there is room for them: which of them ask for an answer.
  @discardableResult
  private func fill(_ window: inout PublishWindow, bytes: Int) -> [Bool] {
    var asks: [Bool] = []
    while window.next(bytes: bytes) != nil {
      let isLast = window.published + 1 == window.count
      asks.append(window.publish(bytes: bytes, following: isLast ? nil : bytes))
    }
    return asks
  }

  @Test("each message expects the sequence of the one before it")
  func expects() {
    var window = PublishWindow(base: 41, count: 3, asksEach: true)
    var expected: [UInt64] = []
    while window.next(bytes: 10) != nil {
      expected.append(window.expected)
      let asks = window.publish(bytes: 10, following: 10)
      #expect(asks)
    }
    #expect(expected == [41, 42, 43])
    #expect(!window.isStored)
    window.take(answers: 3, storedThrough: 44)
    #expect(window.isStored && window.isAnswered)
  }

  @Test("the last message of a batch asks for an answer, and one for all before it")
  func asks() {
    var window = PublishWindow(base: 100, count: 10)
    let asks = fill(&window, bytes: 1)
    #expect(asks == Array(repeating: false, count: 9) + [true])
    #expect(window.asked == 1 && !window.isAnswered)
    window.take(answers: 1, storedThrough: 110)
    #expect(window.answered == 10 && window.isStored && window.isAnswered)
    #expect(window.bytesUnanswered == 0)
  }

  @Test("one in 256 asks, and of large messages one in half a megabyte")
  func sparse() {
    var window = PublishWindow(base: 0, count: 100_000)
    let small = fill(&window, bytes: 1)
    #expect(small.count == PublishWindow.messagesMax)
    #expect(
      small.indices.filter { small[$0] }
        == (1...PublishWindow.answersInFull).map { $0 * Self.messagesForAnswer - 1 })
    window = PublishWindow(base: 0, count: 100_000)
    let large = fill(&window, bytes: PublishWindow.bytesMax / PublishWindow.answersInFull)
    #expect(large == Array(repeating: true, count: PublishWindow.answersInFull))
  }

  @Test("a message with no room behind it asks, so that an answer comes", arguments: [2, 3, 5, 7])
  func room(parts: Int) {
    var window = PublishWindow(base: 0, count: 100_000)
    let small = PublishWindow.bytesMax / PublishWindow.answersInFull / parts
    while window.next(bytes: small) != nil {
      // Each time, a message follows that has no room.
      let asks = window.publish(bytes: small, following: PublishWindow.bytesMax)
      #expect(asks)
    }
    #expect(window.next(bytes: PublishWindow.bytesMax) == nil && !window.isAnswered)
  }

  @Test("a quarter of a full window is waited for, and all answers once nothing is left to publish")
  func awaited() {
    var window = PublishWindow(base: 0, count: PublishWindow.messagesMax + 512)
    #expect(window.answersAwaited == 1)
    fill(&window, bytes: 1)
    #expect(window.answersAwaited == PublishWindow.answersInFull / 4)
    window.take(answers: 2, storedThrough: 512)
    fill(&window, bytes: 1)
    #expect(window.answersAwaited == PublishWindow.answersInFull)
    window.take(answers: window.asked, storedThrough: UInt64(window.count))
    #expect(window.answersAwaited == 1)
  }

  @Test("it is bounded by the number of messages", arguments: [false, true])
  func messages(asksEach: Bool) {
    var window = PublishWindow(
      base: 0, count: 3 * PublishWindow.messagesMax, asksEach: asksEach)
    let first = fill(&window, bytes: 1).count
    #expect(first == PublishWindow.messagesMax)
    window.take(answers: 7, storedThrough: 7)
    let next = fill(&window, bytes: 1).count
    #expect(next == 7 * (asksEach ? 1 : Self.messagesForAnswer))
    #expect(window.bytesUnanswered == PublishWindow.messagesMax)
  }

  @Test("it is bounded by bytes, and one larger message goes alone")
  func bytes() {
    var window = PublishWindow(base: 0, count: 100)
    let count = fill(&window, bytes: PublishWindow.bytesMax / 4).count
    #expect(count == 4)
    window.take(answers: 3, storedThrough: 3)
    #expect(window.next(bytes: 2 * PublishWindow.bytesMax) == nil)
    window.take(answers: 4, storedThrough: 4)
    #expect(window.next(bytes: 2 * PublishWindow.bytesMax) == 4)
    let asks = window.publish(bytes: 2 * PublishWindow.bytesMax, following: 1)
    #expect(asks)
    #expect(window.next(bytes: 1) == nil)
  }

  @Test(
    "an answer for one message answers for all before it; one that failed stores none behind it")
  func prefix() {
    var window = PublishWindow(base: 100, count: 10, asksEach: true)
    fill(&window, bytes: 1)
    // The second answer came first.
    window.take(answers: 1, storedThrough: 102)
    #expect(window.stored == 2)
    // The third message was lost: those behind it failed.
    window.take(answers: 10, storedThrough: 102)
    #expect(window.stored == 2 && window.isAnswered && !window.isStored)
  }

  @Test("no more is stored than was published, whatever an answer claims")
  func claims() {
    var window = PublishWindow(base: 10, count: 5, asksEach: true)
    _ = window.publish(bytes: 1, following: 1)
    window.take(answers: 1, storedThrough: 1000)
    #expect(window.stored == 1)
  }
}
