import EventPersistence

/// A batch being delivered to a program that answers, as a value: what may be written next, and
/// what an answer means, given what was written and answered so far.
///
/// At most `window` bytes are unanswered, or one event if that is larger. The second event of an id
/// is written only after the first is answered, so that an answer with only the id is unambiguous.
struct Exchange {
  enum Verdict: Hashable {
    /// This many more events are stored.
    case stored(Int)
    /// A repeated answer.
    case known
    /// The answer names an event that was not written.
    case neverSent
  }

  /// Indices are those of `batch.entries`.
  let batch: EventBatch
  let window: Int
  /// The first unanswered event.
  private(set) var answered: Int
  /// The first event that is not wholly written.
  private(set) var written: Int
  /// The first event that may not be written yet.
  private var admitted: Int
  /// The events from here on are not to be written.
  private var end: Int
  /// The bytes of the buffer to write next: admitted events that are adjacent in it.
  private(set) var toWrite: Range<Int>
  /// The size of the admitted, unanswered events.
  private(set) var unansweredBytes = 0

  init(_ batch: EventBatch, window: Int) {
    self.batch = batch
    self.window = window
    answered = batch.entries.startIndex
    written = answered
    admitted = answered
    end = batch.entries.endIndex
    toWrite = 0..<0
    admit()
  }

  var isDone: Bool { answered == end }
  var unansweredCount: Int { written - answered }

  /// The last answered event.
  var stored: Position? {
    answered > batch.entries.startIndex ? batch.entries[answered - 1].position : nil
  }

  /// Whether `rest` is what is left of the batch after the answered events.
  func goesOn(with rest: EventBatch) -> Bool {
    let own = batch.entries[answered...]
    return end == own.endIndex && batch.buffer === rest.buffer
      && own.first?.offset == rest.entries.first?.offset && own.count == rest.entries.count
  }

  /// Nothing more is written, except the rest of an event that is partly written.
  mutating func withdraw() {
    let isPartly = written < admitted && batch.entries[written].offset < toWrite.lowerBound
    end = isPartly ? written + 1 : written
    for index in end..<admitted { unansweredBytes -= batch.entries[index].length + 1 }
    admitted = end
    toWrite = toWrite.lowerBound..<(isPartly ? endOffset(of: written) : toWrite.lowerBound)
  }

  /// Counts `count` bytes as written.
  mutating func wrote(_ count: Int) {
    toWrite = toWrite.lowerBound + count..<toWrite.upperBound
    while written < admitted, toWrite.isEmpty || endOffset(of: written) <= toWrite.lowerBound {
      written += 1
    }
    admit()
  }

  /// Handles an answer: the events through `position` are stored.
  mutating func answer(_ position: Position) -> Verdict {
    if let index = (answered..<written).first(where: {
      batch.entries[$0].position.agrees(with: position)
    }) {
      let count = index + 1 - answered
      for stored in answered...index { unansweredBytes -= batch.entries[stored].length + 1 }
      answered = index + 1
      admit()
      return .stored(count)
    }
    guard answered > batch.entries.startIndex, let first = batch.entries.first?.position else {
      return .neverSent
    }
    let last = batch.entries[answered - 1].position
    return (first.eventId...max(first.eventId, last.eventId)).contains(position.eventId)
      ? .known : .neverSent
  }

  private func endOffset(of index: Int) -> Int {
    batch.entries[index].offset + batch.entries[index].length + 1
  }

  private mutating func admit() {
    while admitted < end {
      let entry = batch.entries[admitted]
      let bytes = entry.length + 1
      guard toWrite.isEmpty || toWrite.upperBound == entry.offset else { return }
      guard admitted == answered || unansweredBytes + bytes <= window, !sharesId(admitted) else {
        return
      }
      toWrite =
        (toWrite.isEmpty ? entry.offset : toWrite.lowerBound)..<entry.offset + bytes
      unansweredBytes += bytes
      admitted += 1
    }
  }

  /// Whether an event of the same id is not answered yet.
  private func sharesId(_ index: Int) -> Bool {
    guard index > answered else { return false }
    let id = batch.entries[index].position.eventId
    // Ids rise, so checking the one before is nearly always enough.
    guard id <= batch.entries[index - 1].position.eventId else { return false }
    return batch.entries[answered..<index].contains { $0.position.eventId == id }
  }
}
