package import EventPersistence
internal import Foundation

/// What `on-state` tells its program on its standard input: a change of the state of a secondary, or
/// of the primary. Unknown values are null.
package struct StateChange: Sendable, Hashable, Codable {
  package var version = 1
  /// Whether nothing changed, and `check --on-state` tries the program.
  package var isTest = false
  package var at: EventTime
  package var host: String
  /// The node's name, if there are several.
  @Nullable package var node: String?
  /// The secondary's name; nil: it is the primary's state that changed.
  @Nullable package var name: String?
  /// The state that the program was told before; nil: none was.
  @Nullable package var from: String?
  @Nullable package var fromSeverity: Severity?
  package var to: String
  package var severity: Severity
  @Nullable package var since: EventTime?
  /// How many changes there were since `from`; more than 1 if states in between were not told.
  package var changes: Int
  /// The change in one line for a person.
  package var text: String
  package var stateDir: String
  /// As in `status --json`, the primary and the secondary.
  package var primary: StatusDocument.Primary
  @Nullable package var secondary: SecondaryReport?

  /// - Parameters:
  ///   - document: what the look that showed the change found.
  ///   - name: the secondary's; nil for the primary.
  package init(
    _ due: StateNotices.Due, in document: StatusDocument, of name: String?, host: String,
    text: String
  ) {
    at = document.at
    self.host = host
    node = document.node
    self.name = name
    from = due.from?.state
    fromSeverity = due.from?.severity
    to = due.to.state
    severity = due.to.severity
    changes = due.changes
    self.text = text
    stateDir = document.stateDir
    primary = document.primary
    secondary = document.secondaries.first { $0.name == name }
    since = secondary?.stateSince
  }

  /// One line of JSON, keys sorted, with a line feed.
  package var json: [UInt8] { Array(JSONFile.data(of: self)) }
}

/// `STATE/on-state.json`: what was told, so that the next driver does not tell it again.
package struct ToldStates: Sendable, Hashable, Codable {
  @Nullable package var primary: StateNotices.Condition?
  package var secondaries: [String: StateNotices.Condition]

  package init(
    primary: StateNotices.Condition? = nil, secondaries: [String: StateNotices.Condition] = [:]
  ) {
    self.primary = primary
    self.secondaries = secondaries
  }
}
