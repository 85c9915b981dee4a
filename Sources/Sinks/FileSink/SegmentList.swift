import Algorithms
import EventPersistence
import SystemPackage

/// The segments of an archive in log order, and how each is stored. About a hundred bytes for each.
struct SegmentList {
  struct Entry: Sendable {
    var name: SegmentName
    var isPacked: Bool
    /// Whether it has several frames, and no table of them yet.
    var lacksTable = false
    /// The size of its file.
    var byteCount: Int
    /// The unpacked size of a packed one, if known.
    var unpackedByteCount: Int?

    var isUnfinished: Bool { !isPacked || lacksTable }

    var fileName: String { isPacked ? name.packedText : name.text }
  }

  private(set) var entries: [Entry] = []
  /// The size of all files.
  private(set) var byteCount = 0
  private var unfinishedCount = 0

  init() {}

  /// Lists a folder: names and sizes, not contents. If a segment is both plain and packed, the
  /// packed one counts.
  init(in folder: String) throws(SinkError) {
    for text in try Folder.names(in: folder) {
      guard let name = SegmentName(text),
        let status = try? Stat("\(folder)/\(text)")
      else { continue }
      entries.append(
        Entry(name: name, isPacked: text == name.packedText, byteCount: Int(status.size)))
    }
    entries.sort { ($0.name, $0.isPacked ? 0 : 1) < ($1.name, $1.isPacked ? 0 : 1) }
    entries = entries.chunked(on: \.name).map { $0.1.first! }
    byteCount = entries.reduce(0) { $0 + $1.byteCount }
    unfinishedCount = entries.count(where: \.isUnfinished)
  }

  var first: Entry? { entries.first }
  var last: Entry? { entries.last }
  var count: Int { entries.count }

  subscript(name: SegmentName) -> Entry? {
    let index = index(of: name)
    return index < entries.count && entries[index].name == name ? entries[index] : nil
  }

  /// The index of the first segment that is not before `name`.
  private func index(of name: SegmentName) -> Int {
    entries.partitioningIndex { $0.name >= name }
  }

  func before(_ name: SegmentName) -> ArraySlice<Entry> { entries[..<index(of: name)] }

  func after(_ name: SegmentName) -> ArraySlice<Entry> {
    entries[entries.partitioningIndex { $0.name > name }...]
  }

  /// The segments before `name` that are not packed, or not known to be complete.
  func unfinished(before name: SegmentName) -> [Entry] {
    // Usually only the last one, which still grows.
    let isUnfinished = self[name]?.isUnfinished == true
    return unfinishedCount > (isUnfinished ? 1 : 0) ? before(name).filter(\.isUnfinished) : []
  }

  /// The ids that a segment can have: up to the first id of the next segment that begins with
  /// another id.
  func span(of name: SegmentName) -> ClosedRange<UInt64> {
    let next = entries.partitioningIndex { $0.name.firstId > name.firstId }
    return name.firstId...(next < entries.count ? entries[next].name.firstId : .max)
  }

  /// Adds a segment, or replaces the one with its name.
  mutating func put(_ entry: Entry) {
    remove(entry.name)
    entries.insert(entry, at: index(of: entry.name))
    byteCount += entry.byteCount
    unfinishedCount += entry.isUnfinished ? 1 : 0
  }

  mutating func remove(_ name: SegmentName) {
    guard let entry = self[name] else { return }
    entries.remove(at: index(of: name))
    byteCount -= entry.byteCount
    unfinishedCount -= entry.isUnfinished ? 1 : 0
  }
}
