import EventPersistence
import SecondaryStatus
import Testing

@testable import Dashboard

@Suite("what fills the log")
struct TagsTests {
  @Test("t counts the tags, and Esc stops that, but keeps what was counted")
  func counts() {
    var model = Fixture.model()
    #expect(model.press(.character("t")).contains(.countTags))
    #expect(model.view().plainText.contains("counting the log"))
    _ = model.update(.counted(TagCount(Fixture.statistics, share: 0.5)))
    #expect(model.view().plainText.contains("SnapshotConfirmed"))
    #expect(model.press(.escape).contains(.stopCounting))
    #expect(!model.view().plainText.contains("What fills the log"))
    // It goes on from there.
    #expect(model.press(.character("t")).contains(.countTags))
    #expect(model.view().plainText.contains("SnapshotConfirmed"))
  }

  @Test("the time left is computed from the share since the page was opened")
  func timeLeft() {
    let page = TagsPage(beganAt: Fixture.time(10), beganWith: 0.2)
    #expect(page.secondsLeft(0.4, at: Fixture.now).map { abs($0 - 30) < 0.01 } ?? false)
    #expect(page.secondsLeft(0.205, at: Fixture.now) == nil, "too short to tell")
    #expect(page.secondsLeft(nil, at: Fixture.now) == nil)
  }

  @Test("an empty log, and one of which a part cannot be read")
  func special() {
    var model = Fixture.model()
    _ = model.press(.character("t"))
    _ = model.update(.counted(TagCount(EventStatistics(), isOver: true)))
    #expect(model.view().plainText.contains("no events"))
    _ = model.update(
      .counted(TagCount(Fixture.statistics, share: 1, isOver: true, unread: "page 7 is damaged")))
    #expect(model.view().plainText.contains("page 7 is damaged"))
  }

  @Test("the columns that fit begin with the share; no line is wider than the screen")
  func columns() {
    for width in 20...140 {
      let columns = TagColumns(room: width, Fixture.statistics)
      let lines = [columns.titles] + Fixture.statistics.tags.map { columns.cells($0, block: "#") }
      let widths = Set(lines.map { $0.joined().count })
      #expect(widths.count == 1 && widths.first! <= max(27, width), "\(width): \(widths)")
      if width >= 30 { #expect(columns.titles.joined().contains("SHARE"), "\(width)") }
    }
  }
}
