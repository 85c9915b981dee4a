internal import EventPersistence
internal import Foundation
internal import SecondaryStatus

/// Colours, only on a terminal: its own 16, never with `NO_COLOR`.
package struct Paint: Sendable {
  package enum Ink: Sendable { case plain, dim, bold, good, busy, warning, error }

  package var isColoured: Bool

  package init(
    isColoured: Bool
  ) {
    self.isColoured = isColoured
  }

  /// For output to `descriptor`.
  package static func of(_ descriptor: Int32, environment: [String: String]) -> Paint {
    let refused = environment["NO_COLOR"].map { !$0.isEmpty } ?? false
    let term = environment["TERM"] ?? ""
    return Paint(
      isColoured: isatty(descriptor) == 1 && !refused && !term.isEmpty && term != "dumb")
  }

  package static var standardOutput: Paint {
    of(STDOUT_FILENO, environment: ProcessInfo.processInfo.environment)
  }

  package func apply(_ ink: Ink, to text: String) -> String {
    guard isColoured, !text.isEmpty, let code = Self.codes[ink] else { return text }
    return "\u{1B}[\(code)m\(text)\u{1B}[0m"
  }

  private static let codes: [Ink: String] = [
    .dim: "2", .bold: "1", .good: "32", .busy: "36", .warning: "33", .error: "31",
  ]
}

extension Severity {
  package var ink: Paint.Ink {
    switch self {
    case .ok: .good
    case .info: .busy
    case .warning, .unknown: .warning
    case .error: .error
    }
  }

  /// The sign before a state, so that no colour is needed.
  package var sign: String {
    switch self {
    case .ok: "●"
    case .info: "◐"
    case .warning: "▲"
    case .unknown: "?"
    case .error: "✖"
    }
  }
}
