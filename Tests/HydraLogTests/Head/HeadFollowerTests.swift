import EventPersistence
import Testing

@testable import HydraLog

@Suite("the Hydra Head of a long log")
struct HeadFollowerTests {
  private static let beginning = [
    #"{"tag":"NetworkConnected"}"#,
    #"{"peer":{"hostname":"b","port":1},"tag":"PeerConnected"}"#,
    #"{"peer":{"hostname":"c","port":1},"tag":"PeerConnected"}"#,
    #"{"chainSlot":1,"chainTime":"2026-07-15T10:00:00Z","drift":2,"tag":"NodeSynced"}"#,
    #"{"headId":"aa11","parameters":{"parties":[1,2,3]},"tag":"HeadOpened"}"#,
  ]
  private static let applied = #"{"headId":"aa11","tag":"TransactionAppliedToLocalUTxO"}"#
  private static let lost = #"{"peer":{"hostname":"b","port":1},"tag":"PeerDisconnected"}"#

  private let folder = LogFolder()
  private var chain: LogChain { LogChain(directory: folder.path) }

  /// A log with `beginning` at its beginning, and `count` events after it.
  private func write(_ count: Int, _ more: [String] = []) {
    let changes = Self.beginning + Array(repeating: Self.applied, count: count) + more
    folder.write("state", changes.enumerated().map { Samples.event($0, $1) })
  }

  /// Looks that each find one event more.
  private func looks(
    _ count: Int, _ follower: inout HeadFollower, from id: Int, _ change: String = applied
  ) {
    for number in 0..<count {
      folder.append("state", Samples.event(id + number, change) + "\n")
      follower.look(at: chain, folder.directory.surveyNow())
    }
  }

  @Test("what was long before the tail is found at the first look")
  func found() {
    write(2000, [Self.lost])
    var follower = HeadFollower(tailBytes: 4000)
    follower.look(at: chain, folder.directory.surveyNow())
    #expect(follower.head?.peersConnected == 1)
    #expect(follower.head?.isNetworkConnected == true)
    #expect(follower.head?.isChainSynced == true && follower.head?.chainDriftSeconds == 2)
    #expect(follower.head?.parties == 3 && follower.head?.state == .open)
    // How many were applied before the tail, nobody has counted.
    #expect(follower.head?.transactions == nil)
    looks(1, &follower, from: 2006, #"{"tag":"NetworkDisconnected"}"#)
    #expect(follower.head?.peersConnected == 0 && follower.head?.isNetworkConnected == false)
  }

  @Test("beyond the first look's stretch, the next looks go on")
  func later() {
    write(2000)
    var follower = HeadFollower(tailBytes: 4000, searchBytesFirst: 4000)
    follower.look(at: chain, folder.directory.surveyNow())
    #expect(follower.head?.state == .open && follower.head?.peersConnected == nil)
    #expect(follower.head?.parties == nil && follower.head?.isChainSynced == nil)
    looks(1, &follower, from: 2005, Self.lost)
    #expect(follower.head?.peersConnected == 1 && follower.head?.parties == 3)
    looks(1, &follower, from: 2006, Self.lost)
    #expect(follower.head?.peersConnected == 1)
  }

  @Test("the parties of another head are not taken for this one's")
  func otherHead() {
    let other = #"{"headId":"bb22","tag":"TransactionAppliedToLocalUTxO"}"#
    let changes = Self.beginning + Array(repeating: other, count: 2000)
    folder.write("state", changes.enumerated().map { Samples.event($0, $1) })
    var follower = HeadFollower(tailBytes: 4000)
    follower.look(at: chain, folder.directory.surveyNow())
    #expect(follower.head?.id == "bb22" && follower.head?.parties == nil)
    #expect(follower.head?.peersConnected == 2)
  }
}
