import ArgumentParser
import Dashboard
import EventPersistence
import Foundation
import SecondaryStatus
import Setup
import Wording

/// `check`: checks everything that a run needs, and delivers nothing.
struct CheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Check the configuration, the permissions and every secondary; deliver nothing.")

  @OptionGroup var options: SetupOptions

  @Flag(help: "Also run each program of on-state, with a message that says that it is a test.")
  var onState = false

  func run() async throws {
    let nodes = try options.nodes()
    var worst = Severity.ok
    for setup in nodes.here {
      setup.tell()
      if let title = setup.title, nodes.isSeveral {
        StandardOutput.line(Paint.standardOutput.apply(.bold, to: Visible.text(title)))
      }
      var findings = try await Inspection(
        setup: setup, environment: ProcessInfo.processInfo.environment
      ).findings()
      if onState { findings += try await setup.testOnState() }
      show(findings)
      worst = max(worst, findings.map(\.severity).max() ?? .ok)
    }
    for case .elsewhere(let name, let command) in nodes.members {
      StandardOutput.line(
        Visible.text(
          "\(name)  on another machine: \(command.joined(separator: " ")); check it there"))
    }
    for setup in nodes.here {
      try await setup.checkHistories(of: setup.configuration.secondaries)
    }
    guard worst.exitCode == 0 else { throw Exit(code: worst.exitCode) }
  }

  private func show(_ findings: [Inspection.Finding]) {
    let paint = Paint.standardOutput
    let width = findings.map { DisplayWidth.of($0.subject) }.max() ?? 0
    for finding in findings {
      let subject = Visible.text(finding.subject)
      let blanks = String(repeating: " ", count: max(0, width - DisplayWidth.of(subject)) + 2)
      StandardOutput.line(
        "\(paint.apply(finding.severity.ink, to: finding.severity.sign)) \(subject)\(blanks)"
          + Visible.text(finding.sentence))
    }
  }
}
