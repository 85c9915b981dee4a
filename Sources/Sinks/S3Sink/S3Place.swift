internal import EventArchive
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
/// ```
///
/// Events without a time are from old releases and come first in a log, as year 0 does in a
/// listing.
struct S3Place: Sendable, Hashable {
  /// The prefix of all keys: empty, or ending with a slash.
  let root: String

  init(prefix: String) {
    let trimmed = String(
      prefix.drop { $0 == "/" }.reversed().drop { $0 == "/" }.reversed())
    root = trimmed.isEmpty ? "" : trimmed + "/"
  }

  var manifest: String { root + "hydra-sinks.json" }
  var owner: String { root + "hydra-sinks-owner.json" }
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
