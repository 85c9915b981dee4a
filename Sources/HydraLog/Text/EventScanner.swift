import CSimdjson
import EventPersistence
import Synchronization

/// Reads events out of JSON with simdjson: what each line is, and its position.
///
/// It validates each line whole. It allocates nothing for an event, only once for each distinct
/// tag: the tags of a log are few, and each becomes one `String` that all its positions share.
// Only one caller has it at a time: `withOne` lends it to no other meanwhile.
final class EventScanner: @unchecked Sendable {
  /// The most lines of one `scan`.
  static let chunk = 512

  private let scanner = hydra_scanner_create()!
  private let lines = UnsafeMutableBufferPointer<hydra_line>.allocate(capacity: chunk)
  @exclusivity(unchecked) private var tags: [String] = []

  deinit {
    lines.deallocate()
    hydra_scanner_destroy(scanner)
  }

  /// The whole lines of `bytes[from...]`, at most `limit`, and the offset after the last of them.
  ///
  /// `EventBuffer.padding` bytes must be readable after `bytes`. The lines are valid until the next call.
  func scan(_ bytes: UnsafeRawBufferPointer, from: Int, limit: Int = chunk) -> (
    lines: Slice<UnsafeMutableBufferPointer<hydra_line>>, next: Int
  ) {
    forgetTagsIfFull()
    var next = from
    let count = hydra_scanner_scan(
      scanner, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), from, bytes.count,
      lines.baseAddress, min(limit, Self.chunk), &next)
    precondition(
      count <= Self.chunk && (from...bytes.count).contains(next), "lines lie in the bytes")
    return (lines[..<count], next)
  }

  /// The same, without the lines before the last one that hold no event with one of `tags`; they are
  /// not even validated. Others that do not can be among the lines, too.
  func scan(
    _ bytes: UnsafeRawBufferPointer, from: Int, limit: Int = chunk, with tags: TagWords
  ) -> Slice<UnsafeMutableBufferPointer<hydra_line>> {
    forgetTagsIfFull()
    var next = from
    let count = tags.withWords { words in
      hydra_scanner_scan_words(
        scanner, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), from, bytes.count,
        words.baseAddress, words.count, lines.baseAddress, min(limit, Self.chunk), &next)
    }
    precondition(
      count <= Self.chunk && (from...bytes.count).contains(next), "lines lie in the bytes")
    return lines[..<count]
  }

  /// Reads `bytes[range]` as one line. The same padding must be readable.
  func read(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> hydra_line {
    forgetTagsIfFull()
    var line = hydra_line()
    hydra_scanner_read(
      scanner, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), range.lowerBound,
      range.upperBound, &line)
    return line
  }

  /// The position of the event `bytes[range]` (with nil, all of `bytes`); nil if they are not one
  /// event.
  ///
  /// `EventBuffer.padding` bytes must be readable after `bytes`: for a row, after its buffer.
  func position(of bytes: UnsafeRawBufferPointer, _ range: Range<Int>? = nil) -> Position? {
    var line = read(bytes, range ?? 0..<bytes.count)
    return line.kind == HYDRA_LINE_EVENT ? withUnsafePointer(to: &line, position) : nil
  }

  /// The position that `line`, of the last `scan` or `read`, names.
  func position(of line: hydra_line) -> Position { withUnsafePointer(to: line, position) }

  /// The position that the line at `index` of the last `scan` names.
  func position(at index: Int) -> Position {
    precondition(lines.indices.contains(index), "a line of a scan")
    return position(lines.baseAddress! + index)
  }

  private func position(_ line: UnsafePointer<hydra_line>) -> Position {
    let time = UnsafeRawBufferPointer(
      start: hydra_line_time(line), count: Int(line.pointee.time_length))
    return Position(
      eventId: line.pointee.event_id, tag: tag(line.pointee.tag),
      time: time.isEmpty ? nil : EventTime(utf8: time))
  }

  private func tag(_ number: Int32) -> String? {
    guard number >= 0 else { return nil }
    while tags.count <= Int(number) {
      var length = 0
      let text = hydra_scanner_tag(scanner, tags.count, &length)
      let bytes = UnsafeRawBufferPointer(start: text, count: length)
      // The names of the schema are not counted by reference, which each position would have to be.
      let known = NodeTable.shared.event(bytes).map { NodeTable.tags[$0] }
      tags.append(known ?? String(decoding: bytes, as: UTF8.self))
    }
    return tags[Int(number)]
  }

  private func forgetTagsIfFull() {
    guard hydra_scanner_tag_count(scanner) >= Int(HYDRA_TAGS_MAX) else { return }
    hydra_scanner_forget_tags(scanner)
    tags.removeAll()
  }
}

// MARK: - The pool

extension EventScanner {
  /// Idle scanners: a scanner costs its parser's memory, so few are kept.
  private static let idle = Mutex<[EventScanner]>([])
  private static let idleMax = 4

  /// Lends a scanner to `body`.
  static func withOne<R, E: Error>(_ body: (EventScanner) throws(E) -> R) throws(E) -> R {
    let scanner = idle.withLock { $0.popLast() } ?? EventScanner()
    defer {
      idle.withLock { if $0.count < idleMax { $0.append(scanner) } }
    }
    return try body(scanner)
  }
}
