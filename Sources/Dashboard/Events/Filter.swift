import EventPersistence
internal import Wording

/// Which events the stream shows: a small language of words that all must match.
///
/// `tag:Snapshot`  `id:1000-2000` (or `1000`, `1000-`, `-2000`)  `size:>100k` (or `<`) `since:10m`
/// (or a time)  `tx:9f3c` a transaction and what refers to it, by the beginning of its id a word:
/// in the tag or the summary  `!` before any of them: not.
struct Filter: Sendable, Hashable {
  enum Term: Sendable, Hashable {
    case word(String)
    case tag(String)
    case ids(ClosedRange<UInt64>)
    case larger(Int)
    case smaller(Int)
    case since(EventTime)
    /// The first digits of a transaction's id, in lower case.
    case transaction(String)
  }

  struct Condition: Sendable, Hashable {
    var term: Term
    var isNegated: Bool
  }

  /// The text as typed.
  var text: String
  var conditions: [Condition]

  /// Whether the filter shows a row.
  func matches(_ row: EventRow) -> Bool {
    conditions.allSatisfy { holds($0.term, row) != $0.isNegated }
  }

  func holds(_ term: Term, _ row: EventRow) -> Bool {
    switch term {
    case .word(let word):
      Self.contains(row.summary, word) || Self.contains(row.position.tag ?? "", word)
    case .tag(let tag): Self.contains(row.position.tag ?? "", tag)
    case .ids(let ids): ids.contains(row.position.eventId)
    case .larger(let bytes): row.bytes > bytes
    case .smaller(let bytes): row.bytes < bytes
    case .since(let time): row.position.time.map { $0 >= time } ?? false
    case .transaction(let digits): row.hashes.contains { HashPrefix.begins($0, with: digits) }
    }
  }

  /// Whether `text` contains `lowercased`, ignoring the case of ASCII letters.
  static func contains(_ text: String, _ lowercased: String) -> Bool {
    let needle = Array(lowercased.utf8)
    guard let first = needle.first else { return true }
    var text = text
    return text.withUTF8 { bytes in
      guard bytes.count >= needle.count else { return false }
      for start in 0...(bytes.count - needle.count) where lower(bytes[start]) == first {
        var index = 1
        while index < needle.count, lower(bytes[start + index]) == needle[index] { index += 1 }
        if index == needle.count { return true }
      }
      return false
    }
  }

  private static func lower(_ byte: UInt8) -> UInt8 {
    byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
  }
}

// MARK: - Reading

extension Filter {
  struct Unreadable: Error, Hashable { var sentence: String }

  /// The filter that `text` describes; nil if `text` is blank.
  static func read(_ text: String, now: EventTime?) throws(Unreadable) -> Filter? {
    var conditions: [Condition] = []
    for word in text.split(separator: " ") {
      var word = word
      let isNegated = word.first == "!"
      if isNegated { word = word.dropFirst() }
      guard !word.isEmpty else { continue }
      conditions.append(Condition(term: try term(word, now: now), isNegated: isNegated))
    }
    return conditions.isEmpty ? nil : Filter(text: text, conditions: conditions)
  }

  private static func term(_ word: Substring, now: EventTime?) throws(Unreadable) -> Term {
    guard let colon = word.firstIndex(of: ":") else { return .word(word.lowercased()) }
    let value = word[word.index(after: colon)...]
    switch word[..<colon] {
    case "tag": return .tag(value.lowercased())
    case "id":
      guard let ids = range(value) else {
        throw Unreadable(sentence: "id: takes 1000, 1000-2000, 1000- or -2000")
      }
      return .ids(ids)
    case "size":
      guard let bytes = Quantity.bytes(in: value.dropFirst()) else {
        throw Unreadable(sentence: "size: takes >100k or <1M")
      }
      switch value.first {
      case ">": return .larger(bytes)
      case "<": return .smaller(bytes)
      default: throw Unreadable(sentence: "size: takes >100k or <1M")
      }
    case "since":
      if let time = EventTime(String(value)) { return .since(time) }
      guard let seconds = Quantity.seconds(in: value), let now else {
        throw Unreadable(
          sentence: TimeText.fault(in: String(value)).map { "since: \($0)" }
            ?? "since: takes 10m, 2h, 1d or a time like 2026-07-15T10:00:00Z")
      }
      return .since(now.advanced(bySeconds: -seconds))
    case "tx":
      guard !value.isEmpty, value.utf8.count <= 64,
        value.allSatisfy({ $0.isASCII && $0.isHexDigit })
      else { throw Unreadable(sentence: "tx: takes the first digits of a transaction's id") }
      return .transaction(value.lowercased())
    // Any other colon is part of a word.
    default: return .word(word.lowercased())
    }
  }

  private static func range(_ text: Substring) -> ClosedRange<UInt64>? {
    guard let dash = text.firstIndex(of: "-") else { return Position.id(text).map { $0...$0 } }
    let low = text[..<dash]
    let high = text[text.index(after: dash)...]
    guard !low.isEmpty || !high.isEmpty,
      let first = low.isEmpty ? 0 : Position.id(low),
      let last = high.isEmpty ? Position.idMax : Position.id(high), first <= last
    else { return nil }
    return first...last
  }
}
