package import Foundation

/// A file that is one JSON document.
package enum JSONFile {
  package static func data(of value: some Encodable) -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Our own records contain nothing that cannot be encoded.
    return (try! encoder.encode(value)) + [0x0A]
  }

  /// The value in `path`; nil if there is no file.
  ///
  /// - Parameter quickly: gives the value of a text that needs no decoder; nil: the text may.
  package static func read<Value: Decodable>(
    _ type: Value.Type, from path: String, emptyIsAbsent: Bool = false,
    bytesMax: Int = AtomicFile.bytesMax, quickly: (Data) -> Value? = { _ in nil }
  ) throws(StateError) -> Value? {
    guard let data = try AtomicFile.read(path, bytesMax: bytesMax) else { return nil }
    if emptyIsAbsent, data.allSatisfy({ $0 == 0 }) { return nil }
    if let value = quickly(data) { return value }
    do {
      return try JSONDecoder().decode(type, from: data)
    } catch {
      throw StateError(
        .nonsense,
        "\(path) is not valid: \(fault(error, in: data)). hydra-sinks neither uses nor changes it: "
          + "correct it, restore it, or move it aside.")
    }
  }

  private static func fault(_ error: any Error, in data: Data) -> String {
    func place(_ path: [any CodingKey]) -> String {
      path.isEmpty ? "" : path.map(\.stringValue).joined(separator: ".") + ": "
    }
    switch error {
    case _ where data.isEmpty: return "it is empty"
    case DecodingError.keyNotFound(let key, let context):
      return place(context.codingPath) + "\"\(key.stringValue)\" is missing"
    case DecodingError.typeMismatch(let type, let context):
      return place(context.codingPath)
        + "expected \(word(type)), found something else in \(start(data))"
    case DecodingError.valueNotFound(let type, let context):
      return place(context.codingPath) + "expected \(word(type)), found null"
    case DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty:
      return place(context.codingPath) + context.debugDescription
    default: return "it is not JSON; it begins with " + start(data)
    }
  }

  /// The name of a type for a person.
  private static func word(_ type: any Any.Type) -> String {
    switch type {
    case is UInt64.Type: "a whole number from 0 on"
    case is Int.Type, is Int32.Type: "a whole number"
    case is Double.Type: "a number"
    case is String.Type: "a text"
    case is Bool.Type: "true or false"
    default: "an object"
    }
  }

  private static func start(_ data: Data) -> String {
    let text = String(decoding: data.prefix(60), as: UTF8.self)
    return
      "\"\(text.trimmingCharacters(in: .whitespacesAndNewlines))\(data.count > 60 ? "…" : "")\""
  }
}
