import EventPersistence
import Testing

@testable import HydraLog

@Suite("the chain from the log")
struct ChainFoldTests {
  private static let hash = String(repeating: "ab", count: 32)

  private func fold(_ changes: [(tag: String, fields: String)]) -> ChainFold {
    var fold = ChainFold()
    for (index, change) in changes.enumerated() {
      let position = Position(
        eventId: UInt64(index), tag: change.tag, time: EventTime("2026-07-15T10:00:10Z"))
      let json = "{\"stateChanged\":{\(change.fields)}}"
      Array(json.utf8).withUnsafeBytes { fold.take(position, $0) }
    }
    return fold
  }

  private static func point(_ slot: Int) -> String {
    #"{"blockHash":"\#(hash)","slot":\#(slot),"tag":"ChainPoint"}"#
  }

  private static func tick(_ slot: Int) -> (String, String) {
    (
      "TickObserved",
      #""chainPoint":\#(point(slot)),"chainTime":"2026-07-15T10:00:07.5Z""#
    )
  }

  private static func recorded(_ tag: String, _ point: String) -> (String, String) {
    (tag, #""chainState":{"recordedAt":\#(point)}"#)
  }

  @Test("each tick is a later point, and its drift is that of the node's clock")
  func ticks() {
    let fold = fold([Self.tick(7), Self.tick(9)])
    #expect(fold.point?.description == "9.\(Self.hash)")
    #expect(fold.driftSeconds == 2.5)
    #expect(fold.isSynced == nil)
  }

  @Test("a transaction of the head names the point of its block, if any")
  func recorded() {
    #expect(fold([Self.recorded("HeadOpened", Self.point(5))]).point?.slot == 5)
    let fold = fold([Self.tick(7), Self.recorded("CommitFinalized", "null")])
    #expect(fold.point?.slot == 7)
  }

  @Test("a point that was rolled back is none any more")
  func rollback() {
    #expect(
      fold([Self.tick(7), Self.recorded("ChainRolledBack", Self.point(6))]).point?.slot == 6)
    #expect(fold([Self.tick(7), Self.recorded("ChainRolledBack", "null")]).point == nil)
  }

  @Test("a Checkpoint's point counts only if it is newer, its sync status always")
  func checkpoint() {
    let state =
      #""state":{"chainPointTime":{"drift":4},"headState":{"contents":{"chainState":{"recordedAt":\#(Self.point(6))}},"tag":"Open"},"tag":"NodeCatchingUp"}"#
    let fold = fold([Self.tick(7), ("Checkpoint", state)])
    #expect(fold.point?.slot == 7)
    #expect(fold.isSynced == false)
    #expect(fold.driftSeconds == 4)
    #expect(self.fold([("Checkpoint", state)]).point?.slot == 6)
  }

  @Test("a hash that is not hexadecimal is no point: the text would be a command's argument")
  func hostile() {
    let fields = #""chainPoint":{"blockHash":"ab; rm","slot":1,"tag":"ChainPoint"}"#
    #expect(fold([("TickObserved", fields)]).point == nil)
  }
}
