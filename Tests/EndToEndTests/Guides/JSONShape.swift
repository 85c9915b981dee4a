import Foundation

/// The keys and kinds of a JSON document, without its values.
indirect enum JSONShape: Decodable {
  case null, truth, number, text
  /// The shape of its first element; nil for an empty list.
  case list(JSONShape?)
  case object([String: JSONShape])

  init(_ data: Data) throws { self = try JSONDecoder().decode(JSONShape.self, from: data) }

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if (try? container.decode(Bool.self)) != nil {
      self = .truth
    } else if (try? container.decode(Double.self)) != nil {
      self = .number
    } else if (try? container.decode(String.self)) != nil {
      self = .text
    } else if let list = try? container.decode([JSONShape].self) {
      self = .list(list.first)
    } else {
      self = .object(try container.decode([String: JSONShape].self))
    }
  }

  /// How a shown document differs from the real one, one line each. A value that is null in one, or
  /// an empty list, can be anything in the other.
  func differences(from real: JSONShape, at place: String = "the document") -> [String] {
    switch (self, real) {
    case (.null, .object): return ["\(place) is shown as null, and has keys"]
    case (.null, _), (_, .null), (.truth, .truth), (.number, .number), (.text, .text): return []
    case (.list(let shown), .list(let real)):
      guard let shown, let real else { return [] }
      return shown.differences(from: real, at: "\(place)[]")
    case (.object(let shown), .object(let real)):
      return Set(shown.keys).union(real.keys).sorted().flatMap { key in
        switch (shown[key], real[key]) {
        case (let shown?, let real?): shown.differences(from: real, at: "\(place).\(key)")
        case (nil, _): ["\(place).\(key) is not shown"]
        case (_, nil): ["\(place).\(key) is shown, and is not there"]
        }
      }
    default: return ["\(place) is shown as another kind of value"]
    }
  }
}
