package import EventPersistence
internal import FileSink
internal import Foundation
internal import S3Sink
package import Wording

/// Continuing, from this state directory, an archive that another one's driver has filled.
package struct TakeOver: Sendable {
  /// What would be taken over; it is found without changing anything.
  package struct Plan: Sendable {
    package var target: String
    /// Whose it is: a machine and the folder of its state. Nil if no state directory is noted.
    package var owner: String?
    /// Whether it is this state directory's already.
    package var isOwn: Bool
    /// When anything was last stored there; nil if nothing was, or that is not known.
    package var writtenAt: EventTime?
    /// The last event that is held; nil if there is none, or the sink cannot tell.
    package var last: Position?
    /// Why it may not be taken over now.
    package var refused: String?
  }

  private let setup: Setup
  private let name: String
  private let secondary: ConfiguredSecondary
  private let driven: SecondaryConfiguration

  /// - Throws: a refusal if the secondary is not an archive.
  package init(_ setup: Setup, name: String) throws(Refusal) {
    self.setup = setup
    self.name = name
    secondary = try setup.secondary(named: name)
    guard let driven = try setup.driven(secondary),
      [.file, .s3, .jetstream].contains(driven.sink.kind)
    else {
      throw Refusal(
        .error,
        "\(name) is of kind \(secondary.kind.name): only what a secondary of kind file, s3 or jetstream has "
          + "stored can be taken over")
    }
    self.driven = driven
  }

  private var folder: SecondaryFolder { setup.state.folder(name) }

  /// - Parameter now: the time of day, which a stream's silence lasts until.
  package func plan(at now: EventTime = .now) async throws -> Plan {
    var plan = try await look(at: now)
    if plan.refused == nil {
      // An archive of no event has no last one, and the sink that cannot tell says nothing.
      let newest = (try? await driven.makeSink(1).newestGeneration()) ?? nil
      plan.last = try? await driven.makeSink(newest ?? 1).position(before: Position.idMax)
    }
    if try folder.isLocked() {
      plan.refused = "\(setup.argument(name)) is being driven here: stop its driver first."
    }
    return plan
  }

  private func look(at now: EventTime) async throws -> Plan {
    switch secondary.kind {
    case .s3: return try await lookAtBucket()
    case .file(let file): return try lookAtFolder(file)
    case .jetstream(let stream): return try await lookAtStream(stream, at: now)
    case .command, .feed, .checkpoint: preconditionFailure("not an archive")
    }
  }

  // MARK: - s3

  private var bucket: S3TakeOver? {
    guard case .s3(let s3) = secondary.kind else { return nil }
    let options = s3.options(
      of: secondary, in: setup.state, environment: ProcessInfo.processInfo.environment)
    return options.ownerFile.map { S3TakeOver(options, ownerFile: $0) }
  }

  private func lookAtBucket() async throws -> Plan {
    let found = try await bucket!.look()
    var plan = Plan(
      target: driven.sink.target, owner: found.owner, isOwn: found.isOwn,
      writtenAt: found.writtenAt)
    guard let owner = found.owner, !found.isOwn else { return plan }
    // The lock of a folder on this machine says more than its silence.
    if let lock = Self.lock(of: owner) {
      if try FolderLock.isHeld(lock) {
        plan.refused =
          "its driver is running on this machine (it holds \(lock)). Stop it first; to find it: "
          + "fuser -v \(AccessAdvice.quoted(lock))"
      }
    } else if found.mayLive, let written = found.writtenAt {
      plan.refused = Self.mayLive(found.now.seconds(since: written))
    }
    return plan
  }

  private static func mayLive(_ seconds: Double) -> String {
    "its driver may be running: it stored something \(Quantity.duration(seconds)) ago. Stop it first, and "
      + "wait until it has been silent for \(Quantity.duration(S3TakeOver.silenceMin))."
  }

  /// The lock of the state folder that `owner`, `MACHINE:FOLDER`, names, if it is on this machine.
  private static func lock(of owner: String) -> String? {
    let here = Requester.host + ":"
    guard owner.hasPrefix(here) else { return nil }
    let lock = owner.dropFirst(here.count) + "/lock"
    return access(String(lock), F_OK) == 0 ? String(lock) : nil
  }

  // MARK: - file

  private func lookAtFolder(_ file: ConfiguredFile) throws -> Plan {
    var plan = Plan(target: driven.sink.target, isOwn: false)
    do throws(SinkError) {
      _ = try FileInspection.look(
        file.options(of: secondary, persistenceDirectory: driven.persistenceDir), isDriven: false)
    } catch {
      // Whoever stores there holds its lock.
      plan.refused = error.message
    }
    plan.writtenAt = FileInspection.writtenAt(file.path)
    return plan
  }

  // MARK: - jetstream

  /// A stream belongs to nobody, and two drivers do it no harm: but only one should be at work.
  private func lookAtStream(
    _ stream: ConfiguredJetStream, at now: EventTime
  ) async throws -> Plan {
    var plan = Plan(target: driven.sink.target, isOwn: false)
    plan.writtenAt = try await setup.writtenAt(stream, of: secondary)
    if let silence = plan.writtenAt.map({ now.seconds(since: $0) }),
      silence < S3TakeOver.silenceMin
    {
      plan.refused = Self.mayLive(max(0, silence))
    }
    return plan
  }

  // MARK: - Execution

  /// Carries the plan out, and journals it. The next driver continues after what the archive holds.
  ///
  /// - Throws: a refusal with the plan's reason.
  package func execute(_ plan: Plan, at: EventTime = .now) async throws {
    if let refused = plan.refused { throw Refusal(.busy, "\(plan.target): \(refused)") }
    try setup.state.adopt(
      name, kind: driven.sink.kind, target: driven.sink.target,
      persistenceDir: driven.persistenceDir, by: setup.requester, at: at)
    guard !plan.isOwn, secondary.kind.name != .file else { return }
    try await bucket?.execute()
    let from = plan.owner.map { " from \($0)" } ?? ""
    let silence = plan.writtenAt.map { ", silent since \($0.text(fractionDigits: 0))" } ?? ""
    try folder.note(
      JournalEntry(
        .order, "\(plan.target) was taken over by \(setup.requester)\(from)\(silence)", at: at))
  }
}
