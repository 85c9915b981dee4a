import Foundation

/// Splits the bytes of a program's output into lines.
struct LineBuffer {
  private var bytes: [UInt8] = []
  /// Where the next line begins, and up to where no line feed was found.
  private var start = 0
  private var searched = 0

  /// How many bytes follow the last line feed that was read.
  var pendingCount: Int { bytes.count - start }

  mutating func append(_ more: UnsafeRawBufferPointer) {
    if start > 0 {
      bytes.removeFirst(start)
      searched -= start
      start = 0
    }
    bytes.append(contentsOf: more)
  }

  /// The next whole line, without its line feed; nil if there is none.
  mutating func next() -> ArraySlice<UInt8>? {
    let (from, end) = (searched, bytes.count)
    let found = bytes.withUnsafeBytes { all -> Int? in
      guard from < end, let hit = memchr(all.baseAddress! + from, 0x0A, end - from) else {
        return nil
      }
      return UnsafeRawPointer(hit) - all.baseAddress!
    }
    guard let found else {
      searched = end
      return nil
    }
    defer { start = found + 1 }
    searched = found + 1
    return bytes[start..<found]
  }

  /// The bytes after the last line feed.
  var rest: ArraySlice<UInt8> { bytes[start...] }
}
