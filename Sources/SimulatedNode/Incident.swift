internal import EventPersistence

/// What happens to a simulated node besides writing.
enum Incident: Sendable, Hashable {
  /// It dies in the middle of a line, and is started again.
  case crash
  /// The machine dies, the last events are lost, and their ids are given to others.
  case loseTail
  /// 2.1 takes over from 2.0: `state` becomes `hydra.db`.
  case migrate
  /// A later one takes over from 2.3: JSON becomes CBOR.
  case upgrade
}

extension SimulatedNode.Options {
  /// After how many events of a run the next incident happens; nil where none does.
  func nextIncident(after events: Int) -> Int? {
    let repeated = crashEach.map { (events / $0 + 1) * $0 }
    let once = [loseTailAt, migrateAt, upgradeAt].compactMap(\.self).filter { $0 > events }
    return (once + [repeated].compactMap(\.self)).min()
  }

  /// What happens after so many events.
  func incidents(after events: Int) -> [Incident] {
    var incidents: [Incident] = []
    if let crashEach, events > 0, events % crashEach == 0 { incidents.append(.crash) }
    if events == loseTailAt { incidents.append(.loseTail) }
    if events == migrateAt { incidents.append(.migrate) }
    if events == upgradeAt { incidents.append(.upgrade) }
    return incidents
  }

  /// Why these options do not go together; nil where they do.
  var contradiction: String? {
    if crashEach != nil, format.isDatabase {
      return "A crash tears a line of `state`; a transaction of hydra.db is there or is not."
    }
    if migrateAt != nil, format != .state {
      return "hydra.db is made out of `state`, with its ids and times: the format must be state."
    }
    if upgradeAt != nil, format != .sqliteJSON, migrateAt.map({ $0 >= upgradeAt! }) ?? true {
      return "An upgrade makes CBOR out of the JSON in hydra.db: it needs sqlite-json, or state "
        + "with an earlier migration."
    }
    if format == .bare, hasGaps { return "Bare lines are counted: there can be no gap among them." }
    if format == .bare, rotateAfter != nil {
      return "hydra-nodes that wrote bare lines did not rotate."
    }
    return nil
  }
}
