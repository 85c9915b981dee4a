/// Why a simulated node stopped writing.
package struct SimulationError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Says what happened and where, what was expected, and what to do.
  package var message: String

  package init(_ message: String) { self.message = message }

  package var description: String { message }
}
