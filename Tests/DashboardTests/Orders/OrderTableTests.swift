import EventPersistence
import Testing

@testable import Dashboard

@Suite struct OrderTableTests {
  @Test("no lower-case and no editing key changes anything outside")
  func harmless() {
    for row in OrderTable.keyed where row.changesSomething {
      for key in row.keys {
        guard case .character(let character) = key else {
          Issue.record("\(row.label) is not a letter")
          continue
        }
        #expect(character.isUppercase, "\(row.label)")
      }
    }
  }

  @Test("a key does one thing in one place")
  func unique() {
    for context in KeyContext.allCases {
      let keys = OrderTable.keyed.filter { $0.contexts.contains(context) }.flatMap(\.keys)
      #expect(Set(keys).count == keys.count, "\(context)")
    }
  }

  @Test("each key is in the help, in a line that fits", arguments: [true, false])
  func help(isUTF8: Bool) {
    var model = Fixture.model(100, 200, isUTF8: isUTF8)
    _ = model.press(.character("?"))
    let text = model.view().plainText
    for row in OrderTable.keyed {
      let label = row.label(isUTF8: isUTF8)
      #expect(text.contains("\(label) "), "\(label)")
      #expect(text.contains(row.help), "\(row.help)")
      #expect(row.help.count <= 56)
    }
  }

  @Test("each key is in the manual once, under one heading")
  func manual() {
    let lines = OrderTable.manual.split(separator: "\n").map(String.init)
    #expect(lines.count == OrderTable.keyed.count + KeyGroup.allCases.count)
    for row in OrderTable.keyed {
      #expect(lines.count { $0.hasSuffix(" \(row.help)") } == 1, "\(row.help)")
    }
  }

  @Test("each key has a form on the command line that is read")
  func commands() throws {
    for row in OrderTable.keyed where row.order != .commandLine {
      let text = row.command
        .replacing("NAME", with: "cold").replacing("ID", with: "17")
        .replacing("TEXT", with: "why").replacing("WORDS", with: "tag:Head")
      let read = try OrderText.read(
        text, names: ["cold"], selected: nil, now: Fixture.now)
      #expect(read?.row.word == row.word, "\(text)")
    }
  }

  @Test("the footer offers what the table says, within the screen, at each width")
  func footer() {
    for width in 40...140 {
      let model = Fixture.model(width, 24)
      let hints = model.footerHints(model.layout)
      #expect(hints.contains { $0.order == .quit })
      #expect(hints.contains { $0.order == .help })
      #expect(hints.allSatisfy { $0.column + $0.width <= width })
      let columns = hints.map(\.column)
      #expect(columns == columns.sorted())
    }
  }

  @Test("the footer offers a key only if it does something")
  func offered() {
    var model = Fixture.model(200, 24)
    func orders() -> Set<Order> { Set(model.footerHints(model.layout).map(\.order)) }
    #expect(!orders().contains(.follow))
    #expect(!orders().contains(.retry(name: nil)))
    #expect(!orders().contains(.cancel(name: nil, stay: false)))
    _ = model.press(.down, .down)
    #expect(orders().contains(.retry(name: nil)))
    _ = model.press(.tab, .up)
    #expect(orders().contains(.follow))
  }
}

@Suite struct OrderTextTests {
  func read(_ text: String) throws -> Order? {
    try OrderText.read(text, names: ["archive", "cold"], selected: "cold", now: Fixture.now)?.order
  }

  @Test("orders take a name and options, as the program's command line does")
  func orders() throws {
    #expect(
      try read("replay archive --from 1000 --through=2000 --max-rate 50 --clamp")
        == .replay(
          name: "archive",
          .init(from: .id(1000), through: .id(2000), clamp: true, maxRate: 50)))
    #expect(try read("replay --from start") == .replay(name: "cold", .init(from: .start)))
    #expect(
      try read("pause cold --for 2h --reason 'disk is full'")
        == .pause(name: "cold", reason: "disk is full", seconds: 7200))
    #expect(
      try read("pause cold --remind 1h")
        == .pause(name: "cold", reason: nil, seconds: nil, remind: 3600))
    #expect(try read("cancel --stay") == .cancel(name: "cold", stay: true))
    #expect(try read("goto 1 284 331") == .goto(.id(1_284_331)))
    #expect(try read("goto head") == .goto(.head))
    #expect(try read("interval 200ms") == .interval(.milliseconds(200)))
    #expect(try read("  ") == nil)
  }

  @Test(
    "unreadable text reports what was expected",
    arguments: [
      ("frobnicate", "is no command"), ("replay warm", "there is no secondary warm"),
      ("replay cold --from", "--from needs a value"), ("replay cold --from noon", "--from takes"),
      ("replay cold --frm 1", "takes one name"), ("cancel cold --foo", "has no --foo"),
      ("sort size", "takes one of"), ("interval 1ms", "takes 100ms"), ("goto", "takes an id"),
      ("up 2", "takes nothing"), ("pause cold --for soon", "--for takes"),
      ("replay cold --max-rate 0", "--max-rate takes"),
    ])
  func unreadable(text: String, sentence: String) {
    let error = #expect(throws: OrderText.Unreadable.self) { try read(text) }
    #expect(error?.sentence.contains(sentence) == true, "\(error?.sentence ?? "")")
  }

  @Test("Tab completes as far as the candidates agree")
  func completion() {
    let names = ["archive", "audit", "cold"]
    #expect(Completion.complete("rep", names: names) == "replay ")
    #expect(Completion.complete("replay a", names: names) == nil)
    #expect(Completion.complete("replay ar", names: names) == "replay archive ")
    #expect(Completion.complete("replay cold --f", names: names) == "replay cold --from ")
    #expect(Completion.candidates(for: "replay a", names: names) == ["archive", "audit"])
    #expect(
      Completion.candidates(for: "replay cold --from ", names: names) == ["checkpoint", "start"])
    #expect(Completion.complete("nonsense x", names: names) == nil)
  }
}
