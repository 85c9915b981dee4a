import EventPersistence
import Foundation
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

  private func look(_ follower: inout HeadFollower) {
    let chain = chain
    let view = LogView(links: try! chain.links())
    follower.look(at: chain, view, folder.directory.surveyNow())
  }

  /// Looks that each find one event more.
  private func looks(
    _ count: Int, _ follower: inout HeadFollower, from id: Int, _ change: String = applied
  ) {
    for number in 0..<count {
      folder.append("state", Samples.event(id + number, change) + "\n")
      look(&follower)
    }
  }

  @Test("what was long before the tail is found at the first look")
  func found() {
    write(2000, [Self.lost])
    var follower = HeadFollower(tailBytes: 4000)
    look(&follower)
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
    look(&follower)
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
    look(&follower)
    #expect(follower.head?.id == "bb22" && follower.head?.parties == nil)
    #expect(follower.head?.peersConnected == 2)
  }

  // MARK: - Records

  /// The record of a follower that has read a log of `beginning` and 2000 events more, as a later
  /// process reads it.
  private func record(searchBytesFirst: Int = 64 << 20) throws -> HeadFollower.Record? {
    write(2000)
    var follower = HeadFollower(tailBytes: 4000, searchBytesFirst: searchBytesFirst)
    look(&follower)
    return try follower.record.map {
      try JSONDecoder().decode(HeadFollower.Record.self, from: JSONEncoder().encode($0))
    }
  }

  /// Leaves only the last events of the log, so that nobody can find in it what was before them.
  private func forgetBeginning() {
    folder.write("state", (1900..<2005).map { Samples.event($0, Self.applied) })
  }

  @Test("a later process goes on where an earlier one ended")
  func goesOn() throws {
    var follower = HeadFollower(remembering: try record(), tailBytes: 4000)
    forgetBeginning()
    look(&follower)
    #expect(follower.head?.peersConnected == 2 && follower.head?.isChainSynced == true)
    #expect(follower.head?.parties == 3 && follower.head?.state == .open)
    looks(1, &follower, from: 2005, Self.lost)
    #expect(follower.head?.peersConnected == 1)
    #expect(follower.record?.through.eventId == 2005)
    looks(1, &follower, from: 2006, #"{"headId":"bb22","tag":"HeadOpened"}"#)
    looks(2, &follower, from: 2007, #"{"headId":"bb22","tag":"TransactionAppliedToLocalUTxO"}"#)
    #expect(follower.head?.transactions == 2)
    // What the events before the record do not tell is not looked for in them again.
    #expect(follower.head?.id == "bb22" && follower.head?.parties == nil)
  }

  @Test("what a head tells that opened before a log's tail is found once an event names it")
  func headAppears() throws {
    // The tail has ticks alone, and what is before it is not searched for a head that nobody names.
    let ticks = Array(repeating: #"{"tag":"TickObserved"}"#, count: 2000)
    folder.write("state", (Self.beginning + ticks).enumerated().map { Samples.event($0, $1) })
    var earlier = HeadFollower(tailBytes: 4000)
    look(&earlier)
    let record = try #require(earlier.record)
    var follower = HeadFollower(remembering: record, tailBytes: 4000)
    look(&follower)
    looks(1, &follower, from: Self.beginning.count + ticks.count, Self.applied)
    var other = HeadFollower(tailBytes: 4000)
    look(&other)
    #expect(other.head?.parties == 3)
    #expect(follower.head?.parties == 3 && follower.head?.id == other.head?.id)
  }

  @Test("also after a rotation")
  func rotated() throws {
    var follower = HeadFollower(remembering: try record(), tailBytes: 4000)
    forgetBeginning()
    folder.move("state", to: "state-2004")
    folder.write("state", [Line.checkpoint(2004), Samples.event(2005, Self.lost)])
    look(&follower)
    #expect(follower.head?.peersConnected == 1 && follower.head?.parties == 3)
  }

  @Test("not if the event at which it ended is another one, or is gone", arguments: [true, false])
  func notThere(isReplaced: Bool) throws {
    var follower = HeadFollower(remembering: try record(), tailBytes: 4000)
    var ids = Array(1900..<2004)
    if isReplaced { ids.append(2004) }
    folder.write(
      "state", ids.map { Samples.event($0, $0 == 2004 ? Self.lost : Self.applied) })
    look(&follower)
    #expect(follower.head?.state == .open && follower.head?.peersConnected == nil)
  }

  @Test("not if more came since than the tail that is read otherwise")
  func tooLate() throws {
    var follower = HeadFollower(remembering: try record(), tailBytes: 4000)
    folder.write("state", (1900..<2205).map { Samples.event($0, Self.applied) })
    look(&follower)
    #expect(follower.head?.state == .open && follower.head?.peersConnected == nil)
  }

  @Test("nothing is kept while something is looked for, or of events without times")
  func notKept() throws {
    #expect(try record()?.through.eventId == 2004)
    #expect(try record(searchBytesFirst: 4000) == nil)
    let changes = Self.beginning + [Self.applied]
    folder.write("state", changes.enumerated().map { Samples.event($0, $1, isTimed: false) })
    var follower = HeadFollower()
    look(&follower)
    #expect(follower.head?.peersConnected == 2 && follower.record == nil)
  }
}
