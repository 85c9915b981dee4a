import ArgumentParser
import Dashboard
import EventPersistence
import Foundation
import Setup
import Wording

/// `replay NAME`: plans a replay, and executes it on `--execute`.
struct ReplayCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Plan to deliver events again; with --execute, do it.",
    discussion: """
      Without --from it is a re-drive, from the checkpoint to the head. With --from it is a rewind: the \
      checkpoint goes back first. With --from and --through it is a range: the checkpoint stays. Both \
      ends are inclusive.

      If a driver runs, it executes the replay, and Ctrl-C only detaches. If none runs, this \
      process drives, and Ctrl-C cancels at the end of a batch.
      """)

  @OptionGroup var secondary: SecondaryOptions

  @OptionGroup var range: RangeOptions

  @Flag(
    help: """
      Begin at the first event that still exists, or after the events that are lost or damaged, if the \
      replay would begin before them; out of a divergence, at the latest possible event. It never moves \
      a beginning that is too late otherwise.
      """)
  var clamp = false
  @Flag(
    help: "The primary is another log than the one that is stored: begin the next generation.")
  var newLog = false
  @Option(
    help: ArgumentHelp(
      "The archive that has what the node's log no longer has: a secondary of kind file, s3 or jetstream.",
      valueName: "archive"))
  var history: String?
  @Flag(help: "Carry the plan out.")
  var execute = false
  @Option(help: ArgumentHelp("Only if the plan is still this one.", valueName: "plan"))
  var expect: String?
  @Flag(help: "Continue the replay that lost its driver.")
  var resume = false
  @Option(help: ArgumentHelp("At most this many events a second.", valueName: "n"))
  var maxRate: Double?
  @Option(help: ArgumentHelp("Why, for the records.", valueName: "text"))
  var reason: String?
  @Flag(help: "Print one JSON document.")
  var json = false

  func validate() throws {
    let (from, through) = (range.from, range.through)
    if through != nil, from == nil { throw ValidationError("--through needs --from: a range.") }
    if expect != nil, !execute { throw ValidationError("--expect needs --execute.") }
    if let maxRate, !(maxRate > 0 && maxRate.isFinite) {
      throw ValidationError("--max-rate: expected a number above 0.")
    }
    if resume,
      from != nil || through != nil || expect != nil || clamp || newLog || maxRate != nil
        || history != nil
    {
      throw ValidationError(
        "--resume continues the replay as it was ordered: it takes no other end.")
    }
  }

  func run() async throws {
    do {
      try await perform()
    } catch let exit as Exit {
      throw exit
    } catch {
      guard json, !StandardOutput.isUsed,
        let refusal = error as? Refusal ?? Refusal(knownError: error)
      else { throw error }
      StandardError.say(refusal.message)
      StandardOutput.document(
        RefusedPlan(
          secondary: secondary.name, kind: kind, refused: refusal.message,
          exitCode: refusal.status.rawValue, isExecuted: execute || resume))
      throw Exit(refusal.status)
    }
  }

  /// The kind that was asked for; not known yet for a replay that is resumed.
  private var kind: ReplayRecord.Kind? { resume ? nil : (try? request)?.kind }

  private var request: ReplayRequest {
    get throws {
      var request = ReplayRequest(
        from: try range.beginning, through: try range.ending, clamp: clamp, maxRate: maxRate,
        history: history, reason: reason)
      request.beginsNewLog = newLog
      return request
    }
  }

  private func perform() async throws {
    let (setup, name) = try secondary.open()
    if let history { try await setup.checkHistory(named: history, of: name) }
    let source = try setup.source()
    let replay = try setup.replay(of: name, source: source)
    let keeper = PrimaryKeeper(
      source: source, setup: setup, log: CalmLog.logger(node: setup.node))
    if resume {
      try await follow(replay, keeper) { progress throws(ReplayError) in
        try await replay.resume(progress: progress)
      }
      return
    }
    let request = try request
    guard execute else {
      try await show(replay.plan(request))
      return
    }
    try await follow(replay, keeper) { progress throws(ReplayError) in
      try await replay.execute(request, expecting: expect, progress: progress)
    }
  }

  // MARK: - Planned

  private func show(_ plan: ReplayPlan) throws {
    if json {
      StandardOutput.document(plan)
    } else {
      for line in PlanText.lines(plan, paint: .standardOutput) { StandardOutput.line(line) }
    }
    guard plan.refused == nil else { throw Exit(plan.isBusy ? .busy : .error) }
    if !json {
      StandardOutput.line(
        "Nothing was changed. To carry it out, add: --execute --expect \(plan.id)")
    }
  }

  // MARK: - Executed

  private func follow(
    _ replay: Replay, _ keeper: PrimaryKeeper,
    _ body:
      @escaping @Sendable (@escaping @Sendable (ReplayProgress) -> Void)
      async throws(ReplayError) -> ReplayResult
  ) async throws {
    let watch = ReplayWatch(name: secondary.name, keeper: keeper)
    do {
      let result = try await watch.run(replay, body)
      answer(result)
      switch result.record.state {
      case .done: return
      case .cancelled: throw Exit(.warning)
      case .failed: throw Exit(.error)
      case .requested, .running: throw Exit(.unknown)
      }
    } catch let error as ReplayError {
      switch error {
      case .refused(let plan):
        try show(plan)
        throw Exit(.error)
      case .changed(var plan):
        StandardError.say("\(error)")
        // A document contains its refusal; a person sees the new plan.
        if json { plan.refused = "\(error)" }
        try? show(plan)
        throw Exit(.error)
      case .busy, .none, .source, .sink, .state: throw error
      }
    }
  }

  private func answer(_ result: ReplayResult) {
    if json {
      StandardOutput.document(result)
      return
    }
    let record = result.record
    let count = "\(Quantity.count(record.delivered, "event")) delivered"
    let checkpoint =
      result.checkpoint?.eventId.map { "the checkpoint is \($0)" }
      ?? "nothing is stored"
    let sentence =
      switch record.state {
      case .done: "\(secondary.name): done, \(count); \(checkpoint)"
      case .cancelled:
        "\(secondary.name): cancelled\(record.cancelledBy.map { " by \($0)" } ?? ""), \(count); \(checkpoint)"
      case .failed:
        "\(secondary.name): failed, \(count): \(record.error ?? "no error was recorded")"
      case .requested, .running:
        "\(secondary.name): continues elsewhere. To stop it: hydra-sinks cancel \(secondary.name)"
      }
    StandardOutput.line(Visible.text(sentence))
  }
}
