import EventPersistence
import Foundation

/// Reads of one log that several readers share: those that stand at the same place get what the first of
/// them has read, and one that asks for what is being read waits for it.
///
/// The more readers there are, the less each gets at once: together they hold about as much as one. A read
/// is kept while another reader is within `windowBytes` before it (of a database, as many ids): at most
/// `keptBytesMax`, of the reads that are farthest on. It is given out for `keptFor` at most, to readers
/// that ask for as much at once. So a reader that is far from all others reads as if it were the only one,
/// and one that stops holds back no more than these bytes, until the next read. An error is its reader's
/// own: those who waited read for themselves.
// `condition` guards all that changes.
final class SharedReads: @unchecked Sendable {
  /// How far before a read a reader is that will come to it.
  static let windowBytes: UInt64 = 16 << 20
  static let keptBytesMax = 4 << 20
  /// What several readers get at once, all of them together and each.
  static let bytesTogether = 4 << 20
  static let bytesEachMin = 1 << 20
  static let eventsEachMax = 10_000

  private struct Key: Hashable {
    let identity: FileIdentity
    let cursor: SegmentCursor
    let limits: BatchLimits

    init(_ identity: FileIdentity, _ cursor: SegmentCursor, _ limits: BatchLimits) {
      self.identity = identity
      var cursor = cursor
      // What a reader read before changes nothing in what it reads now.
      cursor.bytesAnEvent = 0
      cursor.searched = 0
      self.cursor = cursor
      self.limits = limits
    }
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

    fileprivate init(_ reads: SharedReads) {
      self.reads = reads
      reads.condition.withLock { reads.seatCount += 1 }
    }

    deinit { reads.leave(self) }

    /// The next events of `segment` after `cursor`.
    func read(_ segment: any LogSegment, from cursor: SegmentCursor, _ limits: BatchLimits)
      throws(SourceError) -> SegmentRead
    {
      let limits = reads.share(of: limits, of: segment, at: cursor.place)
      return try reads.read(
        self, Key(segment.identity, cursor, limits), of: segment
      ) { () throws(SourceError) in try segment.read(from: cursor, limits) }
    }
  }

  private let keptFor: Duration
  private let condition = NSCondition()
  private var seatCount = 0
  private var places: [ObjectIdentifier: (identity: FileIdentity, place: UInt64)] = [:]
  private var underWay: Set<Key> = []
  private var kept: [Kept] = []

  init(keptFor: Duration = .seconds(1)) { self.keptFor = keptFor }

  func seat() -> Seat { Seat(self) }

  private func leave(_ seat: Seat) {
    condition.withLock {
      seatCount -= 1
      places[ObjectIdentifier(seat)] = nil
      drop()
    }
  }

  /// `limits`, or less if there are other readers. In a file, it ends near a multiple of as much: there
  /// all of them meet, wherever they began, and whatever their limits.
  private func share(
    of limits: BatchLimits, of segment: any LogSegment, at place: UInt64
  ) -> BatchLimits {
    let count = condition.withLock { seatCount }
    guard count > 1 else { return limits }
    // A power of two, so that what more readers get is a part of what fewer got.
    let bytes = max(
      Self.bytesEachMin, Self.bytesTogether >> (Int.bitWidth - (count - 1).leadingZeroBitCount))
    var room = bytes
    if segment.placesAreBytes {
      room -= Int(place % UInt64(bytes))
      if room < bytes / 2 { room += bytes }
    }
    var limits = limits
    limits.bytes = min(limits.bytes, room)
    limits.events = min(limits.events, Self.eventsEachMax)
    return limits
  }

  private func read(
    _ seat: Seat, _ key: Key, of segment: any LogSegment,
    _ readForItself: () throws(SourceError) -> SegmentRead
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
      return try readForItself()
    }
    var own: SegmentRead?
    defer {
      condition.withLock {
        underWay.remove(key)
        if let own { keep(own, key, for: seat) }
        condition.broadcast()
      }
    }
    let read = try readForItself()
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
    while kept.reduce(0, { $0 + $1.byteCount }) > Self.keptBytesMax { kept.removeFirst() }
  }
}
