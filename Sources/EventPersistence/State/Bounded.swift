/// A number that is decoded only if it lies between 0 and `Position.idMax`: ids, counts, sizes and
/// durations that another program may have written. Arithmetic with them cannot overflow.
// Without constraints, as `Nullable` is.
@propertyWrapper
public struct Bounded<Value> {
  public var wrappedValue: Value

  public init(wrappedValue: Value) { self.wrappedValue = wrappedValue }
}

extension Bounded: Sendable where Value: Sendable {}
extension Bounded: Equatable where Value: Equatable {}
extension Bounded: Hashable where Value: Hashable {}

extension Bounded: Decodable where Value: Decodable & Numeric {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    wrappedValue = try container.decode(Value.self)
    try container.checkBounds(of: wrappedValue)
  }
}

extension Bounded: Encodable where Value: Encodable {
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(wrappedValue)
  }
}

extension Duration {
  /// So many seconds, which may come from outside: a hundred years at most, far from overflow.
  package static func bounded(seconds: Double) -> Duration { .seconds(min(seconds, 3.2e9)) }
}

extension SingleValueDecodingContainer {
  /// Throws if `value` is a number beyond these bounds.
  func checkBounds(of value: Any) throws {
    func isWithin(_ number: some BinaryInteger) -> Bool { number >= 0 && number <= Position.idMax }
    let isBounded =
      switch value {
      // The usual types first: asking whether one is some integer takes a search of the program.
      case let number as UInt64: isWithin(number)
      case let number as Int: isWithin(number)
      case is String, is EventTime, is Bool: true
      case let number as Double: (0...Double(Position.idMax)).contains(number)
      case let number as any BinaryInteger: isWithin(number)
      default: true
      }
    guard isBounded else {
      throw DecodingError.dataCorruptedError(
        in: self, debugDescription: "expected a number from 0 to \(Position.idMax), found \(value)")
    }
  }
}
