/// Which events of a batch are published, and which of these are known to be stored.
///
/// Messages are published in order, and each expects the sequence of the one before it. So the stream
/// stores a message only directly behind the one before, and an answer for one answers for all
/// before it. A message that fails makes all behind it fail, and leaves no hole.
///
/// Therefore few messages ask for an answer: each answer costs the server, the network and the
/// client about as much as a message does. The last of a batch asks, and the last that the window
/// has room for, so that an answer always comes.
///
/// Pure: it says what may be published; the sink publishes.
struct PublishWindow: Equatable {
  /// The most messages that wait for an answer.
  static let messagesMax = 4096
  /// The most bytes of these; a single message may be larger.
  static let bytesMax = 8 << 20
  /// How many answers a full window waits for, more or less.
  static let answersInFull = 16

  /// The sequence of the stream's last message before the first of these.
  let base: UInt64
  let count: Int
  /// Whether each message asks for an answer.
  let asksEach: Bool
  private(set) var published = 0
  /// How many of the first messages are answered, by their own answer or that of a later one.
  private(set) var answered = 0
  /// How many of the first events are stored.
  private(set) var stored = 0
  private(set) var bytesUnanswered = 0
  /// How many answers were asked for.
  private(set) var asked = 0
  /// How many of these came.
  private(set) var answers = 0
  /// What the answers that are waited for answer for, oldest first, in a ring.
  private var stretches: [Stretch]
  /// What was published since an answer was last asked for.
  private var unasked = Stretch()

  private struct Stretch: Equatable {
    var messages = 0
    var bytes = 0
  }

  init(base: UInt64, count: Int, asksEach: Bool = false) {
    self.base = base
    self.count = count
    self.asksEach = asksEach
    stretches = Array(repeating: Stretch(), count: min(count, Self.messagesMax))
  }

  var isStored: Bool { stored == count }
  var isAnswered: Bool { answers == asked }

  /// The index of the event to publish next, of `bytes`; nil if an answer must come first, or none is
  /// left.
  func next(bytes: Int) -> Int? {
    guard published < count, published - answered < Self.messagesMax else { return nil }
    return published == answered || bytesUnanswered + bytes <= Self.bytesMax ? published : nil
  }

  /// How many answers to wait for before anything else is done: all if nothing is left to publish, else a
  /// quarter, so that the server has work meanwhile.
  var answersAwaited: Int {
    let unanswered = asked - answers
    return max(1, published == count ? unanswered : unanswered / 4)
  }

  /// The sequence that the next message expects the stream to end with.
  var expected: UInt64 { base + UInt64(published) }

  /// Counts the next message as published.
  ///
  /// - Parameters:
  ///   - bytes: its size.
  ///   - following: the size of the message behind it; nil if there is none.
  /// - Returns: whether it is to ask for an answer.
  mutating func publish(bytes: Int, following: Int?) -> Bool {
    precondition(next(bytes: bytes) != nil, "the window is full")
    published += 1
    bytesUnanswered += bytes
    unasked.messages += 1
    unasked.bytes += bytes
    let asks =
      asksEach || unasked.messages >= Self.messagesMax / Self.answersInFull
      || unasked.bytes >= Self.bytesMax / Self.answersInFull
      || following.flatMap { next(bytes: $0) } == nil
    guard asks else { return false }
    stretches[asked % stretches.count] = unasked
    unasked = Stretch()
    asked += 1
    return true
  }

  /// Takes what was answered by now.
  ///
  /// - Parameters:
  ///   - answers: how many answers came, since the window began.
  ///   - storedThrough: the highest sequence of a message that was stored where it belongs.
  mutating func take(answers: Int, storedThrough: UInt64) {
    precondition(answers >= self.answers && answers <= asked, "answers come once")
    while self.answers < answers {
      let stretch = stretches[self.answers % stretches.count]
      bytesUnanswered -= stretch.bytes
      answered += stretch.messages
      self.answers += 1
    }
    if storedThrough > base { stored = max(stored, min(published, Int(storedThrough - base))) }
  }
}
