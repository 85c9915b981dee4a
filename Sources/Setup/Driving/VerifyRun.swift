internal import CommandSink
package import EventArchive
package import EventPersistence
internal import Foundation
internal import HydraLog
internal import Wording

/// Verifies one secondary: compares what it holds with the log.
package struct VerifyRun: Sendable {
  package var setup: Setup
  package var name: String
  /// Both inclusive; nil: from the first, through the checkpoint.
  package var from: ReplayRequest.Target?
  package var through: ReplayRequest.Target?
  package var isStrict = false
  /// Nil: the current one.
  package var generation: Int?
  /// Whether an archive is read slowly, because nobody waits.
  var isSlow = false
  private let startedAt = EventTime.now

  package init(
    setup: Setup, name: String, from: ReplayRequest.Target? = nil,
    through: ReplayRequest.Target? = nil, isStrict: Bool = false, generation: Int? = nil,
    isSlow: Bool = false
  ) {
    self.setup = setup
    self.name = name
    self.from = from
    self.through = through
    self.isStrict = isStrict
    self.generation = generation
    self.isSlow = isSlow
  }

  /// Compares, and returns the result. Cancelling the task ends it.
  package func run(
    progress: @escaping @Sendable (Verification.Progress) -> Void
  ) async throws -> VerifyReport {
    let secondary = try setup.secondary(named: name)
    let source = try setup.joined(secondary, try setup.source())
    let folder = setup.state.folder(name)
    // The checkpoint of another log says nothing about this one.
    if let driven = try setup.driven(secondary) {
      try Secondary.checkBinding(of: driven, in: folder)
    }
    // Read first: everything through it is stored before the sink is read.
    let checkpoint = try folder.readCheckpoint()?.position
    let binding = try folder.readBinding()
    let current = try await currentGeneration(of: secondary, binding)
    if let generation, generation != current {
      return try await runFormer(generation, current, secondary, progress: progress)
    }
    var request = Verification.Request(
      from: try await id(from, checkpoint, in: source, isEnd: false),
      through: try await id(through, checkpoint, in: source, isEnd: true), isStrict: isStrict,
      checkpoint: checkpoint, first: binding?.first, selection: secondary.selection)
    if let first = request.from, let last = request.through, first > last {
      throw Refusal(.usage, "--from \(first) is after --through \(last)")
    }
    var report = VerifyReport()
    report.generation = current
    report.otherGenerations = try await others(than: current, of: secondary)
    if let first = request.from, let stored = checkpoint?.eventId, first > stored {
      throw Refusal(
        .error,
        "--from \(first) is after the checkpoint, \(stored): the secondary is not expected to hold "
          + "these events yet. Choose an id up to \(stored)")
    }
    if let found = try setup.archive(of: secondary, generation: current) {
      return try await run(
        request, of: isSlow ? PacedArchive(found) : found, against: source, report,
        progress: progress)
    }
    guard case .command(let command) = secondary.kind, let words = command.verifyCommand else {
      throw Refusal(
        .error,
        "\(name) cannot be verified: it is of kind \(secondary.kind.name). verify works for the "
          + "kinds file, s3 and jetstream, and for a command that has a verify-command")
    }
    let held = ProgramHoldings(
      ProgramLines(
        command: words, name: name, generation: current, timeout: command.timeout),
      program: words[0])
    request.form = .positions
    return try await Verification(request, of: held, against: source).run(
      report, progress: progress)
  }

  private func run(
    _ request: Verification.Request, of archive: any ArchiveStorage,
    against source: any EventSource, _ report: VerifyReport,
    progress: @escaping @Sendable (Verification.Progress) -> Void
  ) async throws -> VerifyReport {
    var (request, report) = (request, report)
    let manifest: ArchiveManifest
    do throws(SourceError) { manifest = try await archive.manifest() } catch {
      guard error.kind == .missing, request.checkpoint != nil,
        try await archive.objects().isEmpty
      else { throw error }
      return try await Verification(request, of: LostHoldings(archive), against: source)
        .run(report, progress: progress)
    }
    if request.checkpoint == nil {
      request.checkpoint = await ArchiveSource(archive).survey().head
    }
    report.setAside = try? await archive.setAsideCount()
    report.retiredThrough = manifest.retiredThrough
    request.keepsLastOfId = manifest.keepsLastOfId
    request.form =
      manifest.content == .transactions
      ? setup.transactionLines : .events(upgraded: { UpgradedEvent.json(of: $0) })
    let held = ArchiveHoldings(archive, from: request.from ?? 0)
    // The rests of a slow one are in proportion to the work between two objects.
    var result = try await Verification(
      request, of: held, against: source, readsAhead: !isSlow
    ).run(report, progress: progress)
    result.shorter = UInt64(await held.shorter.count)
    return result
  }

  // MARK: - Generations

  /// The one that is stored now; of a secondary that nobody has driven yet, the newest that its
  /// archive holds.
  private func currentGeneration(
    of secondary: ConfiguredSecondary, _ binding: Binding?
  ) async throws -> Int {
    if let binding { return binding.generation }
    return try await setup.archive(of: secondary)?.generations().last ?? 1
  }

  private func others(
    than current: Int, of secondary: ConfiguredSecondary
  ) async throws -> [Int] {
    try await setup.archive(of: secondary)?.generations().filter { $0 != current } ?? []
  }

  /// Proves what can be proven of a log that the node no longer has.
  private func runFormer(
    _ generation: Int, _ current: Int, _ secondary: ConfiguredSecondary,
    progress: @escaping @Sendable (Verification.Progress) -> Void
  ) async throws -> VerifyReport {
    guard secondary.kind.name.isArchive else {
      throw Refusal(
        .error,
        "only the current generation of \(name), \(current), can be verified: it is of kind "
          + "\(secondary.kind.name), and the node no longer has its earlier logs")
    }
    let archive = try await setup.archive(named: name, generation: generation)
    var report = VerifyReport()
    report.generation = generation
    report.isFormer = true
    report.otherGenerations = try await others(than: generation, of: secondary)
    report.setAside = try? await archive.setAsideCount()
    report.retiredThrough = try await archive.manifest().retiredThrough
    let ends = (id(from), id(through))
    let request = Verification.Request(
      from: ends.0, through: ends.1, isStrict: isStrict, checkpoint: nil)
    return try await Verification(
      request, of: ArchiveHoldings(archive, from: request.from ?? 0), against: AbsentLog()
    ).run(report, progress: progress)
  }

  private func id(_ place: ReplayRequest.Target?) -> UInt64? {
    if case .id(let id) = place { id } else { nil }
  }

  /// The id at an end of the range.
  private func id(
    _ place: ReplayRequest.Target?, _ checkpoint: Position?, in source: any EventSource, isEnd: Bool
  ) async throws -> UInt64? {
    switch place {
    case nil, .start: return nil
    case .checkpoint: return checkpoint?.eventId
    case .id(let id): return id
    case .time(let time):
      let start = isEnd ? time.advanced(bySeconds: 1e-6) : time
      guard let found = try await source.locate(.time(start)) else {
        guard !isEnd else { return nil }
        throw Refusal(.error, "there is no event at \(time) or after it")
      }
      guard isEnd else { return found.eventId }
      return try await source.predecessor(of: found)?.eventId
    }
  }

  /// Keeps the verdict in the secondary's state folder, where `status` and the dashboard find it.
  ///
  /// - Throws: if this user may not write there, or if what is there is not valid.
  package func keep(_ report: VerifyReport) throws(StateError) {
    // It says nothing about what is stored now.
    guard report.verdict != .interrupted, !report.isFormer else { return }
    var record = VerifiedRecord(
      startedAt: startedAt, at: .now, by: setup.requester, verdict: .unproven, from: report.from,
      through: report.through ?? report.checkpoint)
    record.take(report)
    // What is known to be compared of one that did not reach its end.
    if report.isInterrupted { record.through = record.findings.map(\.through).max() }
    var holes = report.holes.map { VerifiedRecord.Ids($0.from...$0.through) }
    // Of holes that are not listed, it is known that they come later.
    if let last = holes.last, holes.count == VerifyReport.listMax {
      holes.append(VerifiedRecord.Ids(last.from...Position.idMax))
    }
    try setup.state.folder(name).keep(
      record, isComplete: !report.isInterrupted && report.unread == 0, holes: holes)
  }

  /// The command lines that repair what can be repaired, in order.
  package func repairs(_ report: VerifyReport, options: [String]) -> [String] {
    report.repairs.map { ids in
      let words =
        ["hydra-sinks", "replay", setup.argument(name)] + options
        + ["--from", "\(ids.from)", "--through", "\(ids.through)", "--execute"]
      return words.map(AccessAdvice.quoted).joined(separator: " ")
    }
  }
}

