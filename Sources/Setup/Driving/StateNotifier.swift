package import EventPersistence
internal import Foundation
package import Logging
internal import SecondaryStatus
package import Wording

/// Runs the programs of `on-state` when the state of the primary or of a secondary changes.
///
/// It looks at files, as a dashboard does, so it also sees the secondaries that other processes
/// drive. Of the processes that share a state directory, the one that holds `on-state.lock` tells;
/// another one takes over when that one ends. One program runs at a time, and no driver waits for
/// it.
package actor StateNotifier {
  /// A look without a change costs some `stat` calls.
  package static let interval = Duration.seconds(1)
  /// The primary, among the names of secondaries.
  static let primary = ""

  private var setup: Setup
  private let source: any EventSource
  private var observer: Observer?
  private let log: Logger
  private let executor = BlockingExecutor(label: "on-state")
  /// An element for each `adopt` that nobody waited for.
  private let adoptions = AsyncStream.makeStream(
    of: Void.self, bufferingPolicy: .bufferingNewest(1))
  private var lock: FolderLock?
  private var notices = StateNotices()
  /// The last warning about the state directory.
  private var trouble: String?

  package nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  package init(setup: Setup, source: any EventSource, log: Logger) throws(Refusal) {
    self.setup = setup
    self.source = source
    self.log = log
    observer = try Self.observer(setup, source)
  }

  /// Tells what `setup`, of the same node, configures from now on.
  package func adopt(_ setup: Setup) throws(Refusal) {
    observer = try Self.observer(setup, source)
    self.setup = setup
    adoptions.continuation.yield()
  }

  /// Nil if no `on-state` is configured.
  private static func observer(
    _ setup: Setup, _ source: any EventSource
  ) throws(Refusal) -> Observer? {
    setup.configuration.onStateSubjects.isEmpty ? nil : try setup.observer(source)
  }

  /// Looks and tells until the task is cancelled; a program that is still running is then ended.
  package func run() async {
    let clock = ContinuousClock()
    while !Task.isCancelled {
      guard let observer else {
        for await _ in adoptions.stream { break }
        continue
      }
      // The drivers start first: until they hold their locks, their secondaries look abandoned.
      try? await clock.sleep(for: Self.interval)
      guard !Task.isCancelled, let lock = takeLock() else { continue }
      await look(observer, lock, at: clock)
    }
    lock?.release()
    lock = nil
  }

  private func takeLock() -> FolderLock? {
    if let lock { return lock }
    do throws(StateError) {
      lock = try setup.state.lockNotices()
      guard lock != nil else { return nil }
      notices = StateNotices(told: try setup.state.readNotices(ToldStates.self)?.bySubject ?? [:])
    } catch {
      complain(error)
    }
    return lock
  }

  private func look(
    _ observer: Observer, _ lock: FolderLock, at clock: ContinuousClock
  ) async {
    var document = StatusDocument(await observer.look())
    document.node = setup.node
    notices.take(conditions(in: document), at: Self.instant(clock.now))
    let start = Self.instant(clock.now)
    guard let due = notices.due(at: start),
      let onState = setup.configuration.onState(of: due.subject)
    else { return }
    let failure = await tell(due, onState, document)
    guard !Task.isCancelled else { return }
    let isSettled = notices.ran(due, at: start, wasTold: failure == nil)
    if let failure { note(failure, isSettled: isSettled, of: due.subject) }
    guard isSettled else { return }
    do throws(StateError) {
      try setup.state.writeNotices(ToldStates(bySubject: notices.latest), holding: lock)
      trouble = nil
    } catch {
      complain(error)
    }
  }

  private static func instant(_ now: ContinuousClock.Instant) -> Duration {
    origin.duration(to: now)
  }
  private static let origin = ContinuousClock.now

  // MARK: - What is told

  /// While the log cannot be used, no secondary's state is known: that is one fault, not many.
  private func conditions(
    in document: StatusDocument
  ) -> [String: (condition: StateNotices.Condition, limit: Severity)] {
    var seen: [String: (condition: StateNotices.Condition, limit: Severity)] = [:]
    let isUsable = document.primary.state == .live || document.primary.state == .silent
    for (subject, onState) in setup.configuration.onStateSubjects
    where isUsable || subject == Self.primary || setup.configuration.onState == nil {
      seen[subject] = document.condition(of: subject).map {
        (condition: $0, limit: onState.severity)
      }
    }
    return seen
  }

  /// Runs the program; returns why it was not told.
  private func tell(
    _ due: StateNotices.Due, _ onState: ConfiguredOnState, _ document: StatusDocument
  ) async -> SinkError? {
    let name = due.subject == Self.primary ? nil : due.subject
    let text = due.text(of: name, in: document)
    let change = StateChange(due, in: document, of: name, host: Requester.host, text: text)
    do throws(SinkError) {
      try await onState.tell(change)
      log.info("on-state: told \(onState.command[0]): \(text)")
      return nil
    } catch {
      return error
    }
  }

  // MARK: - What fails

  /// Journals a run that failed: with the secondary, or with each if it was about the primary.
  private func note(_ failure: SinkError, isSettled: Bool, of subject: String) {
    let next =
      isSettled
      ? "This change is not told any more."
      : "hydra-sinks tries again in \(Int(StateNotices.retryAfter / .seconds(1))) s."
    let end = failure.message.hasSuffix(".") ? "" : "."
    let text = "on-state: \(failure.message)\(end) \(next)"
    let names =
      subject == Self.primary ? setup.configuration.secondaries.map(\.name) : [subject]
    var line = log
    if subject != Self.primary { line[metadataKey: "secondary"] = "\(subject)" }
    line.warning("\(text)")
    for folder in names.map(setup.state.folder) where folder.exists {
      do throws(StateError) {
        try folder.note(JournalEntry(.error, text, .warning, at: .now))
      } catch {
        complain(error)
      }
    }
  }

  private func complain(_ error: StateError) {
    if trouble != error.message { log.warning("on-state: \(error.message)") }
    trouble = error.message
  }
}

extension Configuration {
  /// The program that is told about a secondary, or the primary.
  fileprivate func onState(of subject: String) -> ConfiguredOnState? {
    onStateSubjects.first { $0.subject == subject }?.onState
  }

  /// What programs are told about: the primary, whose name is empty, and secondaries.
  var onStateSubjects: [(subject: String, onState: ConfiguredOnState)] {
    ([(StateNotifier.primary, onState)] + secondaries.map { ($0.name, $0.onState) })
      .compactMap { subject, onState in onState.map { (subject, $0) } }
  }
}

extension ToldStates {
  fileprivate init(bySubject told: [String: StateNotices.Condition]) {
    self.init(
      primary: told[StateNotifier.primary],
      secondaries: told.filter { $0.key != StateNotifier.primary })
  }

  fileprivate var bySubject: [String: StateNotices.Condition] {
    var told = secondaries
    told[StateNotifier.primary] = primary
    return told
  }
}
