import EventPersistence
import Foundation
import MotoServer
import Testing

/// How a bucket is reached, and what `check` finds out without storing anything.
@Suite(
  "the command line: addresses and rights in S3", .serialized,
  .enabled(if: MotoServer.isInstalled, "moto is not installed: Tests/run does that"))
struct CLIS3AddressTests {
  private let moto: MotoServer
  private let bucket: String
  private let folder: CLIFolder

  init() throws { (moto, bucket, folder) = try CLIFolder.withBucket() }

  private func configure(endpoint: URL, isPathStyle: Bool) throws {
    try folder.configure(
      "{name: cold, kind: s3, bucket: \(bucket), prefix: p, endpoint: \"\(endpoint)\", "
        + "path-style: \(isPathStyle), interval: 1s, grace: 100ms, timeout: 20s}")
  }

  @Test("a bucket whose name is part of the host is written and read")
  func virtualHosted() async throws {
    // Each name below localhost is this machine.
    let endpoint = try #require(URL(string: "http://localhost:\(moto.endpoint.port!)"))
    try configure(endpoint: endpoint, isPathStyle: false)
    try await folder.simulate(300)
    let run = try await folder.run("run", "--until-head", adding: moto.environment)
    #expect(run.code == 0, "\(run)")
    let events = try await folder.run("events", "--of", "cold", adding: moto.environment)
    #expect(events.output == folder.read("log/state"), "\(events)")
    // By its path it is the same bucket, once the operator has said so.
    try configure(endpoint: moto.endpoint, isPathStyle: true)
    #expect(try await folder.run("verify", "cold", adding: moto.environment).code == 78)
    let adopt = try await folder.run("adopt", "cold", adding: moto.environment)
    #expect(adopt.code == 0, "\(adopt)")
    let verify = try await folder.run("verify", "cold", adding: moto.environment)
    #expect(verify.code == 0, "\(verify)")
  }

  @Test(
    "a bucket is written and read over TLS, if the machine trusts the certificate",
    .enabled(if: TrustingMachine.isPossible, "It needs mounts of its own: skipped."),
    arguments: [true, false])
  func secure(isPathStyle: Bool) async throws {
    let port = try #require(moto.secureEndpoint.port)
    // No certificate is for all names right below the last part of a host's.
    let hosts = try #require(URL(string: "https://s3.localhost:\(port)"))
    try configure(endpoint: isPathStyle ? moto.secureEndpoint : hosts, isPathStyle: isPathStyle)
    try await folder.simulate(300)
    let trusting = TrustingMachine(authority: moto.authority, folder)
    let run = try await trusting.start(["run", "--until-head"], adding: moto.environment).end()
    #expect(run.code == 0, "\(run)")
    let events = try await trusting.start(["events", "--of", "cold"], adding: moto.environment)
      .end()
    #expect(events.output == folder.read("log/state"), "\(events)")
  }

  @Test("an untrusted certificate is reported, and nothing is sent")
  func untrusted() async throws {
    try configure(endpoint: moto.secureEndpoint, isPathStyle: true)
    try await folder.simulate(30)
    let check = try await folder.run("check", adding: moto.environment)
    #expect(check.text.contains("TLS: ") && check.text.contains("certificate"), "\(check)")
    #expect(check.text.contains("update-ca-certificates"), "\(check)")
    #expect(check.code == 3, "\(check)")
  }

  @Test("check says whether a bucket is writable, and stores nothing there")
  func rights() async throws {
    try configure(endpoint: moto.endpoint, isPathStyle: true)
    try await folder.simulate(30)
    let reader = try moto.makeUser("s3:ListBucket", "s3:GetObject")
    let refused = try await folder.run("check", adding: reader)
    #expect(refused.code == 2 && refused.text.contains("AccessDenied"), "\(refused)")
    #expect(refused.text.contains("s3:PutObject"), "\(refused)")
    // The right to abort an upload is another one; it is neither needed nor tested.
    let writer = try moto.makeUser("s3:ListBucket", "s3:GetObject", "s3:PutObject")
    let allowed = try await folder.run("check", adding: writer)
    #expect(allowed.code == 0 && allowed.text.contains("may be written"), "\(allowed)")
    let events = try await folder.run("events", "--of", "cold", adding: moto.environment)
    #expect(events.errors.contains("holds no archive"), "\(events)")
    let run = try await folder.run("run", "--until-head", adding: writer)
    #expect(run.code == 0, "\(run)")
  }
}

/// A mount namespace whose machine trusts one more authority than this one.
private struct TrustingMachine {
  let authority: String
  let folder: CLIFolder

  /// Where the system's libcurl looks for the machine's authorities.
  private static let bundle = "/etc/ssl/certs/ca-certificates.crt"

  static let isPossible: Bool =
    MountNamespace.isPossible && FileManager.default.fileExists(atPath: bundle)

  init(authority: String, _ folder: CLIFolder) {
    self.authority = authority
    self.folder = folder
  }

  func start(_ arguments: [String], adding environment: [String: String]) throws -> CLIRun {
    try folder.write(authority, to: "authority.pem", mode: 0o644)
    return try MountNamespace.start(
      arguments, behind: "mount --bind '\(folder.path)/authority.pem' \(Self.bundle)",
      in: folder, adding: environment)
  }
}
