/// A law that a source or a sink breaks: which one, and what was found.
///
/// The laws throw it rather than call a test framework, so that any framework can run them.
public struct LawViolation: Error, CustomStringConvertible {
  public var law: String
  public var found: String

  public init(_ law: String, _ found: String) {
    self.law = law
    self.found = found
  }

  public var description: String { "the law \"\(law)\" is broken: \(found)" }
}

/// Throws unless `holds`.
func require(_ holds: Bool, _ law: String, _ found: @autoclosure () -> String) throws {
  guard holds else { throw LawViolation(law, found()) }
}
