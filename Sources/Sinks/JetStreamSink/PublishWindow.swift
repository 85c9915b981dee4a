/// Which events of a batch are published, and which of these are known to be stored.
///
/// Messages are published in order, and each expects the sequence of the one before it. So the stream
/// stores a message only directly behind the one before, and an answer for one answers for all
/// before it. A message that fails makes all behind it fail, and leaves no hole.
///
/// Pure: it says what may be published; the sink publishes.
struct PublishWindow: Equatable {
  /// The most messages that wait for an answer.
  static let messagesMax = 4096
  /// The most bytes of these; a single message may be larger.
  static let bytesMax = 8 << 20

  /// The sequence of the stream's last message before the first of these.
  let base: UInt64
  let count: Int
  private(set) var published = 0
  private(set) var answered = 0
  /// How many of the first events are stored.
  private(set) var stored = 0
  private(set) var bytesUnanswered = 0
  /// The sizes of the messages without an answer, oldest first, in a ring.
  private var sizes: [Int]

  init(base: UInt64, count: Int) {
    self.base = base
    self.count = count
    sizes = Array(repeating: 0, count: min(count, Self.messagesMax))
  }

  var isStored: Bool { stored == count }
  var isAnswered: Bool { answered == published }

  /// The index of the event to publish next, of `bytes`; nil if an answer must come first, or none is
  /// left.
  func next(bytes: Int) -> Int? {
    guard published < count, published - answered < sizes.count else { return nil }
    return isAnswered || bytesUnanswered + bytes <= Self.bytesMax ? published : nil
  }

  /// How many answers to wait for before anything else is done: all if nothing is left to publish, else a
  /// quarter, so that the server has work meanwhile.
  var answersAwaited: Int {
    let unanswered = published - answered
    return max(1, published == count ? unanswered : unanswered / 4)
  }

  /// The sequence that the next message expects the stream to end with.
  var expected: UInt64 { base + UInt64(published) }

  mutating func publish(bytes: Int) {
    precondition(next(bytes: bytes) != nil, "the window is full")
    sizes[published % sizes.count] = bytes
    bytesUnanswered += bytes
    published += 1
  }

  /// Takes what was answered by now.
  ///
  /// - Parameters:
  ///   - answered: how many messages, since the window began.
  ///   - storedThrough: the highest sequence of one that was stored where it belongs.
  mutating func take(answered: Int, storedThrough: UInt64) {
    precondition(answered >= self.answered && answered <= published, "answers come once")
    while self.answered < answered {
      bytesUnanswered -= sizes[self.answered % sizes.count]
      self.answered += 1
    }
    if storedThrough > base { stored = max(stored, min(published, Int(storedThrough - base))) }
  }
}
