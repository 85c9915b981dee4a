import EventPersistence
import EventPersistenceTesting
import Foundation
import Testing

@testable import S3Sink

@Suite struct S3FailureTests {
  private let batch = EventBatch(SampleEvents.make(3))

  /// The error of a put while the server answers with `reply`; checks that the next one is stored.
  private func failure(
    _ reply: ScriptedServer.Reply, timeout: Duration = .seconds(20),
    configure: (inout S3Sink.Options) -> Void = { _ in }
  ) async throws -> SinkError {
    let bucket = try TestBucket()
    var options = bucket.options()
    options.timeout = timeout
    configure(&options)
    let sink = S3Sink(options)
    _ = try await sink.open()
    bucket.server.setScript { $0.method == "PUT" ? reply : nil }
    let error = try #require(
      await #expect(throws: SinkError.self) { try await sink.put(batch) })
    #expect(bucket.memory.keys.filter { $0.hasSuffix(".zst") }.isEmpty)
    bucket.server.setScript(nil)
    try await sink.put(batch)
    #expect(try await bucket.contents().count == 3)
    return error
  }

  @Test(
    "an error that can pass is tried again",
    arguments: [
      (ScriptedServer.Reply.error(503, "SlowDown"), "SlowDown"),
      (.error(500, "InternalError"), "InternalError"),
      (.answer(502, [:], Array("<html>bad gateway".utf8)), "HTTP 502"),
      (.answer(503, [:], []), "HTTP 503"),
      (.error(400, "RequestTimeout"), "RequestTimeout"),
    ])
  func retried(reply: ScriptedServer.Reply, code: String) async throws {
    let error = try await failure(reply)
    #expect(error.remedy == .retry && error.code == code, "\(error)")
  }

  @Test("a connection that is reset, in the request or in the answer, is tried again")
  func resets() async throws {
    for reply in [ScriptedServer.Reply.resetInRequest, .resetInAnswer] {
      let error = try await failure(reply)
      #expect(error.remedy == .retry, "\(error)")
    }
  }

  @Test("a silent server ends in a timeout")
  func stall() async throws {
    let error = try await failure(.stall, timeout: .seconds(1))
    #expect(error.remedy == .retry && error.code == "Timeout", "\(error)")
  }

  @Test("a refused connection is tried again")
  func refused() async throws {
    let bucket = try TestBucket()
    var options = bucket.options()
    options.address.endpoint = URL(string: "http://127.0.0.1:1")
    let error = await #expect(throws: SinkError.self) { try await S3Sink(options).open() }
    #expect(
      error?.remedy == .retry && error?.code == "ConnectionRefused", "\(String(describing: error))")
  }

  @Test(
    "an error that needs action stops, with the server's code and what to check",
    arguments: [
      (403, "AccessDenied", "s3:PutObject"), (404, "NoSuchBucket", "bucket's name"),
      (403, "InvalidAccessKeyId", "check the credentials"),
      (403, "SignatureDoesNotMatch", "secret key"), (400, "ExpiredToken", "renew"),
      (400, "AuthorizationHeaderMalformed", "region: eu-central-1"),
      (501, "NotImplemented", "does not support this"),
    ])
  func stopped(status: Int, code: String, advice: String) async throws {
    let error = try await failure(.error(status, code))
    #expect(error.remedy == .stop && error.code == code, "\(error)")
    #expect(
      error.message.contains(advice) && error.message.contains("as the test says"), "\(error)")
  }

  @Test("a redirection is not followed, since the signature is for one host")
  func redirected() async throws {
    for status in [301, 307] {
      let error = try await failure(
        .error(
          status, "", ["location": "http://127.0.0.1:1/", "x-amz-bucket-region": "eu-central-1"]))
      #expect(error.remedy == .stop && error.code == "PermanentRedirect", "\(error)")
      #expect(error.message.contains("region: eu-central-1"), "\(error)")
    }
  }

  @Test("if the clock is off, the server's time is used")
  func skew() async throws {
    let bucket = try TestBucket()
    var options = bucket.options()
    options.wall = { EventTime.now.advanced(bySeconds: -7200) }
    bucket.server.setScript { request in
      let signed = request.headers["x-amz-date"] ?? ""
      let now = SignatureV4.stamp(.now)
      guard signed.prefix(11) != now.prefix(11) else { return nil }
      return .error(403, "RequestTimeTooSkewed", ["date": Self.httpDate()])
    }
    let sink = S3Sink(options)
    // If the hour changes in between, the stamps differ without a skew: try once more.
    do { _ = try await sink.open() } catch { _ = try await sink.open() }
    try await sink.put(batch)
    #expect(await sink.facts()["server's clock"]?.contains("ahead") == true)
    // A server that does not say its time cannot be followed.
    bucket.server.setScript { _ in .error(403, "RequestTimeTooSkewed") }
    let error = await #expect(throws: SinkError.self) { try await sink.put(batch) }
    #expect(error?.remedy == .retry && error?.message.contains("clock") == true)
  }

  @Test(
    "check reports the server's answer about writing, and puts nothing",
    arguments: [
      ("NoSuchUpload", Severity.ok, "may be written"), ("AccessDenied", .error, "s3:PutObject"),
      ("NotImplemented", .ok, "does not say whether it may be written"),
      ("MethodNotAllowed", .ok, "does not say whether it may be written"),
      ("InternalError", .ok, "does not say whether it may be written"),
    ])
  func rights(code: String, severity: Severity, sentence: String) async throws {
    let bucket = try TestBucket()
    let status = ["AccessDenied": 403, "NotImplemented": 501, "InternalError": 500][code] ?? 404
    bucket.server.setScript { $0.method == "POST" ? .error(status, code) : nil }
    let finding = await S3Inspection.look(bucket.options())
    #expect(finding.severity == severity, "\(finding)")
    #expect(finding.sentence.contains(sentence), "\(finding)")
    #expect(bucket.memory.keys.isEmpty)
    let asked = bucket.server.seen.filter { $0.method != "GET" && $0.method != "HEAD" }
    #expect(asked.map(\.path) == ["/bucket/head/1/hydra-sinks-check"])
    #expect(asked.first?.query["uploadId"] == "never-begun")
  }

  private static func httpDate() -> String {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.timeZone = TimeZone(identifier: "GMT")
    formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
    return formatter.string(from: Date())
  }

  @Test("a listing does not begin again after one page fails")
  func pages() async throws {
    let bucket = try TestBucket(MemoryBucket(pageSize: 2))
    let events = SampleEvents.make(40)
    try await bucket.drive(events)
    bucket.server.fail(2, .error(503, "SlowDown")) { $0.query["continuation-token"] != nil }
    #expect(try await bucket.contents() == events)
  }

  @Test("a cancelled task does not wait for the server")
  func cancellation() async throws {
    let bucket = try TestBucket()
    let sink = S3Sink(bucket.options())
    _ = try await sink.open()
    bucket.server.setScript { $0.method == "PUT" ? .stall : nil }
    let start = ContinuousClock.now
    let put = Task { try await sink.put(batch) }
    while bucket.server.seen.last?.method != "PUT" { await Task.yield() }
    put.cancel()
    await #expect(throws: SinkError.self) { try await put.value }
    #expect(ContinuousClock.now - start < .seconds(10))
  }

  @Test("a secret in a server's answer is not shown")
  func scrubbed() async throws {
    let body = "<Error><Code>Odd</Code><Message>you sent: the secret</Message></Error>"
    let error = try await failure(.answer(400, [:], Array(body.utf8)))
    #expect(!error.message.contains("the secret") && error.message.contains("you sent: …"))
  }
}
