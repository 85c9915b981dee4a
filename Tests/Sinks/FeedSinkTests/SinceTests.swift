import EventPersistence
import Foundation
import HydraLog
import Testing

@testable import FeedSink

@Suite("A stream that begins at a time", .timeLimit(.minutes(2))) struct SinceTests {
  /// Events 0 to 9, a second apart; the log's time of event 5.
  private static let fifth = "2026-07-15T10:00:05.123456789012Z"

  private static func folder() throws -> TestFolder {
    let folder = try TestFolder()
    try folder.append(
      (0...9).map { SampleLog.event($0, #"{"peer":"a","tag":"PeerConnected"}"#) })
    return folder
  }

  @Test(
    "begins at the first event of that time or later",
    arguments: [
      (fifth, 5), ("2026-07-15T10:00:05.123456789011Z", 5),
      ("2026-07-15T10:00:05.123456789013Z", 6),
      ("2026-07-15", 0), ("2000-01-01", 0),
    ])
  func place(_ since: String, _ first: Int) async throws {
    let folder = try Self.folder()
    let feed = try await Feed.open(PersistenceDirectory(path: folder.path))
    let consumer = try await feed.connect("/?since=\(since)")
    #expect(try await TestConsumer.seqs(consumer.history()) == Array(first...9))
    await feed.sink.close()
  }

  @Test("after the last event, it has only what comes from then on")
  func future() async throws {
    let folder = try Self.folder()
    let feed = try await Feed.open(PersistenceDirectory(path: folder.path))
    let consumer = try await feed.connect("/?since=2026-07-15T10:00:11Z")
    #expect(try await consumer.history() == [])
    try folder.append(
      (10...12).map { SampleLog.event($0, #"{"peer":"a","tag":"PeerConnected"}"#) })
    let live = try await consumer.texts { $0.contains("\"seq\":12,") }
    #expect(try TestConsumer.seqs(live) == [11, 12])
    await feed.sink.close()
  }

  @Test("its answers count for the events that it has, and for no others")
  func counts() async throws {
    let folder = try Self.folder()
    let source = PersistenceDirectory(path: folder.path)
    let feed = try await Feed.open(source)
    let consumer = try await feed.connect("/?since=\(Self.fifth)")
    _ = try await consumer.history()
    func batch(_ from: UInt64) async throws -> EventBatch {
      try #require(try await source.reader(from: .id(from)).next(BatchLimits(), through: nil))
    }
    #expect(await feed.put(try await batch(4)) == "no consumer for these events")
    try await feed.deliver(try await batch(5))
    await feed.sink.close()
  }

  @Test("an observer has everything, and no event counts as delivered to it")
  func observer() async throws {
    let folder = try Self.folder()
    let source = PersistenceDirectory(path: folder.path)
    let feed = try await Feed.open(source)
    let observer = try await feed.connect("/?history=yes&observe=yes")
    #expect(try await TestConsumer.seqs(observer.history()) == Array(0...9))
    let batch = try #require(
      try await source.reader(from: .first).next(BatchLimits(), through: nil))
    #expect(await feed.put(batch) == "no consumer connected")
    await feed.sink.close()
  }
}
