public import Foundation
import PythonPackages
import Synchronization

/// An S3 server in a process of its own that verifies signatures: `moto`, which `Tests/run` installs.
///
/// It ends with this process, however that ends: it reads a pipe that only this process holds.
public final class MotoServer: Sendable {
  /// Started at the first use, for all tests of the process.
  public static let shared = Result { try MotoServer() }

  private static let package = PythonPackage(named: "moto")

  /// Tests that need it are skipped if it is not installed; `Tests/run` installs it.
  public static let isInstalled = package.isInstalled

  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  private struct Greeting: Decodable {
    var port: Int
    var tlsPort: Int
    var authority: String
    var accessKeyId: String
    var secretAccessKey: String
  }

  private let process: Process
  private let orders: FileHandle
  private let answers: FileHandle
  private let turn = Mutex(0)
  public let endpoint: URL
  /// The same over TLS, with a certificate for `localhost` and for the names below `s3.localhost`.
  public let secureEndpoint: URL
  /// The server's certificate for TLS, in PEM.
  public let authority: String
  public let accessKeyId: String
  public let secretAccessKey: String

  private init() throws {
    process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/serve.py"
    process.arguments = ["python3", script]
    process.environment = Self.package.environment
    let (input, output) = (Pipe(), Pipe())
    // Children of the tests must not keep it alive.
    for handle in [input.fileHandleForWriting, output.fileHandleForReading] {
      _ = fcntl(handle.fileDescriptor, F_SETFD, FD_CLOEXEC)
    }
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    orders = input.fileHandleForWriting
    answers = output.fileHandleForReading
    let line = try Self.line(answers, within: 60)
    let greeting = try JSONDecoder().decode(Greeting.self, from: Data(line.utf8))
    endpoint = URL(string: "http://127.0.0.1:\(greeting.port)")!
    secureEndpoint = URL(string: "https://localhost:\(greeting.tlsPort)")!
    authority = greeting.authority
    accessKeyId = greeting.accessKeyId
    secretAccessKey = greeting.secretAccessKey
  }

  /// The environment with credentials of full access.
  public var environment: [String: String] {
    ["AWS_ACCESS_KEY_ID": accessKeyId, "AWS_SECRET_ACCESS_KEY": secretAccessKey]
  }

  /// The environment with credentials of a user who may only do `actions`, such as `s3:GetObject`.
  public func makeUser(_ actions: String...) throws -> [String: String] {
    let words = try order("user user-\(UUID().uuidString) \(actions.joined(separator: " "))")
    return ["AWS_ACCESS_KEY_ID": words[0], "AWS_SECRET_ACCESS_KEY": words[1]]
  }

  /// A bucket with a unique name.
  public func makeBucket() throws -> String {
    let name = "bucket-\(UUID().uuidString.lowercased())"
    try order("bucket \(name)")
    return name
  }

  /// Removes an object without the sink's knowledge.
  public func remove(_ key: String, from bucket: String) throws {
    try order("remove \(bucket) \(key)")
  }

  /// What can happen to an object without the sink's knowledge.
  public enum Damage: String, Sendable, CaseIterable { case remove, cut, change, double }

  public func damage(_ key: String, of bucket: String, by damage: Damage) throws {
    try order("\(damage.rawValue) \(bucket) \(key)")
  }

  /// Removes a bucket and its content.
  public func wipe(_ bucket: String) throws { try order("wipe \(bucket)") }

  /// Makes a bucket of that name.
  public func make(_ bucket: String) throws { try order("bucket \(bucket)") }

  /// - Returns: the answer after its `ok`.
  @discardableResult
  private func order(_ text: String) throws -> [String] {
    try turn.withLock { _ in
      try orders.write(contentsOf: Data("\(text)\n".utf8))
      let answer = try Self.line(answers, within: 60)
      let words = answer.split(separator: " ").map(String.init)
      guard words.first == "ok" else { throw Failure(description: "\(text): \(answer)") }
      return Array(words.dropFirst())
    }
  }

  private static func line(_ handle: FileHandle, within seconds: Int32) throws -> String {
    var line: [UInt8] = []
    while line.last != 0x0A {
      var poll = pollfd(fd: handle.fileDescriptor, events: Int16(POLLIN), revents: 0)
      guard Foundation.poll(&poll, 1, seconds * 1000) == 1 else {
        throw Failure(description: "moto said nothing within \(seconds) s")
      }
      var byte: UInt8 = 0
      guard read(handle.fileDescriptor, &byte, 1) == 1 else {
        throw Failure(description: "moto ended")
      }
      line.append(byte)
    }
    return String(decoding: line.dropLast(), as: UTF8.self)
  }
}
