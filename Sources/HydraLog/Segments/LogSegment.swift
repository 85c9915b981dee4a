import EventPersistence

/// A stretch of a node's log: one `state` file, or one `hydra.db`; live or archived.
///
/// The log is a sequence of segments. A segment knows nothing of the others, and keeps no file open and no
/// lock between calls. All calls block and belong on a blocking executor; each call but `read` costs a few
/// small reads whatever the segment's size.
///
/// Every call throws `.changed` if the segment's file was renamed, replaced or removed, or if a
/// transaction overtook the call; the caller then lists the directory again.
protocol LogSegment: Sendable {
  /// Relative to the persistence directory: `state`, `state-1000`, `old-state/hydra-1000.db`.
  var name: String { get }

  /// The file that this segment was made for.
  var identity: FileIdentity { get }

  /// Whether a cursor's place is a byte offset.
  var placesAreBytes: Bool { get }

  /// The format of its last event, given its current `ends`; nil if it holds no event.
  func format(of ends: SegmentEnds) -> LogFormat?

  /// The first two and the last of its events. `known`, the answer of an earlier look at the same
  /// file, may save reading parts that cannot have changed.
  func ends(knowing known: SegmentEnds?) throws(SourceError) -> SegmentEnds

  /// The cursor before its first event whose id is `id` or higher; after its last event if there is none.
  func locate(id: UInt64) throws(SourceError) -> SegmentCursor

  /// The cursor before its first event of `time` or later, by bisection; after its last event if
  /// there is none.
  ///
  /// - Parameter course: the times of its events, at least through the one that is looked for.
  func locate(time: EventTime, in course: TimeCourse) throws(SourceError) -> SegmentCursor

  /// The bytes of the next whole events after `cursor`: at most `limits`, but at least one event if
  /// there is one, however large.
  ///
  /// - Throws: `.changed` if the event before the cursor is gone. The segment looks for it in the
  ///   transaction (or through the file descriptor) that it reads the events in, so that a reader
  ///   cannot miss a rotation.
  func part(from cursor: SegmentCursor, _ limits: BatchLimits) throws(SourceError) -> SegmentPart

  /// Where the part after the one at `cursor` begins, as far as that is known before its bytes are
  /// read; nil if it is not.
  func foreseen(after cursor: SegmentCursor, _ limits: BatchLimits) -> SegmentCursor?

  /// An estimate of the bytes of JSON between two cursors of this segment (with nil, through its
  /// end).
  func byteCount(from: SegmentCursor, to: SegmentCursor?) throws(SourceError) -> UInt64?
}

extension LogSegment {
  /// The next whole events after `cursor`, as a part has them.
  func read(from cursor: SegmentCursor, _ limits: BatchLimits) throws(SourceError) -> SegmentRead {
    try part(from: cursor, limits).read()
  }
}

/// Bytes of a segment, of which nothing is known yet but where they end.
struct SegmentPart: Sendable {
  /// What is right before its bytes: the trail of the cursor after the part before it, if that is
  /// still so. Nil if there is nothing, or the cursor's event was looked for instead.
  var before: [UInt8]?

  /// The cursor after all of these bytes, with a trail, if more may follow: that of the read, unless
  /// the limits end it earlier, or the bytes are not what they seem.
  var next: SegmentCursor?

  /// Finds the events in the bytes; it may go on in the segment if there are none.
  var read: @Sendable () throws(SourceError) -> SegmentRead

  /// No bytes after `cursor`.
  static func nothing(at cursor: SegmentCursor) -> SegmentPart {
    SegmentPart { SegmentRead(cursor: cursor) }
  }
}

/// The first and last events of a segment. All nil if it holds no whole event yet.
struct SegmentEnds: Sendable, Hashable {
  var first: Position?
  /// The second event: an id that is twice at a segment's start shows a rotation of 0.22.0 to
  /// 0.22.3.
  var second: Position?
  var last: Position?
  /// Whether the last event has no id of its own and its line is not counted yet: `last` is nil.
  var isUncounted = false
  /// Whether events before `first` cannot be read.
  var beginsDamaged = false
  /// Why `last` cannot be read, though the events before the damage can.
  var damage: SourceError?
  /// The first event is a bare line of a release that wrote no ids.
  var beginsBare = false
  /// The last event is such a line too.
  var isBare = false
  /// A file's first bytes: if they are the same, so are `first` and `second`.
  var opening: [UInt8] = []
}

/// A place between two events of a segment.
struct SegmentCursor: Sendable, Hashable {
  /// The byte offset in a file, or the lowest event id in a database, at which the next read
  /// begins.
  var place: UInt64

  /// The event before it in this segment, if known: the next read requires that it still exists.
  var previous: Position?

  /// The bytes just before `place`: in a file, they distinguish an overwritten one from one that
  /// grew; in a database, they are the end of the row with the id before it, if that was read last.
  var trail: [UInt8] = []

  /// In a file that begins with lines without ids, the id of the next such line; else nil.
  var bareId: UInt64?

  /// How many events of the line at `place` come before the cursor: after a crash, a line can hold two.
  var skip = 0

  /// In a file, the end of the search for a line feed after `place`: a long torn line is searched once.
  var searched: UInt64 = 0

  /// The mean size of the last read's events (in a database, of the ids of the last part), from
  /// which the next read estimates how much to read.
  var bytesAnEvent = 0

  /// Before the first event.
  static let start = SegmentCursor(place: 0, previous: nil)
}

/// The result of one read.
struct SegmentRead: Sendable {
  /// Nil if the read found no whole event; if the cursor moved nevertheless, there is more to read.
  var batch: EventBatch?
  /// Where the next read continues.
  var cursor: SegmentCursor
  /// The stretches that it passed and that are not events.
  var torn: [TornLine] = []
  /// For each of them, how many events of the batch precede it.
  var tornPlaces: [Int] = []
}
