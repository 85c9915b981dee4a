import Foundation
import Testing

@testable import HydraLog

/// CBOR that a test makes.
struct CBORText {
  var bytes: [UInt8] = []

  private func head(_ major: UInt8, _ argument: UInt64) -> [UInt8] {
    let (information, count): (UInt8, Int) =
      switch argument {
      case 0..<24: (UInt8(argument), 0)
      case 0..<0x100: (24, 1)
      case 0..<0x1_0000: (25, 2)
      case 0..<0x1_0000_0000: (26, 4)
      default: (27, 8)
      }
    return [major << 5 | information]
      + (0..<count).reversed().map { UInt8(truncatingIfNeeded: argument >> (8 * $0)) }
  }

  func unsigned(_ value: UInt64) -> CBORText { CBORText(bytes: bytes + head(0, value)) }
  func negative(_ value: UInt64) -> CBORText { CBORText(bytes: bytes + head(1, value)) }
  func blob(_ value: [UInt8]) -> CBORText {
    CBORText(bytes: bytes + head(2, UInt64(value.count)) + value)
  }
  func text(_ value: String) -> CBORText {
    CBORText(bytes: bytes + head(3, UInt64(value.utf8.count)) + Array(value.utf8))
  }
  func array(_ count: UInt64) -> CBORText { CBORText(bytes: bytes + head(4, count)) }
  func map(_ count: UInt64) -> CBORText { CBORText(bytes: bytes + head(5, count)) }
  func raw(_ value: [UInt8]) -> CBORText { CBORText(bytes: bytes + value) }
  func time(_ picoseconds: UInt64) -> CBORText { time(2026, 196, picoseconds) }
  func time(_ year: UInt64, _ day: UInt64, _ picoseconds: UInt64) -> CBORText {
    array(3).unsigned(year).unsigned(day).unsigned(picoseconds)
  }

  /// The row of the event `id`, whose `stateChanged` is `body`.
  static func row(
    _ id: UInt64, _ body: CBORText, time: CBORText? = CBORText().time(36_000_000_000_000_000)
  )
    -> [UInt8]
  {
    CBORText().text("StateEvent").unsigned(id).raw(body.bytes).raw(time?.bytes ?? []).bytes
  }

  static func tick(_ id: UInt64) -> [UInt8] {
    row(
      id,
      CBORText().text("TickObserved").text("ChainPoint").unsigned(id).blob([0xAB, 0xCD])
        .time(36_000_000_000_000_000))
  }

  /// The JSON of `row`; nil if it is not an event.
  static func json(_ row: [UInt8]) -> String? {
    row.withUnsafeBytes { row in
      var decoder = NodeDecoder()
      var writer = ByteWriter(capacity: 0)
      let position = decoder.event(row, to: &writer)
      #expect(position == CBORRow(row)?.position)
      return position == nil ? nil : String(decoding: writer.bytes, as: UTF8.self)
    }
  }

  /// The row of the event `json`.
  static func row(of json: String) throws -> [UInt8] { try row(of: Array(json.utf8)) }

  static func row(of json: [UInt8]) throws -> [UInt8] {
    var encoder = NodeEncoder()
    var writer = ByteWriter(capacity: 0)
    try json.withUnsafeBytes { try encoder.event($0, to: &writer) }
    return Array(writer.bytes)
  }
}

extension Samples {
  /// The rows of a database of version 2, with the tag of each.
  static var cborRows: [(tag: String, row: [UInt8])] {
    let text = try! String(contentsOfFile: folder + "/state-events-cbor.hex", encoding: .utf8)
    return text.split(separator: "\n").map { line in
      let parts = line.split(separator: "\t")
      return (String(parts[0]), bytes(hex: parts[1]))
    }
  }

  static func bytes(hex: some StringProtocol) -> [UInt8] {
    let digits = hex.utf8.map { $0 < 0x3A ? $0 - 0x30 : $0 - 0x57 }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }
}
