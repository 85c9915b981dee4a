import Foundation
import Synchronization

/// The memory of one buffer.
///
/// Large regions are mapped, and the largest few are kept for the next buffer. Batches follow one
/// another in one size, and a fresh mapping costs a page fault per 4 KiB (measured: 650 instead of
/// 1150 MB/s). The heap would grow to several times what is in use, because batches of unequal size
/// come and go in it.
// Sendable because its memory is its buffer's alone, or nobody's while it is kept.
struct BufferRegion: @unchecked Sendable {
  let base: UnsafeMutableRawPointer
  private let byteCount: Int

  /// Regions of at least this many bytes are mapped.
  private static let mappedBytesMin = 256 << 10
  /// How large a region that is kept may be: a batch of 64 MiB takes a little more.
  private static let keptBytesMax = 65 << 20
  /// Regions of at least this many bytes are asked for in huge pages.
  private static let hugeBytesMin = 8 << 20

  /// Regions that are not in use, and how many there may be.
  private static let kept = Mutex<(regions: [BufferRegion], max: Int)>(([], 2))

  /// Keeps at least `count` regions from now on, for a reader that uses so many at a time.
  static func keep(_ count: Int) { kept.withLock { $0.max = max($0.max, count) } }

  /// A region of `byteCount` bytes or more, with unspecified content.
  static func take(byteCount: Int) -> BufferRegion {
    guard byteCount >= mappedBytesMin else {
      return BufferRegion(
        base: .allocate(byteCount: byteCount, alignment: 64), byteCount: byteCount)
    }
    let size = (byteCount + mappedBytesMin - 1) / mappedBytesMin * mappedBytesMin
    let found = kept.withLock { kept in
      kept.regions.firstIndex { $0.byteCount >= size }.map { kept.regions.remove(at: $0) }
    }
    return found ?? map(size)
  }

  private static func map(_ byteCount: Int) -> BufferRegion {
    let base = mmap(
      nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let base, base != MAP_FAILED else {
      fatalError("no memory for a buffer of \(byteCount) bytes")
    }
    // A hint: the system then fills it with few page faults, if it can.
    if byteCount >= hugeBytesMin { madvise(base, byteCount, MADV_HUGEPAGE) }
    return BufferRegion(base: base, byteCount: byteCount)
  }

  /// Returns this region.
  func giveBack() {
    guard byteCount >= Self.mappedBytesMin else { return base.deallocate() }
    let surplus: BufferRegion? = Self.kept.withLock { kept in
      guard byteCount <= Self.keptBytesMax else { return self }
      guard kept.regions.count >= kept.max else {
        kept.regions.append(self)
        return nil
      }
      // The larger ones stay: a small one would serve few buffers, and be kept for ever.
      let smallest = kept.regions.indices.min {
        kept.regions[$0].byteCount < kept.regions[$1].byteCount
      }!
      guard kept.regions[smallest].byteCount < byteCount else { return self }
      defer { kept.regions[smallest] = self }
      return kept.regions[smallest]
    }
    if let surplus { munmap(surplus.base, surplus.byteCount) }
  }

  /// Returns the regions that nobody uses to the system.
  static func releaseKept() {
    let regions = kept.withLock { kept in
      defer { kept.regions = [] }
      return kept.regions
    }
    for region in regions { munmap(region.base, region.byteCount) }
  }
}
