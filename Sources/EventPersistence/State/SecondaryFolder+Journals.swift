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

  // MARK: - journal.jsonl

  /// The size at which the journal of happenings is rewritten with its newest half.
  static let journalBytesMax = 256 << 10

  /// Notes what happened. The same in a row is one happening with the first and the last time and a count:
  /// a line that repeats the one before it takes its place when read.
  ///
  /// May be called by anybody at any time, the holder of the lock or not.
  public func note(_ entry: JournalEntry) throws(StateError) {
    let journal = JSONLinesFile(path: file("journal.jsonl"), access: access)
    try journal.withTurn { turn throws(StateError) in
      var entry = entry
      let lines: [JournalEntry] = try journal.last(1)
      if let last = lines.last, last.repeats(entry) {
        entry = last.joined(by: entry)
      }
      try turn.append(JSONFile.data(of: entry))
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
  }

  /// The last `count` happenings, oldest first.
  public func readJournal(last count: Int) throws(StateError) -> [JournalEntry] {
    let journal = JSONLinesFile(path: file("journal.jsonl"), access: access)
    // Repeats stand as lines of their own: more is read until enough different ones are in sight.
    var lineCount = max(count, 1)
    while true {
      let lines: [JournalEntry] = try journal.last(lineCount)
      let folded = JournalEntry.folded(lines)
      // One more than asked for, so that the first that is given is whole.
      if folded.count > count || lines.count < lineCount { return Array(folded.suffix(count)) }
      lineCount = lineCount > .max / 4 ? .max : lineCount * 4
    }
  }
}

extension JournalEntry {
  /// Whether `next` is this happening once more.
  func repeats(_ next: JournalEntry) -> Bool { kind == next.kind && text == next.text }

  /// This happening, seen again as `next`.
  func joined(by next: JournalEntry) -> JournalEntry {
    var joined = self
    joined.lastAt = max(lastAt, next.lastAt)
    joined.count += next.count
    return joined
  }

  /// Each run of lines about one happening as the last of them, which counts them all.
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
