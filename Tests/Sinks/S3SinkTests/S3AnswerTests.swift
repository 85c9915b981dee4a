import EventPersistence
import EventPersistenceTesting
import Foundation
import Testing

@testable import S3Sink

/// A server that is not S3, or a proxy in between, answers 200 and has done nothing.
@Suite("A success that is not S3's")
struct S3AnswerTests {
  private static let page = Array("<html><body>Welcome</body></html>".utf8)
  private let events = SampleEvents.make(9)

  private static func isStored(_ request: ScriptedServer.Request) -> Bool {
    request.method == "PUT" && request.headers["x-amz-copy-source"] == nil
  }

  private func expectNonsense(
    _ error: SinkError?, _ objection: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(
      error?.code == "NonsenseAnswer" && error?.remedy == .retry
        && error?.message.contains("with status 200 \(objection): the server is not an S3 server")
          == true,
      "\(String(describing: error))", sourceLocation: sourceLocation)
  }

  @Test(
    "an object is stored only if the answer has an ETag or the checksum that was sent",
    arguments: [
      ([:], [], "without an ETag"), ([:], page, "without an ETag"),
      (["etag": ""], [], "without an ETag"), (["etag": "\"5d41\""], page, "with a page"),
      (
        ["etag": "\"5d41\"", "x-amz-checksum-sha256": "47DEQpj8"], [],
        "with another x-amz-checksum-sha256 than was sent"
      ),
    ] as [([String: String], [UInt8], String)])
  func stored(headers: [String: String], body: [UInt8], objection: String) async throws {
    let bucket = try TestBucket()
    let sink = S3Sink(bucket.options())
    _ = try await sink.open()
    let batch = try cut(events, by: bucket.options().rule)[0]
    bucket.server.setScript { Self.isStored($0) ? .answer(200, headers, body) : nil }
    expectNonsense(
      await #expect(throws: SinkError.self) { try await sink.put(batch) }, objection)
    bucket.server.setScript(nil)
    try await sink.put(batch)
    #expect(try await bucket.contents().map(\.position) == batch.entries.map(\.position))
  }

  @Test("an answer with the checksum that was sent needs no ETag")
  func checksum() async throws {
    let bucket = try TestBucket()
    bucket.server.setScript { request in
      guard Self.isStored(request) else { return nil }
      // It is asked before the body is read, and stores nothing: only the answer matters here.
      let checksum = request.headers["x-amz-checksum-sha256"] ?? ""
      return .answer(200, ["x-amz-checksum-sha256": checksum], [])
    }
    var options = bucket.options()
    options.ownerFile = nil
    _ = try await S3Sink(options).open()
  }

  @Test("nothing is read from a page", arguments: ["GET", "HEAD"])
  func held(method: String) async throws {
    let bucket = try TestBucket()
    try await bucket.drive(events)
    bucket.server.setScript { request in
      request.method == method && request.query["list-type"] == nil
        ? .answer(200, ["content-type": "text/html"], Self.page) : nil
    }
    expectNonsense(
      await #expect(throws: SinkError.self) { try await S3Sink(bucket.options()).open() },
      "without an ETag")
  }

  @Test(
    "an invalid listing is not treated as an empty bucket, nor a part as the whole",
    arguments: [
      "<html><body>hello", "<html><body>hello</body></html>", "hello", "",
      "<ListBucketResult><Contents><Key>a",
      "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
      "<ListBucketResult><NextContinuationToken>t</NextContinuationToken></ListBucketResult>",
      "<ListBucketResult><Contents><Key>b</Key></Contents><Contents><Key>a</Key></Contents>"
        + "</ListBucketResult>",
    ])
  func listing(body: String) async throws {
    let bucket = try TestBucket()
    try await bucket.drive(events)
    bucket.server.setScript { request in
      request.query["list-type"] == nil ? nil : .answer(200, [:], Array(body.utf8))
    }
    let error = await #expect(throws: SinkError.self) { try await S3Sink(bucket.options()).open() }
    let objection =
      if body.contains("IsTruncated") {
        "with a part of a listing, without the next one"
      } else if body.contains("Token") {
        "with the same part of a listing again"
      } else if body.hasSuffix("</ListBucketResult>") {
        "with a listing out of order"
      } else { "without a ListBucketResult" }
    expectNonsense(error, objection)
  }

  @Test("a copy needs a CopyObjectResult with an ETag")
  func copied() async throws {
    let bucket = try TestBucket()
    try await bucket.drive(events)
    let sink = S3Sink(bucket.options())
    _ = try await sink.open()
    for (body, objection) in [
      ("<html></html>", "without a CopyObjectResult"), ("", "without a CopyObjectResult"),
      ("<CopyObjectResult/>", "with a CopyObjectResult without an ETag"),
    ] {
      bucket.server.setScript { request in
        request.headers["x-amz-copy-source"] == nil
          ? nil : .answer(200, ["etag": "\"5d41\""], Array(body.utf8))
      }
      expectNonsense(
        await #expect(throws: SinkError.self) { try await sink.supersede(after: nil) }, objection)
    }
    #expect(try await bucket.contents() == events)
  }

  @Test("an object that was not deleted is not forgotten")
  func deleted() async throws {
    let bucket = try TestBucket()
    try await bucket.drive(events)
    let sink = S3Sink(bucket.options())
    _ = try await sink.open()
    bucket.server.setScript { $0.method == "DELETE" ? .answer(200, [:], Self.page) : nil }
    expectNonsense(
      await #expect(throws: SinkError.self) { try await sink.supersede(after: nil) }, "with a page")
    bucket.server.setScript(nil)
    try await sink.supersede(after: nil)
    #expect(try await bucket.contents() == [])
    // What was copied before it failed was not copied again.
    #expect(bucket.superseded.allSatisfy { $0.hasSuffix(".1") })
  }

  @Test("200 with an error in the body is that error", arguments: ["PUT", "COPY", "DELETE", "GET"])
  func error(method: String) async throws {
    let bucket = try TestBucket()
    try await bucket.drive(events)
    let sink = S3Sink(bucket.options())
    _ = try await sink.open()
    bucket.server.setScript { request in
      let isCopy = request.headers["x-amz-copy-source"] != nil
      return (isCopy ? "COPY" : request.method) == method
        ? .error(200, "InternalError", ["etag": "\"5d41\""]) : nil
    }
    let error = await #expect(throws: SinkError.self) {
      // Of an event in the middle of a batch, so that the part before it is stored anew.
      try await sink.supersede(after: events[1].position)
    }
    #expect(error?.remedy == .retry && error?.code == "InternalError", "\(error!)")
    bucket.server.setScript(nil)
    #expect(try await bucket.contents() == events)
  }
}
