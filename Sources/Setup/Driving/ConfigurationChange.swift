internal import EventPersistence
internal import SecondaryStatus

/// What a configuration that was read anew changed at a node.
package struct ConfigurationChange: Sendable, Hashable {
  /// A setting that disturbs no driver: only looks at the state use it.
  package struct Setting: Sendable, Hashable {
    package var key: String
    /// Of this secondary; nil: of the node.
    package var secondary: String?
  }

  /// Secondaries, by their names.
  package var added: [String] = []
  package var removed: [String] = []
  package var changed: [String] = []
  package var settings: [Setting] = []

  package var isEmpty: Bool { self == ConfigurationChange() }

  /// The settings that only looks use, and the secondaries that are only watched. The driver adds its own.
  init(ofLooks old: Configuration, to new: Configuration) {
    self.init()
    for (key, isSame) in [
      ("on-state", old.onState == new.onState),
      ("silent-after", old.silentAfter == new.silentAfter),
      ("persistence-rotate-after", old.rotateAfter == new.rotateAfter),
    ] where !isSame { settings.append(Setting(key: key)) }
    let before = Dictionary(uniqueKeysWithValues: old.secondaries.map { ($0.name, $0) })
    let inherits = old.onState != new.onState
    for entry in new.secondaries {
      guard let former = before[entry.name] else { continue }
      for (key, isSame) in [
        (
          "on-state",
          former.onState == entry.onState || inherits && entry.onState == new.onState
        ), ("warn", former.warn == entry.warn),
        ("error", former.error == entry.error),
      ] where !isSame { settings.append(Setting(key: key, secondary: entry.name)) }
    }
    let watched = new.secondaries.filter(\.isOnlyWatched)
    added = watched.map(\.name).filter { before[$0]?.isOnlyWatched != true }
    changed = watched.filter { entry in
      before[entry.name].map { $0.isOnlyWatched && $0.withoutLooks != entry.withoutLooks } ?? false
    }.map(\.name)
    removed = old.secondaries.filter { former in
      former.isOnlyWatched && !watched.contains { $0.name == former.name }
    }.map(\.name)
  }

  private init() {}

  /// One clause for each kind of change. `name` is how a secondary is named, `node` the node, if there are several.
  package func clauses(node: String?, _ name: @escaping (String) -> String) -> [String] {
    let names = { (names: [String]) in names.map(name).joined(separator: ", ") }
    var clauses: [String] = []
    if !added.isEmpty { clauses.append("added \(names(added))") }
    if !removed.isEmpty { clauses.append("removed \(names(removed))") }
    if !changed.isEmpty { clauses.append("changed \(names(changed))") }
    for setting in settings where setting.secondary == nil {
      clauses.append("changed \(setting.key)" + (node.map { " of \($0)" } ?? ""))
    }
    for key in ["on-state", "warn", "error"] {
      let those = settings.filter { $0.key == key }.compactMap(\.secondary)
      if !those.isEmpty { clauses.append("changed \(key) of \(names(those))") }
    }
    return clauses
  }
}

extension ConfiguredSecondary {
  /// What its driver depends on: without what only looks use.
  var withoutLooks: ConfiguredSecondary {
    var entry = self
    entry.warn = LagLimits()
    entry.error = LagLimits()
    entry.onState = nil
    return entry
  }
}