/// An archive that is gone, although its checkpoint says that it held something.
private actor LostHoldings: HeldEvents {
  private var piece: HeldPiece?

  package init(_ archive: any ArchiveStorage) {
    piece = .damaged(object: archive.place, ids: nil, reason: "does not exist, or is empty")
  }

  package func next() -> HeldPiece? {
    defer { piece = nil }
    return piece
  }
}

extension VerifiedRecord {
  fileprivate mutating func take(_ report: VerifyReport) {
    switch report.verdict {
    case .whole: verdict = .whole
    case .differs: verdict = .differs
    case .unproven, .interrupted: verdict = .unproven
    }
    unknown =
      report.unproven.events + report.unexamined.events + report.incomparable.events
    let all = Ids((from ?? 0)...max(from ?? 0, through ?? Position.idMax))
    var found: [Finding] = []
    func add(_ fault: Fault, _ ids: Ids, _ events: UInt64) {
      found.append(Finding(fault, ids, events: events, startedAt: startedAt))
    }
    let kinds: [(Fault, IdRanges)] = [
      (.missing, report.missing), (.extra, report.extra), (.twice, report.twice),
      (.outOfOrder, report.outOfOrder), (.differing, report.differing),
    ]
    for (fault, ranges) in kinds {
      for range in ranges.ranges { add(fault, Ids(range.from...range.through), range.events) }
      let kept = ranges.ranges.reduce(0) { $0 + $1.events }
      if kept < ranges.events, let low = ranges.lowest, let high = ranges.highest {
        add(fault, Ids(low...high), ranges.events - kept)
      }
    }
    for damage in report.damages {
      let ids = damage.from.map { Ids($0...max($0, damage.through ?? all.through)) }
      add(.damaged, ids ?? all, 1)
    }
    let listed = UInt64(report.damages.count)
    if listed < report.undecodable { add(.damaged, all, report.undecodable - listed) }
    take(
      found,
      repairs: report.repairs.map { Repair(Ids($0.from...$0.through), startedAt: startedAt) })
  }
}
