internal import EventPersistence

/// What happens to a simulated node besides writing.
enum Incident: Sendable, Hashable {
  /// The node dies in the middle of a line and is restarted.
  case crash
  /// The machine dies, the last events are lost, and the node reuses their ids.
  case loseTail
  /// 2.1 takes over from 2.0: `state` becomes `hydra.db`.
  case migrate
  /// A later release takes over from 2.3: JSON becomes CBOR.
  case upgrade
  /// Somebody deletes the log, and the node begins another one, with id 0.
  case restartLog
}

extension SimulatedNode.Options {
  /// The number of events of a run after which the next incident happens; nil if none does.
  func nextIncident(after events: Int) -> Int? {
    let repeated = crashEach.map { (events / $0 + 1) * $0 }
    let once = [loseTailAt, migrateAt, upgradeAt, restartLogAt].compactMap(\.self).filter {
      $0 > events
    }
    return (once + [repeated].compactMap(\.self)).min()
  }

  /// The incidents that happen after `events` events.
  func incidents(after events: Int) -> [Incident] {
    var incidents: [Incident] = []
    if let crashEach, events > 0, events % crashEach == 0 { incidents.append(.crash) }
    if events == loseTailAt { incidents.append(.loseTail) }
    if events == migrateAt { incidents.append(.migrate) }
    if events == upgradeAt { incidents.append(.upgrade) }
    if events == restartLogAt { incidents.append(.restartLog) }
    return incidents
  }

  /// Why these options exclude each other; nil if they do not.
  var contradiction: String? {
    if crashEach != nil, format.isDatabase {
      return "A crash tears a line only in `state`; hydra.db has whole transactions."
    }
    if migrateAt != nil, format != .state {
      return "A migration makes hydra.db from `state`, with its ids and times: the format must be "
        + "state."
    }
    if upgradeAt != nil, format != .sqliteJSON, migrateAt.map({ $0 >= upgradeAt! }) ?? true {
      return "An upgrade turns the JSON in hydra.db into CBOR: it needs sqlite-json, or state "
        + "with an earlier migration."
    }
    if format == .bare, hasGaps {
      return "The ids of bare lines are their count: they cannot have gaps."
    }
    if format == .bare, rotateAfter != nil {
      return "hydra-nodes that wrote bare lines did not rotate."
    }
    return nil
  }
}
