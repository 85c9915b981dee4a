import EventPersistence
import Foundation

/// A line that a program of mode `stream` writes to its standard output.
enum Answer: Hashable {
  /// `{"eventId":N}`, optionally with `tag` and `time`: everything through this event is stored.
  case stored(Position)
  /// `{"checkpoint":N}`, likewise: what the program holds at its start; null if that is nothing. Of
  /// the first generation, unless `generation` names another.
  case checkpoint(Position?, generation: Int = 1)

  /// Nil if the line is neither.
  init?(line: ArraySlice<UInt8>) {
    if let id = Self.plainId(line) {
      self = .stored(Position(eventId: id))
      return
    }
    guard let wire = try? JSONDecoder().decode(Wire.self, from: Data(line)) else { return nil }
    self = wire.answer
  }

  /// The id of exactly `{"eventId":N}`, ignoring blanks: the fast path, up to a million a second.
  private static func plainId(_ line: ArraySlice<UInt8>) -> UInt64? {
    var rest = line
    func skipSpace() { rest = rest.drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D } }
    func take(_ text: StaticString) -> Bool {
      skipSpace()
      let count = text.utf8CodeUnitCount
      guard rest.count >= count,
        rest.withUnsafeBytes({ memcmp($0.baseAddress!, text.utf8Start, count) == 0 })
      else { return false }
      rest = rest.dropFirst(count)
      return true
    }
    guard take("{"), take("\"eventId\""), take(":") else { return nil }
    skipSpace()
    let digits = rest.prefix { (0x30...0x39).contains($0) }
    guard (1...19).contains(digits.count) else { return nil }
    rest = rest.dropFirst(digits.count)
    guard take("}") else { return nil }
    skipSpace()
    guard rest.isEmpty else { return nil }
    let id = digits.reduce(0) { $0 * 10 + UInt64($1 - 0x30) }
    return id <= Position.idMax ? id : nil
  }

  private struct Wire: Decodable {
    var answer: Answer

    private enum Key: CodingKey { case eventId, checkpoint, generation, tag, time }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Key.self)
      let isCheckpoint = container.contains(.checkpoint)
      guard isCheckpoint != container.contains(.eventId) else {
        throw DecodingError.dataCorruptedError(
          forKey: .eventId, in: container, debugDescription: "one of them is expected")
      }
      let key = isCheckpoint ? Key.checkpoint : .eventId
      let generation =
        try container.decodeIfPresent(Bounded<Int>.self, forKey: .generation)?.wrappedValue ?? 1
      if isCheckpoint, try container.decodeNil(forKey: key) {
        answer = .checkpoint(nil, generation: generation)
        return
      }
      let position = Position(
        eventId: try container.decode(Bounded<UInt64>.self, forKey: key).wrappedValue,
        tag: try container.decodeIfPresent(String.self, forKey: .tag),
        time: try container.decodeIfPresent(EventTime.self, forKey: .time))
      answer = isCheckpoint ? .checkpoint(position, generation: generation) : .stored(position)
    }
  }
}
