import ArgumentParser
import Dashboard
import EventPersistence
import Foundation

/// `check`: whether a run could begin, without delivering anything.
struct CheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Look at configuration, permissions and every secondary; deliver nothing.")

  @OptionGroup var options: SetupOptions

  func run() async throws {
    let setup = try options.setup()
    setup.tell()
    let findings = try await Inspection(
      setup: setup, environment: ProcessInfo.processInfo.environment
    ).findings()
    let paint = Paint.standardOutput
    let width = findings.map { DisplayWidth.of($0.subject) }.max() ?? 0
    for finding in findings {
      let subject = Visible.text(finding.subject)
      let blanks = String(repeating: " ", count: max(0, width - DisplayWidth.of(subject)) + 2)
      StandardOutput.line(
        "\(paint.apply(finding.severity.ink, to: finding.severity.sign)) \(subject)\(blanks)"
          + Visible.text(finding.sentence))
    }
    let worst = findings.map(\.severity).max() ?? .ok
    guard worst.exitCode == 0 else { throw Exit(code: worst.exitCode) }
  }
}
