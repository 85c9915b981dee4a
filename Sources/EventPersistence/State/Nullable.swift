/// An optional that is written as `null` rather than left out: in our files and documents a value that is
/// not known is `null`. A key that is absent reads as nil.
@propertyWrapper
public struct Nullable<Value: Codable & Sendable & Hashable>: Codable, Sendable, Hashable {
  public var wrappedValue: Value?

  public init(wrappedValue: Value?) { self.wrappedValue = wrappedValue }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    wrappedValue = container.decodeNil() ? nil : try container.decode(Value.self)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if let number = wrappedValue as? Double, !number.isFinite {
      // A rate of what took no time: JSON has no word for it, and nobody knows it.
      try container.encodeNil()
    } else if let wrappedValue {
      try container.encode(wrappedValue)
    } else {
      try container.encodeNil()
    }
  }
}

extension KeyedDecodingContainer {
  /// Makes an absent key nil.
  public func decode<Value>(_ type: Nullable<Value>.Type, forKey key: Key) throws
    -> Nullable<Value>
  {
    try decodeIfPresent(type, forKey: key) ?? Nullable(wrappedValue: nil)
  }
}
