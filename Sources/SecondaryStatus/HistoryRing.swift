package import EventPersistence
internal import Foundation
internal import SystemPackage

/// `STATE/NAME/history`: a secondary in each minute of the last seven days, when its lag was largest; its driver looks
/// every ten seconds.
///
/// The file is a header of 64 bytes and 10,080 slots of 64 bytes, so it never grows. A minute's
/// slot is its number since 1970, modulo the count of slots. Numbers are little-endian. Each slot
/// has a checksum: a slot that a crash tore, or that still has a minute of another week, reads as
/// absent.
///
/// ```
/// header  0 "HSHISTRY"   8 version u32 = 1   12 slot bytes u32 = 64   16 slots u32 = 10080
/// slot    0 minute i64   8 checkpoint id u64   16 head id u64   24 lag events u64
///        32 lag seconds f64   40 rate f64   48 state u8   49 which of the five are known u8   60 CRC-32
/// ```
package struct HistoryRing: Sendable {
  /// The state of a secondary in one minute. Unknown values are nil.
  package struct Sample: Sendable, Hashable {
    /// Minutes since 1970-01-01T00:00Z.
    package var minute: Int64
    package var checkpointId: UInt64?
    package var headId: UInt64?
    package var lagEvents: UInt64?
    package var lagSeconds: Double?
    package var ratePerSecond: Double?
    package var state: SecondaryState

    package init(minute: Int64, state: SecondaryState) {
      self.minute = minute
      self.state = state
    }

    /// What `report` says, as the sample for the minute of `at`.
    package init(_ report: SecondaryReport, headId: UInt64?, at: EventTime) {
      self.init(minute: Self.minute(of: at), state: report.state)
      checkpointId = report.checkpoint?.eventId
      self.headId = headId
      lagEvents = report.lagEvents
      lagSeconds = report.lagSeconds
      ratePerSecond = report.ratePerSecond
    }

    func hasMoreLag(than other: Sample) -> Bool { (lagEvents ?? 0) > (other.lagEvents ?? 0) }

    /// The number of the minute that contains `time`.
    package static func minute(of time: EventTime) -> Int64 {
      Int64((Double(time.seconds) / 60).rounded(.down))
    }
  }

  /// Seven days.
  package static let minuteCount = 7 * 24 * 60

  private static let slotBytes = 64
  private static let headerBytes = 64
  private static let magic = Array("HSHISTRY".utf8)
  private static let version: UInt32 = 1
  private static let fileBytes = headerBytes + minuteCount * slotBytes

  let path: String
  let access: StateAccess

  /// Writes `sample` into its minute's slot, over the old one. One write, without fsync.
  ///
  /// - Throws: `.nonsense` if the file has another version or another format; it stays unchanged.
  package func append(_ sample: Sample) throws(StateError) {
    let file = try access.create(path, .readWrite)
    let isReady = try isReady(file)
    let slot = Int(sample.minute.modulo(Int64(Self.minuteCount)))
    do throws(Errno) {
      if !isReady {
        try file.resize(to: UInt64(Self.fileBytes))
        try file.write(header, at: 0)
      }
      try file.write(
        Self.bytes(of: sample), at: UInt64(Self.headerBytes + slot * Self.slotBytes))
    } catch {
      throw .writing(path, error)
    }
  }

  /// The samples in `minutes`, rising. Reads at most the file's 630 KiB.
  package func read(_ minutes: ClosedRange<Int64>) throws(StateError) -> [Sample] {
    guard let file = try AtomicFile.open(path), try isReady(file) else { return [] }
    let first = max(minutes.lowerBound, minutes.upperBound - Int64(Self.minuteCount) + 1)
    let count = Int(minutes.upperBound - first + 1)
    let slot = Int(first.modulo(Int64(Self.minuteCount)))
    // The ring's end splits the request into at most two stretches.
    let untilEnd = min(count, Self.minuteCount - slot)
    let bytes =
      try slots(slot..<slot + untilEnd, of: file) + slots(0..<count - untilEnd, of: file)
    return stride(from: 0, to: bytes.count, by: Self.slotBytes).compactMap {
      Self.sample(of: bytes[$0..<$0 + Self.slotBytes])
    }.filter { (first...minutes.upperBound).contains($0.minute) }
  }

  private func slots(_ range: Range<Int>, of file: OpenFile) throws(StateError) -> [UInt8] {
    try read(
      range.count * Self.slotBytes, from: file,
      at: Self.headerBytes + range.lowerBound * Self.slotBytes)
  }

  // MARK: - The header

  private var header: [UInt8] {
    var bytes = Self.magic
    for number in [Self.version, UInt32(Self.slotBytes), UInt32(Self.minuteCount)] {
      bytes.append(littleEndian: number)
    }
    return bytes + [UInt8](repeating: 0, count: Self.headerBytes - bytes.count)
  }

  /// Whether the file has its header; false if it is still empty.
  private func isReady(_ file: OpenFile) throws(StateError) -> Bool {
    let found = try read(Self.headerBytes, from: file, at: 0)
    guard found != header else { return true }
    // A crash between the two steps of creating it leaves zeros.
    let size = FileStamp(path)?.byteCount ?? 0
    if size <= Self.fileBytes, found.allSatisfy({ $0 == 0 }) { return false }
    let what =
      found.starts(with: Self.magic) && found.count >= 12
      ? "has the version \(found[8..<12].littleEndian(UInt32.self))"
      : "does not begin like a history file"
    throw StateError(
      .nonsense,
      "\(path) \(what), where version \(Self.version) is expected. It is left unchanged: "
        + "move it aside, and a new one is created.")
  }

  private func read(_ count: Int, from file: OpenFile, at offset: Int) throws(StateError)
    -> [UInt8]
  {
    do throws(Errno) {
      let bytes = try file.bytes(at: UInt64(offset), count: count)
      return Array(bytes.prefix(bytes.count - bytes.count % Self.slotBytes))
    } catch {
      throw .reading(path, error)
    }
  }
}

extension SecondaryFolder {
  /// The state of the secondary in each minute of the last seven days.
  package var history: HistoryRing { HistoryRing(path: file("history"), access: access) }
}
