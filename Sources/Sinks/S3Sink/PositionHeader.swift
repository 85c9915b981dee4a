import EventPersistence
import Foundation

/// A position as the value of a header: its JSON without spaces, in ASCII.
enum PositionHeader {
  /// The most bytes of one. S3 accepts 2 KB of metadata, names included: two positions and two
  /// numbers.
  static let byteCountMax = 900

  /// A tag that makes it too long is left out: a part of a tag would name another event.
  static func text(_ position: Position) -> String {
    let text = whole(position)
    guard text.utf8.count > byteCountMax else { return text }
    return whole(Position(eventId: position.eventId, time: position.time))
  }

  private static func whole(_ position: Position) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // A number and two texts can always be encoded.
    let json = String(decoding: try! encoder.encode(position), as: UTF8.self)
    var text = ""
    for unit in json.utf16 {
      if (0x21...0x7E).contains(unit) {
        text.unicodeScalars.append(Unicode.Scalar(UInt8(unit)))
      } else {
        let digits = String(unit, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      }
    }
    return text
  }

  /// Nil if it is missing or invalid.
  static func position(_ text: String?) -> Position? {
    text.flatMap { try? JSONDecoder().decode(Position.self, from: Data($0.utf8)) }
  }
}
