import Foundation
import Loopback

/// Something that is broken, the alert that it raises, and how an operator mends it.
struct AlertFault: CustomStringConvertible {
  var alert: String
  /// As `PrometheusServer.Alert` has it.
  var subject: String
  /// What the section of the guides behind the alert's link says to do, in its words.
  var advice: String
  /// Other alerts that it raises, which are over with it.
  var others: [String]
  /// Does what `advice` says.
  var mend: () async throws -> Void

  init(
    _ alert: String, _ subject: String, _ advice: String, and others: [String] = [],
    mend: @escaping () async throws -> Void
  ) {
    self.alert = "HydraSinks\(alert)"
    self.subject = subject
    self.advice = advice
    self.others = others.map { "HydraSinks\($0)" }
    self.mend = mend
  }

  var description: String { "\(alert) \(subject)" }

  func isRaised(by found: PrometheusServer.Alert) -> Bool {
    found.name == alert && found.subject == subject
  }
}

/// A driver whose metrics Prometheus is to scrape, and which does not run yet.
final class AbsentDriver {
  let folder: CLIFolder
  let address: String
  private var driver: CLIRun?

  init() async throws {
    folder = try CLIFolder()
    address = "127.0.0.1:\(try Loopback.freePort())"
    try await folder.simulate(10)
    try folder.configure(
      "{name: archive, kind: file, path: archive}",
      more: "metrics: \(address)\nsilent-after: off\n")
  }

  var faults: [AlertFault] {
    [
      AlertFault("Down", address, "If `run` is not running, start it") { [self] in
        driver = try folder.start(["run"])
      }
    ]
  }
}

extension CLIFolder {
  /// Runs the program to its end, which must be the exit code `code`.
  @discardableResult
  func expect(_ arguments: [String], exits code: Int32 = 0) async throws -> CLIProgram.Outcome {
    let outcome = try await run(arguments)
    guard outcome.code == code else { throw CLIFailure("\(arguments): \(outcome)") }
    return outcome
  }

  func remove(_ name: String) throws {
    try FileManager.default.removeItem(atPath: "\(path)/\(name)")
  }

  func move(_ name: String, to other: String) throws {
    try FileManager.default.moveItem(atPath: "\(path)/\(name)", toPath: "\(path)/\(other)")
  }
}
