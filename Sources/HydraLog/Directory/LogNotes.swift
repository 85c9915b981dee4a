import EventPersistence
import Synchronization

/// What the readers of a log found: which stretches they read, and which parts of them are not
/// events.
final class LogNotes: Sendable {
  /// The most torn lines of one file that are kept with their offsets; more are only counted.
  static let tornLinesMax = 1000

  struct FileNotes: Sendable {
    /// The stretches that were read, ascending, without overlaps.
    var read: [Range<UInt64>] = []
    var tornCount = 0
    var torn: [TornLine] = []
  }

  private let files = Mutex<[FileIdentity: FileNotes]>([:])

  /// Notes one read; does not count a stretch again.
  func note(_ read: SegmentRead, from cursor: SegmentCursor, _ item: LogListing.Item) {
    guard read.cursor.place > cursor.place else { return }
    files.withLock { files in
      var notes = files[item.stamp.identity] ?? FileNotes()
      for line in read.torn where !notes.read.contains(where: { $0.contains(line.offset) }) {
        notes.tornCount += 1
        if notes.torn.count < Self.tornLinesMax { notes.torn.append(line) }
      }
      notes.add(cursor.place..<read.cursor.place)
      files[item.stamp.identity] = notes
    }
  }

  func notes(of file: FileIdentity) -> FileNotes { files.withLock { $0[file] ?? FileNotes() } }

  /// Forgets files that are gone.
  func keep(_ there: Set<FileIdentity>) {
    files.withLock { files in files = files.filter { there.contains($0.key) } }
  }

  func forget(_ file: FileIdentity) { files.withLock { $0[file] = nil } }

  func restore(_ notes: FileNotes, of file: FileIdentity) {
    files.withLock { files in
      if (files[file] ?? FileNotes()).read.isEmpty { files[file] = notes }
    }
  }

  /// How many torn lines the log is known to have; nil if no reader began at its beginning and none
  /// was found.
  func tornLines(in view: LogView) -> Int? {
    files.withLock { files in
      var count = 0
      var isKnown = !view.links.isEmpty
      for link in view.links {
        let notes = files[link.item.stamp.identity] ?? FileNotes()
        count += notes.tornCount
        if isKnown, !link.isEmpty { isKnown = notes.isRead(link.item) }
      }
      return isKnown || count > 0 ? count : nil
    }
  }

  /// The torn lines with known offsets, in log order.
  func torn(in view: LogView) -> [TornLine] {
    files.withLock { files in
      view.links.flatMap { link in
        (files[link.item.stamp.identity]?.torn ?? []).map {
          // A rotation renames the file, and the offset stays.
          TornLine(file: link.item.path, offset: $0.offset, length: $0.length)
        }.sorted { $0.offset < $1.offset }
      }
    }
  }
}

extension LogNotes.FileNotes {
  /// Whether the file was read from its beginning, and an archive of lines through its end.
  fileprivate func isRead(_ item: LogListing.Item) -> Bool {
    guard let first = read.first, first.lowerBound == 0 else { return false }
    return !item.name.isArchive || item.name.isDatabase || first.upperBound >= item.bytes
  }

  /// Adds a stretch, and joins it with those that it touches.
  mutating func add(_ range: Range<UInt64>) {
    precondition(!range.isEmpty, "a read that is noted went forward")
    var joined = range
    read.removeAll { other in
      guard other.lowerBound <= joined.upperBound, joined.lowerBound <= other.upperBound else {
        return false
      }
      joined = min(joined.lowerBound, other.lowerBound)..<max(joined.upperBound, other.upperBound)
      return true
    }
    let index = read.firstIndex { $0.lowerBound > joined.lowerBound } ?? read.endIndex
    read.insert(joined, at: index)
  }
}
