/// The names and values of a message's headers as zero-terminated texts, one behind the other, in
/// memory that is used again for each message.
struct HeaderTexts {
  private var bytes: ContiguousArray<UInt8> = []
  private var starts: ContiguousArray<Int> = []

  /// How many texts there are: two for each header.
  var count: Int { starts.count }

  /// Forgets the texts behind the first `count`.
  mutating func keep(first count: Int) {
    guard count < starts.count else { return }
    bytes.removeLast(bytes.count - starts[count])
    starts.removeLast(starts.count - count)
  }

  mutating func append(_ name: String, _ value: String) {
    begin(name)
    add(value)
    end()
  }

  mutating func append(_ name: String, _ value: UInt64) {
    begin(name)
    add(value)
    end()
  }

  /// A value of four parts.
  mutating func append(
    _ name: String, _ prefix: String, _ number: UInt64, _ separator: String, _ last: UInt64
  ) {
    begin(name)
    add(prefix)
    add(number)
    add(separator)
    add(last)
    end()
  }

  /// Calls `body` with the texts, and a null behind them.
  func withPointers<R>(_ body: (UnsafePointer<UnsafePointer<CChar>?>) -> R) -> R {
    bytes.withUnsafeBytes { bytes in
      let texts = bytes.assumingMemoryBound(to: CChar.self)
      return withUnsafeTemporaryAllocation(
        of: UnsafePointer<CChar>?.self, capacity: starts.count + 1
      ) { pointers in
        for (index, start) in starts.enumerated() {
          pointers.initializeElement(at: index, to: texts.baseAddress! + start)
        }
        pointers.initializeElement(at: starts.count, to: nil)
        return body(UnsafePointer(pointers.baseAddress!))
      }
    }
  }

  private mutating func begin(_ name: String) {
    starts.append(bytes.count)
    add(name)
    end()
    starts.append(bytes.count)
  }

  private mutating func end() { bytes.append(0) }

  private mutating func add(_ text: String) {
    let copied: Void? = text.utf8.withContiguousStorageIfAvailable { bytes.append(contentsOf: $0) }
    if copied == nil { bytes.append(contentsOf: text.utf8) }
  }

  private mutating func add(_ number: UInt64) {
    let first = bytes.count
    var rest = number
    repeat {
      bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
      rest /= 10
    } while rest > 0
    bytes[first...].reverse()
  }
}
