import EventPersistence
import Foundation
import Synchronization
import Testing

@testable import S3Sink

@Suite struct CredentialsProviderTests {
  private let now = EventTime("2026-07-15T10:00:00Z")!

  private func provider(
    _ environment: [String: String], profile: String? = nil, metadata: ScriptedServer? = nil
  ) -> CredentialsProvider {
    var environment = environment
    if environment["HOME"] == nil { environment["HOME"] = "/nowhere" }
    if metadata == nil { environment["AWS_EC2_METADATA_DISABLED"] = "true" }
    let host = metadata.map { "http://127.0.0.1:\($0.port)" } ?? "http://127.0.0.1:1"
    return CredentialsProvider(
      profile: profile, environment: environment, session: HTTPSession(timeout: .seconds(5)),
      metadataHost: host, containerHost: host)
  }

  private func file(_ text: String) throws -> String {
    let path = FileManager.default.temporaryDirectory.path + "/credentials-\(UUID().uuidString)"
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  private static let ini = """
    # for the tests
    [default]
    aws_access_key_id = ID
    aws_secret_access_key=SE=CRET

    [ other ]
    AWS_ACCESS_KEY_ID=ID2
    aws_secret_access_key = SECRET2
    aws_session_token = TOKEN2
    [half]
    aws_access_key_id = ID3
    """

  @Test("the environment comes first, except before a named profile")
  func environment() async throws {
    let path = try file(Self.ini)
    defer { try? FileManager.default.removeItem(atPath: path) }
    let environment = [
      "AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "B", "AWS_SESSION_TOKEN": "",
      "AWS_SHARED_CREDENTIALS_FILE": path,
    ]
    #expect(
      try await provider(environment).credentials(at: now)
        == Credentials(accessKeyId: "A", secretAccessKey: "B"))
    let named = provider(environment, profile: "other")
    #expect(
      try await named.credentials(at: now)
        == Credentials(accessKeyId: "ID2", secretAccessKey: "SECRET2", sessionToken: "TOKEN2"))
    #expect(await named.facts?.origin == .file(path, profile: "other"))
  }

  @Test("the shared file has profiles, of which AWS_PROFILE chooses one")
  func profiles() async throws {
    let path = try file(Self.ini)
    defer { try? FileManager.default.removeItem(atPath: path) }
    let place = ["AWS_SHARED_CREDENTIALS_FILE": path]
    #expect(try await provider(place).credentials(at: now).secretAccessKey == "SE=CRET")
    let chosen = place.merging(["AWS_PROFILE": "other"]) { $1 }
    #expect(try await provider(chosen).credentials(at: now).accessKeyId == "ID2")
    for (profile, code) in [("half", "IncompleteProfile"), ("none", "NoSuchProfile")] {
      let error = await #expect(throws: SinkError.self) {
        try await provider(place, profile: profile).credentials(at: now)
      }
      #expect(error?.code == code && error?.remedy == .stop)
      #expect(error?.message.contains("[\(profile)]") == true)
    }
  }

  @Test("a file that changes is read again")
  func changedFile() async throws {
    let path = try file(Self.ini)
    defer { try? FileManager.default.removeItem(atPath: path) }
    let provider = provider(["AWS_SHARED_CREDENTIALS_FILE": path])
    #expect(try await provider.credentials(at: now).accessKeyId == "ID")
    try "[default]\naws_access_key_id=NEW\naws_secret_access_key=S\n".write(
      toFile: path, atomically: true, encoding: .utf8)
    #expect(try await provider.credentials(at: now).accessKeyId == "NEW")
  }

  @Test("without any, the message says where it looked")
  func none() async throws {
    let error = await #expect(throws: SinkError.self) {
      try await provider([:]).credentials(at: now)
    }
    #expect(error?.code == "NoCredentials" && error?.remedy == .stop)
    #expect(error?.message.contains("/nowhere/.aws/credentials") == true)
  }

  private static func role(_ id: String, _ end: String) -> ScriptedServer.Reply {
    let json =
      #"{"AccessKeyId":"\#(id)","SecretAccessKey":"S","Token":"T","Expiration":"\#(end)"}"#
    return .answer(200, [:], Array(json.utf8))
  }

  @Test("an instance's role is requested with a token, and renewed before it expires")
  func instance() async throws {
    let end = Mutex("2026-07-15T11:00:00Z")
    let server = try ScriptedServer { request in
      if request.method == "PUT", request.path == "/latest/api/token" {
        return .answer(200, [:], Array("a-token".utf8))
      }
      guard request.headers["x-aws-ec2-metadata-token"] == "a-token" else {
        return .answer(401, [:], [])
      }
      return request.path.hasSuffix("/security-credentials/")
        ? .answer(200, [:], Array("my-role\n".utf8))
        : request.path.hasSuffix("/my-role")
          ? Self.role("ROLE", end.withLock(\.self)) : .answer(404, [:], [])
    }
    defer { server.stop() }
    let provider = provider([:], metadata: server)
    let first = try await provider.credentials(at: now)
    #expect(first.accessKeyId == "ROLE" && first.sessionToken == "T")
    #expect(await provider.facts?.origin == .instance(role: "my-role"))
    let requests = server.seen.count
    _ = try await provider.credentials(at: now.advanced(bySeconds: 3000))
    #expect(server.seen.count == requests, "kept until five minutes before the end")
    // If a renewal fails, the old credentials serve until they expire, and no longer.
    server.setScript { _ in .answer(500, [:], []) }
    let late = now.advanced(bySeconds: 3400)
    #expect(try await provider.credentials(at: late) == first)
    await #expect(throws: SinkError.self) {
      try await provider.credentials(at: now.advanced(bySeconds: 3601))
    }
    server.setScript(nil)
    end.withLock { $0 = "2026-07-15T17:00:00Z" }
    #expect(
      try await provider.credentials(at: late).expiration == EventTime("2026-07-15T17:00:00Z"))
  }

  @Test("a container's endpoint is asked with its token; its failure may pass")
  func container() async throws {
    let server = try ScriptedServer { request in
      request.path == "/v2/credentials/1" && request.headers["authorization"] == "secret-token"
        ? Self.role("CONTAINER", "2026-07-15T11:00:00Z") : .answer(403, [:], [])
    }
    defer { server.stop() }
    let environment = [
      "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/credentials/1",
      "AWS_CONTAINER_AUTHORIZATION_TOKEN": "secret-token",
    ]
    #expect(
      try await provider(environment, metadata: server).credentials(at: now).accessKeyId
        == "CONTAINER")
    let path = try file("secret-token\n")
    defer { try? FileManager.default.removeItem(atPath: path) }
    let full = [
      "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:\(server.port)/v2/credentials/1",
      "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": path,
    ]
    #expect(
      try await provider(full, metadata: server).credentials(at: now).accessKeyId == "CONTAINER")
    server.setScript { _ in .answer(500, [:], []) }
    let error = await #expect(throws: SinkError.self) {
      try await provider(environment, metadata: server).credentials(at: now)
    }
    #expect(error?.remedy == .retry)
  }

  @Test("credentials that a server calls expired are found again, and the request continues")
  func expired() async throws {
    let path = try file("[default]\naws_access_key_id=OLD\naws_secret_access_key=S\n")
    defer { try? FileManager.default.removeItem(atPath: path) }
    let count = Mutex(0)
    let role = try ScriptedServer { _ in
      Self.role(
        count.withLock {
          $0 += 1
          return "ROLE\($0)"
        }, "2099-01-01T00:00:00Z")
    }
    defer { role.stop() }
    let bucket = try TestBucket()
    var options = bucket.options()
    options.environment = [
      "HOME": "/nowhere",
      "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:\(role.port)/",
    ]
    bucket.server.setScript { request in
      request.headers["authorization"]?.contains("Credential=ROLE1/") == true
        ? .error(400, "ExpiredToken") : nil
    }
    let sink = S3Sink(options)
    _ = try await sink.open()
    #expect(await sink.facts()["credentials"] == "container's role")
    #expect(await sink.facts()["credentials end"] == "2099-01-01T00:00:00Z")
  }
}
