internal import CommandSink
package import EventPersistence
internal import FeedSink
internal import FileSink
internal import Foundation
package import HydraLog
package import Logging
internal import S3Sink
package import SecondaryStatus
package import Wording

/// Driving the configured secondaries.
extension Setup {
  /// The secondary that an argument names.
  ///
  /// - Throws: a refusal (64) that lists the known ones, if none has this name.
  package func secondary(named name: String) throws(Refusal) -> ConfiguredSecondary {
    if let secondary = configuration.secondaries.first(where: { $0.name == name }) {
      return secondary
    }
    if ConfiguredSecondary.isName(name), state.folder(name).exists {
      throw Refusal(
        .usage,
        "\(argument(name)) has state in \(state.path), but its sink is not configured: expected it under "
          + "secondaries of the configuration, or as --sink URI#\(name). If its sink is gone, set "
          + "its state aside: hydra-sinks forget \(argument(name))")
    }
    throw unknown(name, among: configuration.secondaries.map(\.name))
  }

  /// The state folder of the secondary that an argument names, configured or not.
  package func folder(named name: String) throws(Refusal) -> SecondaryFolder {
    let folder = state.folder(name)
    if configuration.secondaries.contains(where: { $0.name == name }) { return folder }
    guard ConfiguredSecondary.isName(name), folder.exists else {
      throw unknown(name, among: configuration.secondaries.map(\.name))
    }
    return folder
  }

  private func unknown(_ name: String, among known: [String]) -> Refusal {
    let hint =
      known.isEmpty
      ? "none is configured, and \(state.path) has no folder of that name"
      : Suggestion.nearest(to: name, among: known).map { "did you mean \($0)?" }
        ?? "the known ones are: \(known.joined(separator: ", "))"
    return Refusal(.usage, "there is no secondary \"\(name)\"; \(hint)")
  }

  /// The sink that the engine drives; nil for kind `checkpoint`.
  ///
  /// - Parameter source: the log, for a sink that serves from it; by default a source of its own.
  package func driven(
    _ secondary: ConfiguredSecondary, source: (any EventSource)? = nil
  ) throws(Refusal) -> SecondaryConfiguration? {
    let name = secondary.name
    let dir = FilePaths.canonical(try persistenceDir)
    let history: History? =
      if let archive = secondary.history { try self.history(named: archive, of: name) } else { nil }
    guard let (sink, makeSink) = sink(of: secondary, dir, serving: source, history) else {
      return nil
    }
    var driven = SecondaryConfiguration(
      name: name, persistenceDir: dir,
      selection: secondary.selection, start: secondary.start, sink: sink,
      makeSink: makeSink)
    driven.history = history
    driven.historyNamed = histories(of: name)
    driven.beginsNewLogs = secondary.beginsNewLogs
    let folder = state.folder(name)
    let generation = ((try? folder.readBinding()) ?? nil)?.generation ?? 1
    if let archive = try archive(of: secondary, generation: generation) {
      let count = HeldCount(archive: archive, folder: folder)
      driven.countHeld = { await count.count($0, of: $1) }
    }
    return driven
  }

  /// The sink of each generation, and its description; nil for kind `checkpoint`.
  ///
  /// - Parameters:
  ///   - dir: the node's directory.
  ///   - source: the log, for a sink that serves from it, with `history`.
  private func sink(
    of secondary: ConfiguredSecondary, _ dir: String, serving source: (any EventSource)?,
    _ history: History?
  ) -> (SinkDescription, @Sendable (_ generation: Int) -> any EventSink)? {
    switch secondary.kind {
    case .checkpoint: return nil
    case .file(let file):
      let options = file.options(of: secondary, persistenceDirectory: dir)
      return (
        options.description,
        { generation in
          var options = options
          options.generation = generation
          return FileSink(options)
        }
      )
    case .s3(let s3):
      let options = s3.options(
        of: secondary, in: state, environment: ProcessInfo.processInfo.environment)
      return (
        options.description,
        { generation in
          var options = options
          options.generation = generation
          return S3Sink(options)
        }
      )
    case .command(let command): return sink(of: secondary, command)
    case .jetstream(let stream): return sink(of: secondary, stream)
    case .feed(let feed):
      let chosen = feed.options(of: secondary, in: state)
      return (
        chosen.description,
        { generation in
          var options = chosen
          options.generation = generation
          let log = source ?? PersistenceDirectory(path: dir)
          return FeedSink(options, source: history?.join(log) ?? log)
        }
      )
    }
  }

