import EventPersistence

/// A stretch of a node's log: one `state` file, or one `hydra.db`; live or archived.
///
/// The log is a sequence of segments. A segment knows nothing of the others, and keeps nothing open and
/// no lock between calls. All calls block and belong on a blocking executor; each but `read` costs a few
/// small reads whatever the segment's size.
///
/// Every call throws `.changed` where the file is not the one any more that the segment was made for
/// (renamed, replaced, gone, its transaction overtaken), so that the caller lists the directory anew.
protocol LogSegment: Sendable {
  /// Relative to the persistence directory: `state`, `state-1000`, `old-state/hydra-1000.db`.
  var name: String { get }

  /// The file that this segment was made for.
  var identity: FileIdentity { get }

  /// `bare`, `untimed`, `state`, `sqlite-json`, `sqlite-cbor`, where `ends` was just answered; nil while
  /// nothing in it tells.
  func format(of ends: SegmentEnds) throws(SourceError) -> String?

  /// The first two and the last of its events. `known`, the answer of an earlier look at the same file,
  /// may save reading what cannot have changed.
  func ends(knowing known: SegmentEnds?) throws(SourceError) -> SegmentEnds

  /// The cursor before its first event whose id is `id` or higher; behind its last where there is none.
  func locate(id: UInt64) throws(SourceError) -> SegmentCursor

  /// The cursor before its first event of `time` or later, by bisection; behind its last where there is
  /// none.
  func locate(time: EventTime) throws(SourceError) -> SegmentCursor

  /// The next whole events behind `cursor`: at most `limits`, but one at least where there is one,
  /// however large.
  ///
  /// - Throws: `.changed` where the event that the cursor stands behind is not there any more, which is
  ///   looked at in the same transaction as the events (or file descriptor): so no rotation is read over.
  func read(from cursor: SegmentCursor, _ limits: BatchLimits) throws(SourceError) -> SegmentRead

  /// The bytes of JSON between two cursors of this segment (with nil, through its end): an estimate.
  func byteCount(from: SegmentCursor, to: SegmentCursor?) throws(SourceError) -> UInt64?
}

/// What a segment begins and ends with. All nil where it holds no whole event yet.
struct SegmentEnds: Sendable, Hashable {
  var first: Position?
  /// The second event: an id that stands twice at a segment's start tells a rotation of 0.22.0 to 0.22.3.
  var second: Position?
  var last: Position?
  /// The last event has no id of its own, and how many stand before it is not counted yet: `last` is nil.
  var isUncounted = false
  /// The first event is a bare line of a release that wrote no ids.
  var beginsBare = false
  /// The last event is one.
  var isBare = false
  /// A file's first bytes, by which `first` and `second` are known to be still there.
  var opening: [UInt8] = []
}

/// A place between two events of a segment.
struct SegmentCursor: Sendable, Hashable {
  /// Of a file the byte offset, of a database the lowest event id, at which the next read begins.
  var place: UInt64

  /// The event before it in this segment, where it was read or is known: what must still be there.
  var behind: Position?

  /// Of a file, the bytes just before `place`, by which an overwritten file is told from a grown one.
  var trail: [UInt8] = []

  /// Of a file that begins with lines without ids, the id of the next such line; else nil.
  var bareId: UInt64?

  /// How many events of the line at `place` are behind the cursor: a line that a crash left can hold two.
  var skip = 0

  /// Of a file, through where no line feed was found behind `place`: a long torn line is searched once.
  var searched: UInt64 = 0

  /// The bytes an event that the last read met: how much to read for so many events.
  var bytesAnEvent = 0

  /// Before the first event.
  static let start = SegmentCursor(place: 0, behind: nil)
}

/// What one read gave.
struct SegmentRead: Sendable {
  /// Nil where no whole event was met; if the cursor moved all the same, there is more to read.
  var batch: EventBatch?
  /// Where the next read goes on.
  var cursor: SegmentCursor
  /// What was met on the way and is no event.
  var torn: [TornLine] = []
}
