import EventArchive
import EventPersistence

/// The names of objects in a bucket.
///
/// ```
/// PREFIX/hydra-sinks.json                                the version of this form, and its options
/// PREFIX/hydra-sinks-owner.json                          whose it is
/// PREFIX/2026/07/15/FIRSTID-LASTID[.k].jsonl.zst         a batch, below the day of its first event (UTC)
/// PREFIX/0000/00/00/FIRSTID-LASTID[.k].jsonl.zst         a batch whose first event has no time
/// PREFIX/events/ID                                       an event, with `layout: per-event`
/// PREFIX/superseded/…                                    what was set aside; never read, never deleted
/// PREFIX/g2/…                                            the same for the node's next log
/// ```
///
/// Events without a time are from old releases and come first in a log, as year 0 does in a
/// listing.
struct S3Place: Sendable, Hashable {
  /// The prefix of all generations: empty, or ending with a slash.
  let base: String
  /// The prefix of the generation's keys, likewise.
  let root: String

  init(prefix: String, generation: Int = 1) {
    let trimmed = String(
      prefix.drop { $0 == "/" }.reversed().drop { $0 == "/" }.reversed())
    base = trimmed.isEmpty ? "" : trimmed + "/"
    root = base + (ArchiveGeneration.folder(generation).map { $0 + "/" } ?? "")
  }

  /// The generation that a folder below the base is; nil if it is none.
  func generation(_ folder: String) -> Int? {
    guard folder.hasPrefix(base), folder.hasSuffix("/") else { return nil }
    return ArchiveGeneration.number(folder.dropFirst(base.count).dropLast())
  }

  /// Whether a key below the first generation's root belongs to a later one.
  func isOfAnotherGeneration(_ key: String) -> Bool {
    guard root == base, key.hasPrefix(base) else { return false }
    let rest = key.dropFirst(base.count)
    guard let slash = rest.firstIndex(of: "/") else { return false }
    return ArchiveGeneration.number(rest[..<slash]) != nil
  }

  var manifest: String { root + "hydra-sinks.json" }
  var owner: String { base + "hydra-sinks-owner.json" }
  var events: String { root + "events/" }
  var superseded: String { root + "superseded/" }

  /// `2026/07/15/`: the day of a batch that begins with `first`.
  static func day(of first: Position) -> String {
    guard let time = first.time else { return "0000/00/00/" }
    return time.text(fractionDigits: 0).prefix(10).replacing("-", with: "/") + "/"
  }

  func key(day: String, _ name: BatchName) -> String { "\(root)\(day)\(name)" }

  func event(_ id: UInt64) -> String { "\(events)\(id)" }

  /// The day and the batch that a key names; nil if it names none.
  func batch(_ key: String) -> (day: String, name: BatchName)? {
    guard key.hasPrefix(root) else { return nil }
    let rest = key.dropFirst(root.count)
    let day = rest.prefix(Self.dayLength)
    guard Self.isDay(day), let name = BatchName(String(rest.dropFirst(Self.dayLength))) else {
      return nil
    }
    return (String(day), name)
  }

  /// The event that a key names; nil if the node's own source would read none from it.
  func eventId(_ key: String) -> UInt64? {
    guard key.hasPrefix(events), let id = Position.id(key.dropFirst(events.count)),
      event(id) == key
    else { return nil }
    return id
  }

  static let dayLength = 11

  private static func isDay(_ text: Substring) -> Bool {
    let bytes = Array(text.utf8)
    guard bytes.count == dayLength else { return false }
    return bytes.indices.allSatisfy { index in
      [4, 7, 10].contains(index)
        ? bytes[index] == UInt8(ascii: "/") : (0x30...0x39).contains(bytes[index])
    }
  }
}
