internal import EventPersistence
internal import S3Sink
internal import Wording

/// The key `history`: the secondary whose archive has what the node's log no longer has.
enum ConfiguredHistory {
  private static let expectation =
    "the name of a secondary of kind file, s3 or jetstream with all events, or off"

  /// Reads the key of the node and those of its secondaries, which are read already.
  ///
  /// - Parameter entries: one for each secondary.
  /// - Throws: a refusal (78), with the reason, of one that cannot be a history.
  static func read(
    _ map: ConfigurationMapping, _ entries: [ConfigurationMapping],
    _ configuration: inout Configuration
  ) throws(Refusal) {
    configuration.history = try name(map)
    if let name = configuration.history, let problem = configuration.problem(withHistory: name) {
      throw map.mistake(at: "history", problem)
    }
    for (index, entry) in entries.enumerated() {
      let secondary = configuration.secondaries[index]
      guard entry.has("history") else {
        configuration.secondaries[index].history = configuration.inheritedHistory(of: secondary)
        continue
      }
      let own = try name(entry)
      if let own, let problem = configuration.problem(withHistory: own, of: secondary.name) {
        throw entry.mistake(at: "history", problem)
      }
      configuration.secondaries[index].history = own
    }
    for (index, entry) in entries.enumerated() where entry.has("history") {
      if let circle = configuration.circle(from: configuration.secondaries[index]) {
        throw entry.mistake(
          at: "history",
          "each of these would be the history of the next: \(circle.joined(separator: ", ")). An "
            + "archive needs the log as its only source: give one of them \"history: off\"")
      }
    }
  }

  private static func name(_ map: ConfigurationMapping) throws(Refusal) -> String? {
    map.isOff("history") ? nil : try map.plain("history", expected: expectation)
  }
}

extension Configuration {
  /// The history of the node, unless `secondary` is its archive or is not driven.
  package func inheritedHistory(of secondary: ConfiguredSecondary) -> String? {
    secondary.isOnlyWatched || secondary.name == history ? nil : history
  }

  /// Why the secondary `name` cannot be the history of the secondary `reader` (nil: of any); nil if
  /// it can.
  package func problem(withHistory name: String, of reader: String? = nil) -> String? {
    if name == reader { return "\(name) cannot be its own history: name another archive" }
    guard let secondary = secondaries.first(where: { $0.name == name }) else {
      let archives = secondaries.filter { $0.name != reader && $0.whyNoHistory == nil }.map(\.name)
      if name.contains("/") {
        return
          "\(name) is the archive of another node, whose log is another one: name a secondary of "
          + "this node"
      }
      return "there is no secondary \"\(name)\""
        + (Suggestion.nearest(to: name, among: archives).map { "; did you mean \"\($0)\"?" } ?? "")
        + (archives.isEmpty
          ? ": it needs one of kind file, s3 or jetstream with all events"
          : "; the archives with all events are: \(archives.joined(separator: ", "))")
    }
    return secondary.whyNoHistory.map { "\(name) cannot be a history: \($0)" }
  }

  /// The names along which the history of `secondary` leads back to it; nil if it does not.
  fileprivate func circle(from secondary: ConfiguredSecondary) -> [String]? {
    var names = [secondary.name]
    var next = secondary.history
    while let name = next {
      names.append(name)
      if name == secondary.name { return names }
      // Another circle, which another entry shows.
      if names.count > secondaries.count { return nil }
      next = secondaries.first { $0.name == name }?.history
    }
    return nil
  }
}

extension ConfiguredSecondary {
  /// Why its archive does not have each event of the log, as far as the configuration says; nil if
  /// it has.
  package var whyNoHistory: String? {
    switch kind {
    case .file, .jetstream: break
    case .s3(let s3):
      if s3.layout == .perEvent {
        return "it keeps one event of each id (layout: per-event), and a rotation of the log gives "
          + "an id to two. Name one in batches"
      }
    case .command, .feed, .checkpoint:
      return
        "it is of kind \(self.kind.name), which is no archive. Name one of kind file, s3 or jetstream"
    }
    guard selection != .all else { return nil }
    return "it holds a part of the events only (\(selection)). Name one that holds all"
  }
}
