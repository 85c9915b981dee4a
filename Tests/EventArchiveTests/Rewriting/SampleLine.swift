import EventPersistence

@testable import EventArchive

/// A short notation for lines: `5a` is the event 5 with the tag `a`, `5a'` the same in another
/// form, `5a!` the same damaged so that only its position can be read, and `*` a line that is not
/// an event.
enum SampleLine {
  static func text(of short: Substring) -> String {
    guard short != "*" else { return "no event" }
    let id = short.prefix { $0.isNumber }
    let tag = short.dropFirst(id.count).prefix { $0.isLetter }
    let value = short.hasSuffix("!") ? "damaged" : short.hasSuffix("'") ? "1" : "0"
    return "{\"eventId\":\(id),\"stateChanged\":{\"tag\":\"\(tag)\"},\"value\":\(value)}"
  }

  static func lines(_ short: String) -> [ArchiveLine] {
    let texts = short.split(separator: " ").map(text)
    return ArchiveLines(EventBuffer(texts.flatMap { Array("\($0)\n".utf8) })).lines
  }

  static func short(_ lines: some Sequence<ArchiveLine>) -> String {
    lines.map { line in
      guard let position = line.position else { return "*" }
      let text = String(decoding: line.bytes, as: UTF8.self)
      let mark = text.contains("damaged") ? "!" : text.hasSuffix("1}") ? "'" : ""
      return "\(position.eventId)\(position.tag ?? "")\(mark)"
    }.joined(separator: " ")
  }

  /// A batch of events, of which those in brackets were not selected.
  static func batch(
    _ short: String, followsOn: Bool = false, endsId: Bool = false, isDerived: Bool = false
  ) -> EventBatch {
    let words = short.split(separator: " ")
    let events = words.map { word in
      let json = Array(text(of: word.trimmingPrefix("(").prefix { $0 != ")" }).utf8)
      return StateEvent(position: json.withUnsafeBytes { Position(json: $0) }!, json: json)
    }
    let all = EventBatch(events)
    let entries = all.entries.map {
      EventBatch.Entry(
        offset: $0.offset, length: $0.length, position: $0.position, isDerived: isDerived)
    }
    let selected = Set(zip(entries, words).filter { $1.first != "(" }.map(\.0.position))
    return EventBatch(buffer: all.buffer, entries: entries[...])
      .selecting { selected.contains($0.position) }
      .belonging(
        to: BatchRun(
          first: all.first, followsOn: followsOn, isComplete: true, endsId: endsId))
  }
}
