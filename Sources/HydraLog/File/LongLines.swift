import EventPersistence
import Synchronization

/// The stretches of a log's files without a line feed that are longer than an event can be: finding
/// the end of one reads all of it.
final class LongLines: Sendable {
  private let stretches = Mutex<[FileIdentity: [Range<UInt64>]]>([:])

  /// The end of the known stretch that has `offset`, or else `offset`.
  func end(of offset: UInt64, in file: FileIdentity, byteCount: UInt64) -> UInt64 {
    let found = stretches.withLock { $0[file]?.first { $0.contains(offset) }?.upperBound }
    return found.map { $0 <= byteCount ? $0 : offset } ?? offset
  }

  /// Notes that `range` has no line feed, if it is long.
  func note(_ range: Range<UInt64>, in file: FileIdentity) {
    guard range.count > FileSegment.lineBytesMax / 2 else { return }
    stretches.withLock { stretches in
      var (joined, apart) = (range, [Range<UInt64>]())
      for other in stretches[file, default: []] {
        if other.upperBound < joined.lowerBound || joined.upperBound < other.lowerBound {
          apart.append(other)
        } else {
          joined =
            min(joined.lowerBound, other.lowerBound)..<max(joined.upperBound, other.upperBound)
        }
      }
      stretches[file] = apart + [joined]
    }
  }

  /// Forgets files that are gone.
  func keep(_ there: Set<FileIdentity>) {
    stretches.withLock { stretches in stretches = stretches.filter { there.contains($0.key) } }
  }

  func forget(_ file: FileIdentity) { stretches.withLock { $0[file] = nil } }
}
