import EventPersistence
import Foundation
import Testing

@testable import FeedSink

@Suite struct GreetingsTests {
  private func members(_ head: HydraHead?) throws -> [String: String] {
    let text = Greetings.text(head, 2, at: EventTime(seconds: 1_784_109_600))
    let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    return try #require(object).mapValues { "\($0)" }
  }

  @Test(
    "the status is one of those that the node's API has, and an idle node has no head",
    arguments: [
      (HydraHead.State.idle, "Idle"), (.initializing, "Initializing"), (.open, "Open"),
      (.closed, "Closed"), (.contested, "Closed"), (.fanoutPossible, "FanoutPossible"),
      (.fanningOut, "FanningOut"), (.final, "Idle"), (.aborted, "Idle"),
    ])
  func status(_ state: HydraHead.State, _ word: String) throws {
    let members = try members(HydraHead(id: "ab12", state: state))
    #expect(members["headStatus"] == word)
    #expect(members["hydraHeadId"] == (word == "Idle" ? nil : "ab12"))
    #expect(members["tag"] == "Greetings" && members["seq"] == nil)
    #expect(members["generation"] == "2")
  }

  @Test("members that the log does not have are absent")
  func unknown() throws {
    #expect(try Set(members(nil).keys) == ["tag", "timestamp", "generation"])
    #expect(
      try Set(members(HydraHead(state: .open)).keys)
        == ["tag", "timestamp", "generation", "headStatus"])
  }
}
