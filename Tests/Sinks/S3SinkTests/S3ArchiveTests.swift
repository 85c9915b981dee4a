import EventArchive
import EventPersistence
import EventPersistenceTesting
import Testing

@testable import S3Sink

@Suite("An archive in a bucket as a source")
struct S3ArchiveTests {
  @Test("keeps the laws of a source, whatever the log looks like", arguments: [1000, 3])
  func laws(pageSize: Int) async throws {
    let buckets = Buckets()
    try await SourceLaws { events in
      let bucket = try TestBucket(MemoryBucket(pageSize: pageSize))
      await buckets.keep(bucket)
      try await bucket.drive(events)
      return ArchiveSource(S3ArchiveStorage(bucket.options()))
    }.check()
  }

  @Test("verifies as whole, byte for byte, however strange the JSON that the log yields")
  func hostile() async throws {
    let bucket = try TestBucket()
    let log = SampleEvents.hostile()
    try await bucket.drive(log)
    let report = try await Verification(
      .init(isStrict: true, checkpoint: log.last?.position),
      of: ArchiveHoldings(S3ArchiveStorage(bucket.options())), against: MemorySource(log)
    ).run()
    #expect(report.verdict == .whole && report.same == UInt64(log.count), "\(report)")
  }

  @Test("a transaction's line has the position of its event, however strange its JSON")
  func hostileTransactions() throws {
    for event in SampleEvents.hostile() {
      let line = event.json.withUnsafeBytes { TransactionLine.line(of: $0) }
      #expect((line != nil) == Selection.transactions.selects(event.position), "\(event.position)")
      if let line {
        #expect(line.withUnsafeBytes { ArchivedLine.position($0) } == event.position)
        #expect(String(decoding: line, as: UTF8.self).contains(#""txId":"\u0061""#))
      }
    }
  }

  /// Their servers are stopped after the test, not before.
  private actor Buckets {
    private var all: [TestBucket] = []
    func keep(_ bucket: TestBucket) { all.append(bucket) }
  }
}
