import ArgumentParser
import Dashboard
import EventPersistence
import Setup
import Wording

/// `cancel NAME`: stops the running replay after the current batch.
struct CancelCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cancel",
    abstract: "Stop the running replay after the current batch.",
    discussion: """
      The checkpoint of a rewind is restored to its earlier position, unless --stay, and unless the \
      node lost the event there.
      """)

  @OptionGroup var secondary: SecondaryOptions

  @Flag(help: "Leave the checkpoint of a rewind where it is.")
  var stay = false

  func run() async throws {
    let (setup, name) = try secondary.open()
    let record = try await setup.replay(of: name).cancel(stay: stay)
    let how =
      record.state == .cancelled
      ? "cancelled" : "had already ended, \(record.state.rawValue)"
    StandardOutput.line(
      Visible.text(
        "\(secondary.name): replay \(record.id) \(how), "
          + "\(Quantity.count(record.delivered, "event")) delivered"))
  }
}
