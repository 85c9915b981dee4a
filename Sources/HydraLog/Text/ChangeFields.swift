import EventPersistence

/// The fields of an event's `stateChanged`.
struct ChangeFields {
  private let document: JSONDocument

  /// Calls `body` with the fields of the event whose whole JSON is `json`, unless that is not JSON.
  static func read(_ json: UnsafeRawBufferPointer, _ body: (ChangeFields) -> Void) {
    JSONDocument.withParsed(json) { body(ChangeFields(document: $0)) }
  }

  func text(_ path: String) -> String? {
    guard case .string(let text) = value(path) else { return nil }
    return text
  }

  func number(_ path: String) -> UInt64? {
    guard case .unsigned(let number) = value(path) else { return nil }
    return number <= Position.idMax ? number : nil
  }

  /// Not negative.
  func seconds(_ path: String) -> Double? {
    switch value(path) {
    case .unsigned(let number): Double(number)
    case .signed(let number): max(0, Double(number))
    case .double(let number): max(0, number)
    default: nil
    }
  }

  func time(_ path: String) -> EventTime? { text(path).flatMap { EventTime($0) } }

  func count(_ path: String) -> Int? {
    guard case .array(let count) = value(path) else { return nil }
    return count
  }

  func point(_ path: String) -> ChainPoint? {
    guard let slot = number("\(path)/slot"), let hash = text("\(path)/blockHash") else {
      return nil
    }
    return ChainPoint(slot: slot, blockHash: hash)
  }

  func value(_ path: String) -> JSONDocument.Value? { document.value("/stateChanged/\(path)") }
}
