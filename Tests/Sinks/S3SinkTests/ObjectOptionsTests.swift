import EventPersistence
import EventPersistenceTesting
import Foundation
import MotoServer
import Testing

@testable import S3Sink

@Suite("What a bucket demands of its objects")
struct ObjectOptionsTests {
  private let events = SampleEvents.make(12)

  private static var all: ObjectOptions {
    var objects = ObjectOptions()
    objects.encryption = .kms
    objects.kmsKeyId = "arn:aws:kms:eu-west-1:1:key/a"
    objects.acl = "bucket-owner-full-control"
    objects.storageClass = "STANDARD_IA"
    objects.tags = ["team": "ops + co", "stage": "test"]
    return objects
  }

  @Test(
    "an option that is missing is named, and with it all requests have it",
    arguments: ObjectOptions.keys.prefix(5).map(\.header))
  func demanded(header: String) async throws {
    let bucket = try TestBucket(MemoryBucket(demanding: header))
    let key = try #require(ObjectOptions.keys.first { $0.header == header }?.key)
    let error = await #expect(throws: SinkError.self) { try await S3Sink(bucket.options()).open() }
    #expect(
      error?.remedy == .stop && error?.message.contains("`\(key)`") == true, "\(error!)")
    let refused = await S3Inspection.look(bucket.options())
    #expect(refused.severity == .error && refused.sentence.contains("`\(key)`"), "\(refused)")
    var options = bucket.options()
    options.objects = Self.all
    #expect(await S3Inspection.look(options).severity == .ok)
    try await bucket.drive(events, options)
    let sink = S3Sink(options)
    _ = try await sink.open()
    // It copies, and stores a part of a batch.
    try await sink.supersede(after: events[7].position)
    #expect(try await bucket.contents() == Array(events[...7]))
    let creating = bucket.server.seen.filter { $0.method == "PUT" && $0.headers[header] != nil }
    #expect(creating.contains { $0.headers["x-amz-copy-source"] != nil })
    #expect(creating.allSatisfy { $0.headers["x-amz-tagging"] == "stage=test&team=ops%20%2B%20co" })
  }

  @Test(
    "an error that names a header names its option",
    arguments: [
      ("x-amz-storage-class", "storage-class"), ("X-Amz-Checksum-Sha256", "checksum"),
      ("Content-MD5", "checksum"),
      ("x-amz-server-side-encryption-aws-kms-key-id", "kms-key-id"),
    ])
  func named(header: String, key: String) async throws {
    let bucket = try TestBucket()
    let body = "<Error><Code>InvalidRequest</Code><Message>Bad header \(header).</Message></Error>"
    bucket.server.setScript { _ in .answer(400, [:], Array(body.utf8)) }
    let error = await #expect(throws: SinkError.self) { try await S3Sink(bucket.options()).open() }
    #expect(error?.message.hasSuffix("Set or correct `\(key)`.") == true, "\(error!)")
  }

  @Test(
    "a server that verifies signatures accepts all of them",
    .enabled(if: MotoServer.isInstalled, "moto is not installed: Tests/run does that"),
    arguments: ObjectOptions.Checksum.allCases)
  func verified(checksum: ObjectOptions.Checksum) async throws {
    let moto = try MotoBucket()
    var options = moto.options()
    options.objects = Self.all
    options.objects.checksum = checksum
    let sink = S3Sink(options)
    _ = try await sink.open()
    let batches = try cut(events, by: options.rule)
    for batch in batches { try await sink.put(batch) }
    try await sink.supersede(after: batches[0].last)
    for batch in batches { try await sink.put(batch) }
    #expect(try await TestBucket.contents(options) == events)
    let key = try #require(try await S3Archive(options).objects(.batches).first?.key)
    let found = try await S3Bucket(options).client.send("HEAD", key: key, proof: .held).headers
    #expect(found["x-amz-server-side-encryption"] == "aws:kms", "\(found)")
    #expect(found["x-amz-storage-class"] == "STANDARD_IA", "\(found)")
  }

  @Test("each checksum is that of its definition")
  func checksums() {
    let check = Payload(Array("123456789".utf8))
    #expect(Digest.hex(Digest.crc32c(check)) == "e3069283")
    // The examples of RFC 1321, of one block and of two.
    #expect(Digest.hex(Digest.md5([])) == "d41d8cd98f00b204e9800998ecf8427e")
    #expect(
      Digest.hex(Digest.md5(Payload(Array("message digest".utf8))))
        == "f96b697d7cb7938d525a2f31aaf161d0")
    let digits = Payload(Array(String(repeating: "1234567890", count: 8).utf8))
    #expect(Digest.hex(Digest.md5(digits)) == "57edf4a22be3c955ac49da2e2107b67a")
    var objects = ObjectOptions()
    objects.checksum = .none
    #expect(objects.checksum(of: check, sha256: []) == nil)
    objects.checksum = .md5
    #expect(objects.checksum(of: [], sha256: [])?.value == "1B2M2Y8AsgTpgAmY7PhCfg==")
  }
}
