/// Why the state directory did not do what was asked.
public struct StateError: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Kind: Sendable, Hashable {
    /// It may not be read, or the read failed.
    case unreadable
    /// It was read and is not valid. It is never overwritten.
    case nonsense
    /// Refused for the moment: a lock is held, a replay is under way.
    case busy
    /// The folder belongs to another log, kind or target.
    case bound
    /// It may not be written, or the write failed.
    case notWritable
    /// It is in a place that is not allowed, or names a group that does not exist: the
    /// configuration is wrong.
    case misplaced
    /// No secondary of that name has a folder here.
    case noSuchSecondary
  }

  public var kind: Kind

  /// What happened, where, what was found, what was expected, and what to do: one or two sentences.
  public var message: String

  public init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  public var description: String { message }

  /// The exit code of a program that ends with this error.
  public var exitCode: Int32 {
    switch kind {
    case .unreadable, .nonsense, .notWritable: 2
    case .busy: 75
    case .bound, .misplaced: 78
    case .noSuchSecondary: 64
    }
  }
}
