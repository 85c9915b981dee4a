import ArgumentParser
import Dashboard
import EventPersistence
import SecondaryStatus
import Setup
import Wording

/// `adopt NAME`: binds a state folder to the log, kind and target of the configuration.
struct AdoptCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "adopt",
    abstract:
      "Accept a state folder that belongs to another log, kind or target, or take over an archive.",
    discussion: """
      The checkpoint stays, and from now on counts for the sink as configured. Do this only if you \
      moved a sink or a log, and it holds the same events.

      With --take-over, for the kinds file, s3 and jetstream: continue on this machine what the driver of another \
      state directory has stored, when that one is gone. It is planned first, and refused while \
      that driver may be running.
      """)

  @OptionGroup var secondary: SecondaryOptions

  @Flag(help: "Plan to continue an archive that another state directory's driver has filled.")
  var takeOver = false

  @Flag(help: "With --take-over: carry the plan out.")
  var execute = false

  func validate() throws {
    if execute, !takeOver {
      throw ValidationError("--execute belongs to --take-over: without it, adopt acts at once.")
    }
  }

  func run() async throws {
    let (setup, name) = try secondary.open()
    if try setup.secondary(named: name).isOnlyWatched { throw setup.onlyWatched(name) }
    if takeOver { return try await takeOver(try TakeOver(setup, name: name)) }
    guard let description = try setup.descriptions().first(where: { $0.name == name }) else {
      return
    }
    let old = try setup.state.adopt(
      name, kind: description.kind, target: description.target,
      persistenceDir: description.persistenceDir, by: setup.requester)
    let now = "\(description.kind) \(description.target) of \(description.persistenceDir)"
    let before = old.map { "\($0.kind) \($0.target) of \($0.persistenceDir)" }
    let sentence =
      before == now
      ? "already bound to \(now); nothing was changed"
      : "bound to \(now)" + (before.map { "; it belonged to \($0)" } ?? "")
    StandardOutput.line(Visible.text("\(secondary.name): \(sentence)"))
  }

  private func takeOver(_ takeOver: TakeOver) async throws {
    let plan = try await takeOver.plan()
    show(plan)
    if let refused = plan.refused { throw Refusal(.busy, "\(plan.target): \(refused)") }
    guard execute else {
      StandardOutput.line("Nothing was changed. To carry it out, add: --execute")
      return
    }
    try await takeOver.execute(plan)
    StandardOutput.line(
      Visible.text("\(secondary.name): \(plan.target) is this state directory's from now on"))
  }

  private func show(_ plan: TakeOver.Plan, now: EventTime = .now) {
    let silence = plan.writtenAt.map {
      "since \($0.text(fractionDigits: 0)), \(Quantity.duration(max(0, now.seconds(since: $0))))"
    }
    let owner =
      plan.isOwn ? "this state directory's already" : plan.owner ?? "no state directory is noted"
    for line in [
      "\(secondary.name): \(plan.target)", "  belongs to  \(owner)",
      "  silent      \(silence ?? "nothing is stored there")",
      "  holds       events through \(plan.last?.description ?? "none that can be told")",
      "  then        it belongs to this state directory, and the next run continues after what it "
        + "holds; the other's driver, if it comes back, stores nothing more there",
    ] {
      StandardOutput.line(Visible.text(line))
    }
  }
}
