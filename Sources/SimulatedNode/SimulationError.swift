/// Why a simulated node stopped writing.
public struct SimulationError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Says what happened and where, what was expected, and what to do.
  public var message: String

  public init(_ message: String) { self.message = message }

  public var description: String { message }
}
