internal import Foundation
internal import Loopback
import Synchronization

/// A `nats-server` with JetStream on loopback, which `Tests/run` puts into `.build/nats`.
///
/// It can be killed and started again, with its files. It ends with the value, or with this process.
public final class NATSServer: Sendable {
  /// The program, or `HYDRA_SINKS_NATS_SERVER`.
  private static let program: String =
    ProcessInfo.processInfo.environment["HYDRA_SINKS_NATS_SERVER"]
    ?? URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path + "/.build/nats/usr/sbin/nats-server"

  /// Tests that need it are skipped if it is not installed; `Tests/run` installs it.
  public static let isInstalled = FileManager.default.isExecutableFile(atPath: program)

  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  public let port: Int
  public var url: String { "nats://127.0.0.1:\(port)" }
  public let folder: String
  private let process = Mutex<Process?>(nil)

  /// The folders of the servers that run, by their processes.
  private static let folders = Mutex<[Int32: String]>([:])
  /// Values that live as long as the process are never deinitialized.
  private static let endsAll: Void = {
    atexit {
      NATSServer.folders.withLock { folders in
        for (id, folder) in folders {
          Foundation.kill(id, SIGKILL)
          try? FileManager.default.removeItem(atPath: folder)
        }
      }
    }
  }()

  /// - Parameters:
  ///   - configuration: more of the server's configuration.
  ///   - cluster: its name in the cluster, its port there, and the ports of all.
  public init(
    _ configuration: String = "", cluster: (name: String, port: Int, all: [Int])? = nil
  ) throws {
    port = try Loopback.freePort()
    folder = FileManager.default.temporaryDirectory.path + "/nats-\(UUID().uuidString.prefix(8))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    var text = """
      listen: 127.0.0.1:\(port)
      server_name: \(cluster?.name ?? "alone")
      jetstream { store_dir: "\(folder)/js", max_mem: 256M, max_file: 4G }
      \(configuration)

      """
    if let cluster {
      let routes = cluster.all.map { "nats://127.0.0.1:\($0)" }.joined(separator: ", ")
      text +=
        "cluster { name: test, listen: \"127.0.0.1:\(cluster.port)\", routes: [\(routes)] }\n"
    }
    try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/nats.conf"))
    try start()
  }

  deinit {
    kill()
    try? FileManager.default.removeItem(atPath: folder)
  }

  /// Three servers that know each other.
  public static func cluster(_ configuration: String = "") throws -> [NATSServer] {
    let ports = try (0..<3).map { _ in try Loopback.freePort() }
    return try ports.enumerated().map { index, port in
      try NATSServer(configuration, cluster: ("n\(index)", port, ports))
    }
  }

  /// Starts it, if it does not run.
  public func start() throws {
    try process.withLock { process in
      guard process == nil else { return }
      let next = Process()
      next.executableURL = URL(fileURLWithPath: Self.program)
      next.arguments = ["-c", "\(folder)/nats.conf"]
      next.standardInput = FileHandle.nullDevice
      next.standardOutput = FileHandle.nullDevice
      next.standardError =
        FileManager.default.createFile(
          atPath: "\(folder)/log", contents: nil)
        ? FileHandle(forWritingAtPath: "\(folder)/log") : FileHandle.nullDevice
      try next.run()
      process = next
      Self.endsAll
      Self.folders.withLock { $0[next.processIdentifier] = folder }
    }
    try waitUntilListening()
  }

  /// Ends it at once, as a power failure would.
  public func kill() {
    process.withLock { process in
      guard let running = process else { return }
      Foundation.kill(running.processIdentifier, SIGKILL)
      running.waitUntilExit()
      Self.folders.withLock { $0[running.processIdentifier] = nil }
      process = nil
    }
  }

  public var log: String { (try? String(contentsOfFile: "\(folder)/log", encoding: .utf8)) ?? "" }

  private func waitUntilListening() throws {
    for _ in 0..<1200 {
      if let descriptor = try? Loopback.connected(to: port) {
        close(descriptor)
        return
      }
      usleep(50_000)
    }
    throw Failure(description: "nats-server does not listen at \(port): \(log.suffix(500))")
  }
}
