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

  /// Their servers are stopped after the test, not before.
  private actor Buckets {
    private var all: [TestBucket] = []
    func keep(_ bucket: TestBucket) { all.append(bucket) }
  }
}