  private func sink(of secondary: ConfiguredSecondary, _ command: ConfiguredCommand)
    -> (SinkDescription, @Sendable (_ generation: Int) -> any EventSink)
  {
    var limits = BatchLimits()
    if let events = secondary.maxEvents { limits.events = events }
    if let bytes = secondary.maxBytes { limits.bytes = bytes }
    let options = CommandSink.Options(
      command: command.command, name: secondary.name,
      childLock: "\(state.folder(secondary.name).path)/child.lock", limits: limits,
      timeout: command.timeout)
    let window = command.window ?? CommandStream.windowDefault
    let mode = command.mode
    return (
      options.description,
      { generation in
        var options = options
        options.generation = generation
        return switch mode {
        case .batch: CommandSink(options)
        case .stream: CommandStream(options, window: window)
        }
      }
    )
  }

  /// The primary, with what earlier processes learned about it.
  ///
  /// - Parameter isForLooks: whether nothing is delivered out of it: then archives that have not
  ///   changed are not opened.
  package func source(isForLooks: Bool = false) throws(Refusal) -> PersistenceDirectory {
    let source = PersistenceDirectory(path: try persistenceDir)
    do throws(StateError) {
      let record = try state.readPrimary(PrimaryRecord.self) {
        isForLooks ? PrimaryRecord(forLooksIn: $0) : nil
      }
      if let record, (try? checkPrimary(record)) != nil {
        source.adopt(record, trustingEnds: isForLooks)
      }
    } catch {
      // The record only saves time: without it, the log is read again.
      StandardError.say(error.message)
    }
    return source
  }

  /// Makes `source`, which was for looks, one to deliver out of: what is known of its archives is no
  /// longer believed, and the times of its events are.
  package func complete(_ source: PersistenceDirectory) {
    let record = try? state.readPrimary(PrimaryRecord.self)
    let isOurs = record.map { (try? checkPrimary($0)) != nil } ?? false
    source.adopt(isOurs ? record! : PrimaryRecord())
  }

  /// Replays of the secondary that an argument names.
  ///
  /// - Parameter source: the log that this process delivers from; nil: a source of its own.
  package func replay(
    of name: String, source: (any EventSource)? = nil
  ) throws(Refusal) -> Replay {
    let secondary = try secondary(named: name)
    let source: any EventSource = if let source { source } else { try self.source() }
    guard let configuration = try driven(secondary, source: source) else {
      throw onlyWatched(name)
    }
    return Replay(
      of: configuration, source: source, folder: state.folder(name), requester: requester,
      options: driveOptions())
  }

  /// Options for driving in this process: each driver also observes itself, for the journal and the
  /// history.
  package func driveOptions(log: Logger = DriveOptions().log) -> DriveOptions {
    var options = DriveOptions()
    options.log = log
    options.meters = meters
    options.lookout = lookout
    options.makeObserver = { configuration, source, folder in
      SelfObserver(
        of: SecondaryDescription(
          name: configuration.name, node: node, kind: configuration.sink.kind,
          target: configuration.sink.target, persistenceDir: configuration.persistenceDir,
          selection: configuration.selection, batching: configuration.sink.batching,
          beginsNewLogs: configuration.beginsNewLogs, history: configuration.history?.name),
        source: source, folder: folder, log: log)
    }
    return options
  }

  /// Why an order to a secondary of kind `checkpoint` is refused.
  package func onlyWatched(_ name: String) -> Refusal {
    Refusal(
      .error,
      "\(name) is of kind checkpoint: it is only watched here. "
        + "Use the program that drives it.")
  }

  /// Who gives the order, as the journals name users.
  package var requester: String {
    Requester.current(environment: ProcessInfo.processInfo.environment)
  }
}

/// Watching the configured secondaries.
extension Setup {
  /// The secondaries, described for an observer.
  package func descriptions() throws(Refusal) -> [SecondaryDescription] {
    var descriptions: [SecondaryDescription] = []
    for secondary in configuration.secondaries {
      var description = SecondaryDescription(
        name: secondary.name, node: node, kind: secondary.kind.name, target: "",
        persistenceDir: FilePaths.canonical(try persistenceDir), selection: secondary.selection,
        beginsNewLogs: secondary.beginsNewLogs, warn: secondary.warn, error: secondary.error,
        history: secondary.history)
      if case .checkpoint(let path) = secondary.kind {
        description.target = path
        description.checkpointPath = path
      } else if let sink = try driven(secondary)?.sink {
        description.target = sink.target
        description.batching = sink.batching
      }
      descriptions.append(description)
    }
    return descriptions
  }

  /// The observer of the primary and its secondaries.
  package func observer(_ source: any EventSource) throws(Refusal) -> Observer {
    var joined: [String: any EventSource] = [:]
    for secondary in configuration.secondaries where secondary.history != nil {
      joined[secondary.name] = try self.joined(secondary, source)
    }
    return Observer(
      source: source, joined: joined, persistenceDir: try persistenceDir, state: state,
      secondaries: try descriptions(), silentAfter: configuration.silentAfter,
      rotateAfter: configuration.rotateAfter)
  }
}
