import EventPersistence
import SecondaryStatus
import Testing

@testable import Dashboard

@Suite("The event beside the list") struct EventPreviewTests {
  private static func detail(_ position: Position) -> EventDetail {
    EventDetail(
      position: position, bytes: 9800, tokens: EventPageTests.tokens, summary: "snapshot 8 113")
  }

  /// What `keys` ask the log for, but for the rows of the list.
  private func asked(_ model: inout Model, _ keys: Key...) -> [Command] {
    keys.flatMap { model.update(.key($0)) }.filter { if case .load = $0 { false } else { true } }
  }

  private let last = Fixture.rows(1)[0].position
  private let before = Fixture.rows(2)[0].position

  @Test("is read once the selection stops the stream, one at a time, and shown until the next")
  func selected() {
    var model = Fixture.model(160, 44)
    #expect(asked(&model, .tab) == [])
    #expect(asked(&model, .up) == [.loadEvent(before)])
    // Held down, the key moves faster than the log is read.
    #expect(asked(&model, .up, .up, .down, .down, .down) == [])
    #expect(model.update(.event(Self.detail(before))) == [.loadEvent(last)])
    #expect(model.view().plainText.contains("╭ Event 1 284 330"))
    #expect(model.update(.event(Self.detail(last))) == [])
    let drawn = model.view().plainText
    #expect(drawn.contains("╭ Event 1 284 331") && drawn.contains("cborHex"), "\(drawn)")
    #expect(asked(&model, .character("f")) == [])
    #expect(!model.view().plainText.contains("╭ Event 1 284"))
  }

  @Test("says why an event cannot be read, and stays away where there is no room")
  func failed() {
    var model = Fixture.model(160, 44)
    _ = model.press(.tab, .up)
    #expect(model.update(.eventFailed(before, "it was rotated away")) == [])
    #expect(model.view().plainText.contains("it was rotated away"))
    for (width, height) in [(139, 44), (160, 20), (80, 24)] {
      var small = Fixture.model(width, height)
      #expect(asked(&small, .tab, .up) == [])
    }
  }

  @Test("an answer that comes too late is dropped, and the next is asked for")
  func late() {
    var model = Fixture.model(160, 44)
    #expect(asked(&model, .tab, .up) == [.loadEvent(before)])
    #expect(asked(&model, .tab) == [])
    #expect(model.update(.event(Self.detail(before))) == [])
    #expect(asked(&model, .tab) == [.loadEvent(before)])
  }
}
