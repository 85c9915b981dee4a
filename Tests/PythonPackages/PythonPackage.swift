import Foundation

/// A package of PyPI that `Tests/run` installs into a folder of its own.
public struct PythonPackage: Sendable {
  public let name: String
  /// Where it is: in `.build`, or where `HYDRA_SINKS_NAME` says.
  public let folder: String

  public init(named name: String) {
    self.name = name
    let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    folder =
      ProcessInfo.processInfo.environment["HYDRA_SINKS_\(name.uppercased())"]
      ?? "\(repository.path)/.build/\(name)"
  }

  /// Tests that need it are skipped if it is not installed.
  public var isInstalled: Bool { FileManager.default.fileExists(atPath: "\(folder)/\(name)") }

  /// This process' environment, with the package.
  public var environment: [String: String] {
    ProcessInfo.processInfo.environment.merging(["PYTHONPATH": folder]) { $1 }
  }
}
