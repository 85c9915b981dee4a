/// The parts of a JSON text in order, for a view that indents and colours it.
public struct JSONToken: Sendable, Hashable {
  public enum Kind: Sendable, Hashable {
    case objectStart, objectEnd, arrayStart, arrayEnd, key, string, number, bool, null
  }

  public var kind: Kind
  /// How many objects and arrays it stands in.
  public var depth: Int
  /// A key or string without quotes and escapes, a number as it stands; empty for brackets.
  public var text: String

  public init(kind: Kind, depth: Int, text: String) {
    self.kind = kind
    self.depth = depth
    self.text = text
  }
}

public enum JSONTokens {
  /// The tokens of `json`, or nil where it is not JSON.
  public static func of(_ json: UnsafeRawBufferPointer) -> [JSONToken]? { nil }
}
