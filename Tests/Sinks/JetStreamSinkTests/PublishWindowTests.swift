import Testing

@testable import JetStreamSink

@Suite("The window of messages without an answer")
struct PublishWindowTests {
  private func full(_ window: inout PublishWindow, bytes: Int) -> Int {
    var count = 0
    while window.next(bytes: bytes) != nil {
      window.publish(bytes: bytes)
      count += 1
    }
    return count
  }

  @Test("each message expects the sequence of the one before it")
  func expects() {
    var window = PublishWindow(base: 41, count: 3)
    var expected: [UInt64] = []
    while window.next(bytes: 10) != nil {
      expected.append(window.expected)
      window.publish(bytes: 10)
    }
    #expect(expected == [41, 42, 43])
    #expect(!window.isStored)
    window.take(answered: 3, storedThrough: 44)
    #expect(window.isStored && window.isAnswered)
  }

  @Test("a quarter of a full window is waited for, and all answers once nothing is left to publish")
  func awaited() {
    var window = PublishWindow(base: 0, count: PublishWindow.messagesMax + 10)
    #expect(window.answersAwaited == 1)
    _ = full(&window, bytes: 1)
    #expect(window.answersAwaited == PublishWindow.messagesMax / 4)
    window.take(answered: 10, storedThrough: 10)
    _ = full(&window, bytes: 1)
    #expect(window.answersAwaited == PublishWindow.messagesMax)
    window.take(answered: window.count, storedThrough: UInt64(window.count))
    #expect(window.answersAwaited == 1)
  }

  @Test("it is bounded by the number of messages")
  func messages() {
    var window = PublishWindow(base: 0, count: 3 * PublishWindow.messagesMax)
    #expect(full(&window, bytes: 1) == PublishWindow.messagesMax)
    window.take(answered: 7, storedThrough: 7)
    #expect(full(&window, bytes: 1) == 7)
    #expect(window.bytesUnanswered == PublishWindow.messagesMax)
  }

  @Test("it is bounded by bytes, and one larger message goes alone")
  func bytes() {
    var window = PublishWindow(base: 0, count: 100)
    #expect(full(&window, bytes: PublishWindow.bytesMax / 4) == 4)
    window.take(answered: 3, storedThrough: 3)
    #expect(window.next(bytes: 2 * PublishWindow.bytesMax) == nil)
    window.take(answered: 4, storedThrough: 4)
    #expect(window.next(bytes: 2 * PublishWindow.bytesMax) == 4)
    window.publish(bytes: 2 * PublishWindow.bytesMax)
    #expect(window.next(bytes: 1) == nil)
  }

  @Test(
    "an answer for one message answers for all before it; one that failed stores none behind it")
  func prefix() {
    var window = PublishWindow(base: 100, count: 10)
    _ = full(&window, bytes: 1)
    // The second answer came first.
    window.take(answered: 1, storedThrough: 102)
    #expect(window.stored == 2)
    // The third message was lost: those behind it failed.
    window.take(answered: 10, storedThrough: 102)
    #expect(window.stored == 2 && window.isAnswered && !window.isStored)
  }

  @Test("no more is stored than was published, whatever an answer claims")
  func claims() {
    var window = PublishWindow(base: 10, count: 5)
    window.publish(bytes: 1)
    window.take(answered: 1, storedThrough: 1000)
    #expect(window.stored == 1)
  }
}
