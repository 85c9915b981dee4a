/// How a node's log stores its events, which differs from release to release.
public enum LogFormat: String, Sendable, Hashable, Codable, CaseIterable {
  /// `state`, lines that are a bare `stateChanged`: up to 0.15.
  case bare
  /// `state`, lines without a time: 0.16 to 0.20.
  case untimed
  /// `state`, lines with id and time: 0.21 to 2.0.
  case state
  /// `hydra.db`, `user_version` 1: 2.1 to 2.3.
  case sqliteJSON = "sqlite-json"
  /// `hydra.db`, `user_version` 2: after 2.3.
  case sqliteCBOR = "sqlite-cbor"

  public var isDatabase: Bool {
    switch self {
    case .sqliteJSON, .sqliteCBOR: true
    case .bare, .untimed, .state: false
    }
  }
}
