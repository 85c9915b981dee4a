import EventPersistence
import Foundation

/// `through.json`: how far events were looked at behind the last that was stored, because none of them was
/// selected. Without it they would be read again at each start. It counts only while the archive still ends
/// with the event that it names.
struct ThroughMark: Codable {
  /// How many events may be looked at again.
  static let eventsMax = 10_000

  var through: Position
  var last: Position?
  /// Since it was written.
  var unwritten = 0

  private enum CodingKeys: CodingKey { case through, last }

  init(through: Position, last: Position?, unwritten: Int) {
    self.through = through
    self.last = last
    self.unwritten = unwritten
  }

  private static func file(_ path: String) -> String { "\(path)/through.json" }

  static func read(_ path: String, last: Position?) -> ThroughMark? {
    // Where it is unreadable, the events that it would spare us are looked at again.
    guard let data = try? Data(contentsOf: URL(fileURLWithPath: file(path))),
      let span = try? JSONDecoder().decode(ThroughMark.self, from: data), span.last == last
    else { return nil }
    return span
  }

  func write(_ path: String) throws(SinkError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    // Positions have nothing in them that cannot be encoded.
    try (try! encoder.encode(self) + [0x0A]).replace(Self.file(path))
  }

  static func remove(_ path: String) throws(SinkError) { try Folder.remove(file(path)) }
}
