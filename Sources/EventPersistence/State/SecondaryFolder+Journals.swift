internal import Foundation

extension SecondaryFolder {
  // MARK: - replays.jsonl

  /// Notes a replay that has ended, durably.
  public func appendReplays(_ replay: ReplayRecord) throws(StateError) {
    try JSONLinesFile(path: file("replays.jsonl"), access: access)
      .append(JSONFile.data(of: replay), durability: .crash)
  }

  /// The last `count` replays that ended, oldest first.
  public func readReplays(last count: Int) throws(StateError) -> [ReplayRecord] {
    try JSONLinesFile(path: file("replays.jsonl"), access: access).last(count)
  }

  /// Refuses a replay whose end could not be noted.
  func checkReplaysAreWritable() throws(StateError) {
    try JSONLinesFile(path: file("replays.jsonl"), access: access).withTurn { _ in }
  }

  // MARK: - journal.jsonl

  /// The size at which the journal is rewritten with its newest half.
  static let journalBytesMax = 256 << 10

  private var journal: JSONLinesFile {
    JSONLinesFile(path: file("journal.jsonl"), access: access, bytesMax: AtomicFile.bytesMax)
  }

  /// Notes an entry. Repeats in a row are one entry with the first and the last time and a count:
  /// when read, a line that repeats the previous one replaces it.
  ///
  /// Any process may call it at any time, with or without the lock.
  public func note(_ entry: JournalEntry) throws(StateError) {
    try journal.withTurn { turn throws(StateError) in
      try append(entry, in: turn)
      try shorten(turn)
    }
  }

  /// Gives an order and notes it, or does neither.
  ///
  /// The entry is written first, and taken back if `give` throws.
  func note(
    _ entry: JournalEntry, giving give: () throws(StateError) -> Void
  ) throws(StateError) {
    // In a turn of its own, because this replaces the file.
    try journal.withTurn { turn throws(StateError) in try shorten(turn) }
    try journal.withTurn { turn throws(StateError) in
      let end = try turn.byteCount()
      do throws(StateError) {
        try append(entry, in: turn)
        try turn.sync()
        try give()
      } catch {
        turn.takeBack(to: end)
        throw error
      }
    }
  }

  private func append(_ entry: JournalEntry, in turn: JSONLinesFile.Turn) throws(StateError) {
    var entry = entry
    let lines: [JournalEntry] = try journal.last(1)
    if let last = lines.last, last.repeats(entry) {
      entry = last.joined(by: entry)
    }
    try turn.append(JSONFile.data(of: entry))
  }

  /// Rewrites the journal with its newest half if it is too large.
  private func shorten(_ turn: JSONLinesFile.Turn) throws(StateError) {
    guard try turn.byteCount() > Self.journalBytesMax else { return }
    let all: [JournalEntry] = try journal.last(.max)
    var kept = Data()
    for entry in JournalEntry.folded(all).reversed() {
      let line = JSONFile.data(of: entry)
      guard kept.count + line.count <= Self.journalBytesMax / 2 else { break }
      kept = line + kept
    }
    try turn.replace(with: kept)
  }

  /// The last `count` entries, oldest first.
  public func readJournal(last count: Int) throws(StateError) -> [JournalEntry] {
    let journal = journal
    // Repeats are lines of their own: read more until there are enough different entries.
    var lineCount = max(count, 1)
    while true {
      let lines: [JournalEntry] = try journal.last(lineCount)
      let folded = JournalEntry.folded(lines)
      // One more than requested, so that the first one returned is whole.
      if folded.count > count || lines.count < lineCount { return Array(folded.suffix(count)) }
      lineCount = lineCount > .max / 4 ? .max : lineCount * 4
    }
  }
}

extension JournalEntry {
  /// Whether `next` repeats this entry.
  func repeats(_ next: JournalEntry) -> Bool { kind == next.kind && text == next.text }

  /// This entry, repeated as `next`.
  func joined(by next: JournalEntry) -> JournalEntry {
    var joined = self
    joined.lastAt = max(lastAt, next.lastAt)
    joined.count += next.count
    return joined
  }

  /// Each run of repeated lines as its last line, which has the count of them all.
  static func folded(_ lines: [JournalEntry]) -> [JournalEntry] {
    var folded: [JournalEntry] = []
    for line in lines {
      if let last = folded.last, last.repeats(line), last.at == line.at {
        folded[folded.count - 1] = line
      } else {
        folded.append(line)
      }
    }
    return folded
  }
}
