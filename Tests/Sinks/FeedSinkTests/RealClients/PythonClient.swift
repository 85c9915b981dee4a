import Foundation
import PythonPackages

@testable import FeedSink

/// A consumer by the library `websockets`; `client.py` tells what it does.
struct PythonClient: Encodable {
  /// What it saw.
  struct Report: Decodable, Equatable {
    var status: Int?
    var body: String?
    var headers: [String: String]?
    var extensions: String?
    var subprotocol: String?
    var count: Int?
    var sha256: String?
    var bytes: Int?
    var frames: Int?
    var largestFrame: Int?
    var pongs: Int?
    var code: UInt16?
    var reason: String?
    var sentCode: UInt16?
  }

  var uri: String
  var unix: String?
  var headers: [[String]] = []
  var maxSize: Int?
  /// Parameters of permessage-deflate to offer, by the library's names, with 1 for true.
  var deflate: [String: Int]?
  var subprotocols: [String]?
  var until = "Greetings"
  var send: [String] = []
  var pings = 0
  var code: UInt16 = 1000

  private static let package = PythonPackage(named: "websockets")

  /// Tests that need it are skipped if it is not installed; `Tests/run` installs it.
  static let isInstalled = package.isInstalled

  init(_ feed: Feed, _ path: String = "/?history=yes") {
    uri = "ws://127.0.0.1:\(feed.port)\(path)"
  }

  init(uri: String) { self.uri = uri }

  func run() async throws -> Report {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/client.py"
    process.arguments = [
      "python3", script, String(decoding: try JSONEncoder().encode(self), as: UTF8.self),
    ]
    process.environment = Self.package.environment
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let bytes = await withCheckedContinuation { continuation in
      // It blocks until the client has ended.
      DispatchQueue.global().async {
        continuation.resume(returning: output.fileHandleForReading.readDataToEndOfFile())
      }
    }
    return try JSONDecoder().decode(Report.self, from: bytes)
  }
}
