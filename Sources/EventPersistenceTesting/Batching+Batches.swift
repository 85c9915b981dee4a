public import EventPersistence

extension Batching {
  /// The batches of the log `events` from the index `start` on, for a sink with this batching, read
  /// `size` events at a time: with a rule, whole batches or pieces that cross no limit; the last
  /// batch may be incomplete.
  ///
  /// - Throws: never, if `events` are a log.
  public func batches(
    of events: [StateEvent], from start: Int = 0, by size: Int
  ) throws -> [EventBatch] {
    var assembler = BatchAssembler(self)
    var batches: [EventBatch] = []
    if rule != nil, start > 0 {
      assembler.begin(at: events[0].position, known: events[start - 1].position)
      try assembler.take(EventBatch(Array(events[..<start])))
      while let output = assembler.next() { batches.append(output.batch) }
    }
    for index in stride(from: start, to: events.count, by: size) {
      try assembler.take(EventBatch(Array(events[index..<min(index + size, events.count)])))
      while let output = assembler.next() { batches.append(output.batch) }
    }
    if let output = assembler.flush() { batches.append(output.batch) }
    return batches
  }
}
