import ArgumentParser
import Dashboard
import EventPersistence
import Setup
import Wording

/// `forget NAME`: sets aside the state of a secondary that is gone.
struct ForgetCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "forget",
    abstract: "Plan to set aside the state of a secondary that is gone; with --execute, do it.",
    discussion: "Nothing is deleted, and what the sink holds is not touched.")

  @OptionGroup var secondary: SecondaryOptions

  @Flag(help: "Carry the plan out.")
  var execute = false

  func run() async throws {
    let (setup, name) = try secondary.open()
    let folder = try setup.folder(named: name)
    guard folder.exists else {
      StandardOutput.line(
        "\(secondary.name): has no state in \(Visible.text(setup.state.path)) to forget")
      return
    }
    if execute {
      let done = try setup.state.forget(name, by: setup.requester)
      StandardOutput.line(Visible.text("\(secondary.name): its state is now \(done.setAsideAs)"))
      return
    }
    let plan = try setup.state.planForget(name)
    show(plan, isConfigured: setup.configuration.secondaries.contains { $0.name == name })
    if let refused = plan.refused { throw Refusal(.busy, refused) }
    StandardOutput.line("Nothing was changed. To carry it out, add: --execute")
  }

  private func show(_ plan: ForgetPlan, isConfigured: Bool) {
    let what = [plan.kind?.rawValue, plan.target].compactMap { $0 }.joined(separator: " ")
    let checkpoint = plan.checkpoint?.position?.description ?? "none"
    for line in [
      "\(plan.name): \(what.isEmpty ? "not driven yet" : what)", "  checkpoint  \(checkpoint)",
      "  the state   \(plan.path)", "  goes to     \(plan.setAsideAs)",
    ] {
      StandardOutput.line(Visible.text(line))
    }
    if isConfigured {
      StandardOutput.line(
        "  note        it is still configured: the next run continues after what its sink holds, "
          + "or begins again")
    }
  }
}
