import EventPersistence

/// Objects on their way to the bucket, oldest first: sent at the same time, stored in order.
///
/// The first one goes alone, and so does each after one that took long: several that share a slow
/// line would take too long, and are not faster.
struct UploadWindow {
  /// How many objects are on their way at most.
  static let objectsMax = 4
  /// How many bytes of events they may have; a larger object goes alone.
  static let bytesMax = 48 << 20

  /// What became of an upload.
  struct Outcome: Sendable {
    /// Whether the object is stored; false: its batch must be rewritten.
    var isStored: Bool
    var took: Duration
  }

  struct Upload {
    let key: String
    /// The batch to be rewritten, if the object that is held is another one than its own; nil if
    /// none is held.
    let batch: EventBatch?
    /// Of the object.
    let byteCount: Int
    /// Of its events, uncompressed.
    let eventBytes: Int
    /// That of the next object: it comes when this one is stored.
    let next: HTTPTurn
    let task: Task<Result<Outcome, SinkError>, Never>
  }

  private(set) var uploads: [Upload] = []
  /// The longest time that an object may take for several to be on their way.
  private let quickMax: Duration
  private var isQuick = false

  /// - Parameter timeout: how long a server may be silent.
  init(timeout: Duration) { quickMax = timeout / 8 }

  var count: Int { uploads.count }
  var first: Upload? { uploads.first }

  func hasRoom(for byteCount: Int) -> Bool {
    uploads.isEmpty
      || isQuick && count < Self.objectsMax
        && uploads.reduce(byteCount) { $0 + $1.eventBytes } <= Self.bytesMax
  }

  /// Begins to store an object that is not held.
  mutating func put(
    _ payload: Payload, of batch: EventBatch, _ placed: S3Sink.Placed, contentType: String,
    _ client: S3Client
  ) {
    let key = placed.key
    let metadata = placed.description.metadata
    let turn = uploads.last?.next
    add(key, byteCount: payload.count, batch.byteCount) { () async throws(SinkError) in
      try await client.put(
        payload, key: key, contentType: contentType, metadata: metadata, turn: turn)
      return true
    }
  }

  /// Begins to look whether the object that is held is that of `batch`.
  mutating func compare(
    _ payload: Payload, with batch: EventBatch, _ placed: S3Sink.Placed, _ client: S3Client
  ) {
    let key = placed.key
    let metadata = placed.description.metadata
    let turn = uploads.last?.next
    add(key, comparing: batch, byteCount: 0, batch.byteCount) { () async throws(SinkError) in
      let isStored = try await client.isStored(payload, key, described: metadata)
      guard await turn?.came() ?? true else {
        throw SinkError(.retry, code: "Cancelled", "An object before \(key) was not stored.")
      }
      return isStored
    }
  }

  private mutating func add(
    _ key: String, comparing batch: EventBatch? = nil, byteCount: Int, _ eventBytes: Int,
    _ work: @escaping @Sendable () async throws(SinkError) -> Bool
  ) {
    let next = HTTPTurn()
    let task = Task.detached { () -> Result<Outcome, SinkError> in
      let began = ContinuousClock.now
      do throws(SinkError) {
        let isStored = try await work()
        if isStored { next.end(.came) }
        return .success(Outcome(isStored: isStored, took: ContinuousClock.now - began))
      } catch {
        next.end(.never)
        return .failure(error)
      }
    }
    uploads.append(
      Upload(
        key: key, batch: batch, byteCount: byteCount, eventBytes: eventBytes, next: next,
        task: task))
  }

  /// The first one is stored, and took so long.
  mutating func removeFirst(_ took: Duration) {
    uploads.removeFirst()
    isQuick = took < quickMax
  }

  /// Cancels everything that is on its way.
  ///
  /// - Returns: what ends soon. The server may have had the whole of the oldest object, and of no
  ///   other.
  mutating func abandon() -> [Upload] {
    defer {
      uploads = []
      isQuick = false
    }
    for upload in uploads {
      upload.next.end(.never)
      upload.task.cancel()
    }
    return uploads
  }
}
