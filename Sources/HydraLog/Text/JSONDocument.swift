import CSimdjson
import Synchronization

/// A parsed JSON text, to look up values by path.
// Only one caller has it at a time: `withParsed` lends it to no other meanwhile.
final class JSONDocument: @unchecked Sendable {
  private let document = hydra_document_create()!

  deinit { hydra_document_destroy(document) }

  /// The value at a path.
  enum Value: Hashable {
    case null
    case bool(Bool)
    case unsigned(UInt64)
    case signed(Int64)
    case double(Double)
    case string(String)
    case array(count: Int)
    case object(count: Int)
  }

  /// The value at a JSON pointer (RFC 6901), nil if there is none. A number beyond 64 bits reads as
  /// 0.
  func value(_ pointer: String) -> Value? {
    var pointer = pointer
    return pointer.withUTF8 { text in
      text.withMemoryRebound(to: CChar.self) {
        Value(hydra_document_value(document, $0.baseAddress, $0.count))
      }
    }
  }

  /// The key and value of the member at `index` of the object at a pointer; nil after the last.
  func member(_ pointer: String, _ index: Int) -> (key: String, value: Value)? {
    var pointer = pointer
    return pointer.withUTF8 { text in
      text.withMemoryRebound(to: CChar.self) {
        var key: UnsafePointer<CChar>?
        var length = 0
        let value = hydra_document_member(
          document, $0.baseAddress, $0.count, index, &key, &length)
        guard let key, let value = Value(value) else { return nil }
        let name = UnsafeRawBufferPointer(start: key, count: length)
        return (String(decoding: name, as: UTF8.self), value)
      }
    }
  }

  // MARK: - The pool

  private static let idle = Mutex<[JSONDocument]>([])
  private static let idleMax = 2

  /// The result of `body` for the parsed `json`; nil if it is not JSON. It needs no padding.
  static func withParsed<R>(_ json: UnsafeRawBufferPointer, _ body: (JSONDocument) -> R) -> R? {
    let document = idle.withLock { $0.popLast() } ?? JSONDocument()
    defer { idle.withLock { if $0.count < idleMax { $0.append(document) } } }
    guard
      hydra_document_parse(
        document.document, json.baseAddress?.assumingMemoryBound(to: CChar.self), json.count)
    else { return nil }
    return body(document)
  }
}

extension JSONDocument.Value {
  fileprivate init?(_ value: hydra_value) {
    switch Int(value.kind) {
    case HYDRA_VALUE_NULL: self = .null
    case HYDRA_VALUE_BOOL: self = .bool(value.boolean)
    case HYDRA_VALUE_UNSIGNED: self = .unsigned(value.unsigned_number)
    case HYDRA_VALUE_SIGNED: self = .signed(value.signed_number)
    case HYDRA_VALUE_DOUBLE: self = .double(value.real)
    case HYDRA_VALUE_STRING:
      let text = UnsafeRawBufferPointer(start: value.text, count: value.text_length)
      self = .string(String(decoding: text, as: UTF8.self))
    case HYDRA_VALUE_ARRAY: self = .array(count: value.count)
    case HYDRA_VALUE_OBJECT: self = .object(count: value.count)
    default: return nil
    }
  }
}
