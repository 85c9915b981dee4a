import CSimdjson

/// Tags as they stand in a line of JSON, to look for in its bytes.
struct TagWords {
  private var text: [CChar] = []
  private var ranges: [Range<Int>] = []

  /// Nil if they are too many, or one is written with a backslash.
  init?(_ tags: Set<String>) {
    guard (1...Int(HYDRA_WORDS_MAX)).contains(tags.count) else { return nil }
    for tag in tags {
      let isPlain = tag.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x22 && $0 != 0x5C }
      guard isPlain else { return nil }
      let start = text.count
      text += "\"\(tag)\"".utf8.map { CChar(bitPattern: $0) }
      ranges.append(start..<text.count)
    }
  }

  func withWords<R>(_ body: (UnsafeBufferPointer<hydra_word>) -> R) -> R {
    text.withUnsafeBufferPointer { text in
      let words = ranges.map {
        hydra_word(bytes: text.baseAddress! + $0.lowerBound, length: $0.count)
      }
      return words.withUnsafeBufferPointer(body)
    }
  }
}
