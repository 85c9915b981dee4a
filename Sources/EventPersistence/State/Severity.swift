/// How urgent a state is. `status` exits with the worst: an error before unknown before a warning.
package enum Severity: String, Sendable, Hashable, Codable, CaseIterable {
  case ok, info, warning, unknown, error

  /// The program's exit code for it: 0, 0, 1, 3, 2.
  package var exitCode: Int32 {
    switch self {
    case .ok, .info: 0
    case .warning: 1
    case .unknown: 3
    case .error: 2
    }
  }
}

extension Severity: Comparable {
  /// Ordered by urgency: `ok < info < warning < unknown < error`.
  package static func < (left: Severity, right: Severity) -> Bool {
    let order = Severity.allCases
    return order.firstIndex(of: left)! < order.firstIndex(of: right)!
  }
}
