import EventPersistence
import Foundation

/// Reads of one log that several readers share: those that stand at the same place get what the first of
/// them has read, and one that asks for what is being read waits for it.
///
/// A read is kept while another reader is within `windowBytes` before it (of a database, as many ids): at
/// most `keptMax` reads of `keptBytesMax` together, the ones that are farthest on. It is given out for
/// `keptFor` at most, to readers that ask for as much at once. So a reader that is alone, or far from all
/// others, reads as if it were the only one, and one that stops holds back no more than these bytes, until
/// the next read. An error is its reader's own: those who waited read for themselves.
// `condition` guards all that changes.
final class SharedReads: @unchecked Sendable {
  /// How far before a read a reader is that will come to it.
  static let windowBytes: UInt64 = 16 << 20
  static let keptMax = 4
  static let keptBytesMax = 20 << 20

  private struct Key: Hashable {
    var identity: FileIdentity
    var cursor: SegmentCursor
    var limits: BatchLimits
  }

  private struct Kept {
    let key: Key
    let read: SegmentRead
    let since: ContinuousClock.Instant
    var byteCount: Int { read.batch?.buffer.capacity ?? 0 }
  }

  /// A reader's place among the others, as long as it is retained.
  final class Seat: Sendable {
    private let reads: SharedReads

    fileprivate init(_ reads: SharedReads) { self.reads = reads }

    deinit { reads.leave(self) }

    /// The next events of `segment` after `cursor`.
    func read(_ segment: any LogSegment, from cursor: SegmentCursor, _ limits: BatchLimits)
      throws(SourceError) -> SegmentRead
    {
      try reads.read(
        self, segment, Key(identity: segment.identity, cursor: cursor, limits: limits))
    }
  }

  private let keptFor: Duration
  private let condition = NSCondition()
  private var places: [ObjectIdentifier: (identity: FileIdentity, place: UInt64)] = [:]
  private var underWay: Set<Key> = []
  private var kept: [Kept] = []

  init(keptFor: Duration = .seconds(1)) { self.keptFor = keptFor }

  func seat() -> Seat { Seat(self) }

  private func leave(_ seat: Seat) {
    condition.withLock {
      places[ObjectIdentifier(seat)] = nil
      drop()
    }
  }

  private func read(
    _ seat: Seat, _ segment: any LogSegment, _ key: Key
  ) throws(SourceError) -> SegmentRead {
    let found: SegmentRead? = condition.withLock {
      move(seat, key.identity, key.cursor.place)
      while underWay.contains(key) { condition.wait() }
      let found = kept.first { $0.key == key }?.read
      if let found {
        move(seat, key.identity, found.cursor.place)
      } else {
        underWay.insert(key)
      }
      return found
    }
    if let found {
      // They count if its last event is still there, in the same file.
      if (try? segment.event(at: found.cursor)) != nil { return found }
      return try segment.read(from: key.cursor, key.limits)
    }
    var own: SegmentRead?
    defer {
      condition.withLock {
        underWay.remove(key)
        if let own { keep(own, key, for: seat) }
        condition.broadcast()
      }
    }
    let read = try segment.read(from: key.cursor, key.limits)
    own = read
    return read
  }

  // MARK: - Called with the lock

  private func keep(_ read: SegmentRead, _ key: Key, for seat: Seat) {
    // One without events is asked again: the log may have grown.
    if read.batch != nil { kept.append(Kept(key: key, read: read, since: .now)) }
    move(seat, key.identity, read.cursor.place)
  }

  private func move(_ seat: Seat, _ identity: FileIdentity, _ place: UInt64) {
    places[ObjectIdentifier(seat)] = (identity, place)
    drop()
  }

  /// Drops what nobody will come to soon, and the oldest of what is too much.
  private func drop() {
    guard !kept.isEmpty else { return }
    let now = ContinuousClock.now
    kept.removeAll { kept in
      now - kept.since > keptFor
        || !places.values.contains { reader in
          reader.identity == kept.key.identity && reader.place <= kept.key.cursor.place
            && kept.key.cursor.place - reader.place <= Self.windowBytes
        }
    }
    while kept.count > Self.keptMax
      || kept.reduce(0, { $0 + $1.byteCount }) > Self.keptBytesMax
    { kept.removeFirst() }
  }
}
