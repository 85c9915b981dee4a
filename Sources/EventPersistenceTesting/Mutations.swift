internal import Foundation

/// Random changes of valid samples, for whatever reads foreign bytes.
///
/// The environment variable `HYDRA_SINKS_MUTATIONS` sets how many there are:
///
/// ```swift
/// @Test("any bytes are read or refused", arguments: SeededRandom.seeds([1]))
/// func mutations(seed: UInt64) {
///   for bytes in Mutations(of: [sample], seed: seed) { _ = try? read(bytes) }
/// }
/// ```
public struct Mutations: Sequence, IteratorProtocol {
  private let samples: [[UInt8]]
  private let words: [[UInt8]]
  private var random: SeededRandom
  private var left: Int

  /// - Parameters:
  ///   - words: what is put in between, besides numbers and signs that readers stumble over.
  ///   - count: without `HYDRA_SINKS_MUTATIONS`.
  public init(of samples: [String], words: [String] = [], count: Int = 2000, seed: UInt64) {
    self.init(of: samples.map { Array($0.utf8) }, words: words, count: count, seed: seed)
  }

  /// The same for samples that are not text.
  public init(of samples: [[UInt8]], words: [String] = [], count: Int = 2000, seed: UInt64) {
    self.samples = samples
    self.words = (words + Self.stumblingBlocks).map { Array($0.utf8) } + [[0xFF], [0xC3], [0]]
    random = SeededRandom(seed)
    left =
      ProcessInfo.processInfo.environment["HYDRA_SINKS_MUTATIONS"].flatMap { Int($0) } ?? count
  }

  private static let stumblingBlocks = [
    "0", "-1", "9", "4611686018427387905", "18446744073709551616", "1e999", "0000", "9999",
    "0000-00-00T00:00:00Z", "9999-12-31T23:59:60Z", "\n", "\r\n", "\"", "\\", "\\u", "{", "}",
    "[", "]", "<", ">", "&", "&#0;", ":", ",", "#", "%", "%00", "..", "/", " ", "\t", "é",
    "\u{202E}",
    String(repeating: "[", count: 300), String(repeating: "{\"a\":", count: 300),
    String(repeating: "x", count: 70_000),
  ]

  public mutating func next() -> [UInt8]? {
    guard left > 0, var bytes = samples.randomElement(using: &random) else { return nil }
    left -= 1
    for _ in 0..<Int.random(in: 1...4, using: &random) { change(&bytes) }
    return bytes
  }

  private mutating func change(_ bytes: inout [UInt8]) {
    let from = Int.random(in: 0...bytes.count, using: &random)
    let to = Swift.min(bytes.count, from + Int.random(in: 0...20, using: &random))
    switch Int.random(in: 0..<7, using: &random) {
    case 0: bytes.removeSubrange(from..<to)
    case 1: bytes.insert(contentsOf: bytes[from..<to], at: from)
    case 2: bytes.removeSubrange(from...)
    case 3 where from < bytes.count: bytes[from] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 4:
      let other = samples.randomElement(using: &random)!
      bytes.replaceSubrange(from..., with: other.suffix(other.count - Swift.min(from, other.count)))
    default:
      bytes.replaceSubrange(
        from..<(Bool.random(using: &random) ? to : from),
        with: words.randomElement(using: &random)!)
    }
  }
}
