import Compression
import EventArchive
import EventPersistence
import EventPersistenceTesting
import Foundation
import MotoServer

@testable import S3Sink

/// A test bucket on a server in memory, and its content.
final class TestBucket: SinkLaws.Storage {
  let memory: MemoryBucket
  let server: ScriptedServer
  private let folder: String

  init(
    _ memory: MemoryBucket = MemoryBucket(), isIPv6: Bool = false,
    handler: ScriptedServer.Handler? = nil
  ) throws {
    self.memory = memory
    server = try ScriptedServer(isIPv6: isIPv6, handler ?? { memory.handle($0) })
    folder = FileManager.default.temporaryDirectory.path + "/s3-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  deinit {
    server.stop()
    try? FileManager.default.removeItem(atPath: folder)
  }

  /// - Parameter owner: which of several state directories.
  func options(owner: String = "owner") -> S3Sink.Options {
    S3Sink.Options(
      address: S3Address(bucket: "bucket", region: "us-east-1", endpoint: server.endpoint),
      prefix: "head/1", rule: BatchRule(interval: .seconds(7), maxEvents: 5),
      ownerFile: "\(folder)/\(owner).json",
      environment: ["AWS_ACCESS_KEY_ID": "AKIATEST", "AWS_SECRET_ACCESS_KEY": "the secret"],
      timeout: .seconds(20))
  }

  func path(_ name: String) -> String { "\(folder)/\(name)" }

  func makeSink(for log: any EventSource, selecting selection: Selection) -> any EventSink {
    S3Sink(options())
  }
  func traces() async throws -> [[UInt8]] { try await contents().map(\.json) }
  func objects() -> [String: [UInt8]] { memory.objects.mapValues(\.bytes) }

  func contents() async throws -> [StateEvent] { try await Self.contents(options()) }

  static func contents(_ options: S3Sink.Options) async throws -> [StateEvent] {
    let archive = S3Archive(options)
    var events: [StateEvent] = []
    for object in try await archive.objects(options.layout) {
      for line in try await archive.lines(of: object).split(separator: 0x0A) {
        let position = line.withUnsafeBytes { ArchivedLine.position($0) }
        events.append(
          StateEvent(position: position ?? Position(eventId: .max), json: Array(line)))
      }
    }
    return events
  }

  /// Drives `events` like a driver that finds them all in the log; returns the sink's notes.
  ///
  /// - Parameter isDerived: whether their JSON was made from another form.
  @discardableResult
  func drive(
    _ events: [StateEvent], _ options: S3Sink.Options? = nil, isDerived: Bool = false
  ) async throws -> [String] {
    let sink = S3Sink(options ?? self.options())
    _ = try await sink.open()
    for batch in try sink.batching.rule.map({ try cut(events, by: $0) }) ?? [EventBatch(events)] {
      let entries = batch.entries.map {
        EventBatch.Entry(
          offset: $0.offset, length: $0.length, position: $0.position, isDerived: isDerived)
      }
      let marked = EventBatch(buffer: batch.buffer, entries: entries[...])
      try await sink.deliver(batch.run.map(marked.belonging) ?? marked)
    }
    await sink.close()
    return await sink.takeNotes()
  }

  /// The names of the stored batches, in the order of their keys.
  var names: [BatchName] {
    memory.keys.compactMap { S3Place(prefix: "head/1").batch($0)?.name }
  }

  var superseded: [String] { memory.keys.filter { $0.hasPrefix("head/1/superseded/") } }
}

/// The whole batches of a log, as a driver makes them.
func cut(_ events: [StateEvent], by rule: BatchRule) throws -> [EventBatch] {
  try Batching(rule: rule, grouping: .whole).batches(of: events, by: 7)
}

/// A bucket on the server that verifies signatures.
struct MotoBucket {
  let bucket: String
  let server: MotoServer

  init() throws {
    server = try MotoServer.shared.get()
    bucket = try server.makeBucket()
  }

  func options(prefix: String = "head/1") -> S3Sink.Options {
    S3Sink.Options(
      address: S3Address(bucket: bucket, region: "us-east-1", endpoint: server.endpoint),
      prefix: prefix, rule: BatchRule(interval: .seconds(7), maxEvents: 5),
      environment: server.environment)
  }
}
