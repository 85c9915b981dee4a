internal import EventArchive
package import EventPersistence
package import Wording

/// The archives that have what the node's log no longer has.
extension Setup {
  /// The archive of the secondary `name` as a history.
  ///
  /// - Throws: a refusal (64, 78) if it cannot be one, as far as the configuration says.
  package func history(named name: String, of reader: String? = nil) throws(Refusal) -> History {
    if let problem = configuration.problem(withHistory: name, of: reader) {
      throw Refusal(.configuration, problem)
    }
    let secondary = try secondary(named: name)
    let archive = CurrentGeneration(argument(name)) {
      () throws(SourceError) in
      try generation(of: name)
    } open: { generation throws(SourceError) in
      do throws(Refusal) {
        if let found = try self.archive(of: secondary, generation: generation) { return found }
      } catch {
        throw SourceError(.unsupported, error.message)
      }
      throw SourceError(.unsupported, "\(name) is no archive")
    }
    return History(name: name) { HistorySource(name: name, archive, before: $0) }
  }

  /// The generation that the secondary `name` stores.
  private func generation(of name: String) throws(SourceError) -> Int {
    do throws(StateError) {
      return try state.folder(name).readBinding()?.generation ?? 1
    } catch {
      throw SourceError(.unreadable, error.message)
    }
  }

  /// Refuses a history of these secondaries that turns out to be none: the archive of another log,
  /// or one that does not hold all events. What cannot be looked at now is not refused.
  ///
  /// - Throws: a refusal (78), with the reason.
  package func checkHistories(of secondaries: [ConfiguredSecondary]) async throws(Refusal) {
    for name in Set(secondaries.compactMap(\.history)).sorted() {
      if let problem = try await problem(withHistory: name) {
        throw Refusal(.configuration, problem)
      }
    }
  }

  /// Refuses the archive `name` as the history of the secondary `reader`, as `checkHistories` does.
  package func checkHistory(named name: String, of reader: String) async throws(Refusal) {
    _ = try secondary(named: name)
    _ = try history(named: name, of: reader)
    if let problem = try await problem(withHistory: name) { throw Refusal(.configuration, problem) }
  }

  private func problem(withHistory name: String) async throws(Refusal) -> String? {
    let secondary = try secondary(named: name)
    if let driven = try driven(secondary) {
      do throws(StateError) {
        try Secondary.checkBinding(of: driven, in: state.folder(name))
      } catch {
        guard error.kind == .bound else { return nil }
        return "\(argument(name)) cannot be a history: \(error.message)"
      }
    }
    guard let generation = try? generation(of: name),
      let archive = try self.archive(of: secondary, generation: generation),
      let manifest = try? await archive.manifest()
    else { return nil }
    return manifest.whyNoHistory.map { "\(argument(name)) cannot be a history: \($0)" }
  }

  /// The log together with the history of `secondary`; the log alone if it has none.
  package func joined(_ secondary: ConfiguredSecondary, _ log: any EventSource) throws(Refusal)
    -> any EventSource
  {
    guard let name = secondary.history else { return log }
    return try history(named: name, of: secondary.name).join(log)
  }
}
