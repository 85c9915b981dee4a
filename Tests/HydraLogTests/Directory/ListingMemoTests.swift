import EventPersistence
import Foundation
import Testing

@testable import HydraLog

/// A listing that is taken again.
@Suite struct ListingMemoTests {
  private let folder = LogFolder()
  private let memo = ListingMemo()

  init() {
    folder.write("state-10", [Line.tick(10)])
    folder.write("state", [Line.tick(11)])
    // Nobody has written to either for a while, nor to the folder.
    for name in ["state-10", "state", ""] { age("\(folder.path)/\(name)", 60) }
  }

  private func age(_ path: String, _ seconds: Int) {
    let written = timespec(tv_sec: Int(Date.now.timeIntervalSince1970) - seconds, tv_nsec: 0)
    var times = [written, written]
    #expect(utimensat(AT_FDCWD, path, &times, 0) == 0)
  }

  private func bytes(_ listing: LogListing) -> [String: UInt64] {
    Dictionary(uniqueKeysWithValues: listing.items.map { ($0.path, $0.bytes) })
  }

  @Test("the live log's growth shows at once")
  func liveGrowth() throws {
    let start = ContinuousClock.now
    let before = bytes(try memo.listing(of: folder.path, at: start))
    folder.append("state", Line.tick(12) + "\n")
    let after = bytes(try memo.listing(of: folder.path, at: start))
    #expect(after["state"]! > before["state"]! && after["state-10"] == before["state-10"])
  }

  @Test("an archive that appears, goes, or is replaced shows at once")
  func folderChanges() throws {
    let start = ContinuousClock.now
    _ = try memo.listing(of: folder.path, at: start)
    folder.write("state-5", [Line.tick(5)])
    #expect(
      try memo.listing(of: folder.path, at: start).items.map(\.path)
        == ["state-5", "state-10", "state"])
    #expect(unlink("\(folder.path)/state-5") == 0)
    #expect(
      try memo.listing(of: folder.path, at: start).items.map(\.path) == ["state-10", "state"])
    folder.write("new", [Line.tick(9), Line.tick(10)])
    #expect(rename("\(folder.path)/new", "\(folder.path)/state-10") == 0)
    let replaced = bytes(try memo.listing(of: folder.path, at: start))
    #expect(replaced["state-10"]! > replaced["state"]!)
  }

  @Test("an archive that is edited in place shows within a second")
  func editedInPlace() throws {
    let start = ContinuousClock.now
    let before = bytes(try memo.listing(of: folder.path, at: start))
    folder.append("state-10", Line.tick(10) + "\n")
    let after = bytes(try memo.listing(of: folder.path, at: start + .seconds(1)))
    #expect(after["state-10"]! > before["state-10"]!)
  }

  @Test("an archive that is being written shows each time")
  func growingArchive() throws {
    let start = ContinuousClock.now
    folder.append("state-10", Line.tick(10) + "\n")
    let before = bytes(try memo.listing(of: folder.path, at: start))
    folder.append("state-10", Line.tick(10) + "\n")
    let after = bytes(try memo.listing(of: folder.path, at: start))
    #expect(after["state-10"]! > before["state-10"]!)
  }

  @Test("a live log that is gone is no part of the next listing")
  func liveGone() throws {
    let start = ContinuousClock.now
    _ = try memo.listing(of: folder.path, at: start)
    #expect(unlink("\(folder.path)/state") == 0)
    #expect(try memo.listing(of: folder.path, at: start).items.map(\.path) == ["state-10"])
  }
}
