import EventPersistence
import SecondaryStatus
import Testing

@testable import Dashboard

@Suite("the first view of several nodes")
struct FleetTests {
  static func status(_ directory: String, _ secondaries: [SecondaryObservation]) -> StatusDocument {
    var status = StatusDocument(unreachable: directory, because: "", at: Fixture.now)
    status.primary.state = .live
    status.primary.severity = .ok
    status.primary.explanation = nil
    status.primary.lastEventId = 1_284_331
    status.primary.lastEventTime = Fixture.time(0.4)
    status.secondaries = secondaries.map(\.report)
    status.stateError = nil
    return status
  }

  static var rows: [NodeRow] {
    var ailing = Fixture.report(
      "audit", "command", .stalled, .error, checkpoint: 1_101_220, lag: 183_111, seconds: 4320,
      rate: 0, since: 4320, error: "exit 1: no such table")
    ailing.explanation = "its program ends with 1: look at its log"
    return [
      NodeRow(
        name: "alice", place: .here, status: status("/var/lib/alice", [Fixture.archive]),
        at: Fixture.time(0.1), ratePerSecond: 42),
      NodeRow(
        name: "bob", place: .here,
        status: status(
          "/var/lib/bob",
          [Fixture.archive, Fixture.observation(ailing, target: "audit-loader")]),
        at: Fixture.time(0.1), ratePerSecond: 3.5),
      NodeRow(
        name: "n7", place: .elsewhere(command: "ssh -t n7 hydra-sinks watch"),
        status: status("/var/lib/hydra", [Fixture.cold]), at: Fixture.time(95), ratePerSecond: nil,
        trouble: "ssh ended with exit code 255: no route to host"),
      NodeRow(name: "n8", place: .elsewhere(command: "ssh -t n8 hydra-sinks watch")),
    ]
  }

  static func fleet(_ width: Int, _ height: Int, isUTF8: Bool = true) -> Fleet {
    var fleet = Fleet(
      settings: Settings(persistenceDir: "", isUTF8: isUTF8), nodes: rows, width: width,
      height: height)
    _ = fleet.update(.tick(Fixture.now))
    return fleet
  }

  /// Puts the cursor on a node, from wherever it is.
  static func point(_ fleet: inout Fleet, at name: String) throws {
    _ = fleet.update(.key(.home))
    for _ in fleet.nodes where fleet.selected?.name != name { _ = fleet.update(.key(.down)) }
    try #require(fleet.selected?.name == name)
  }

  @Test("what happened last in all nodes is beneath the table, where there is room")
  func journal() {
    func drawn(_ height: Int) -> String {
      var fleet = Self.fleet(132, height)
      for index in 0...1 {
        fleet.nodes[index].journal = LogLine.newest(
          9,
          of: [
            LogLine(
              at: Fixture.time(90 - Double(index)), who: "audit", severity: .error,
              text: "stalled: exit \(index)"),
            LogLine(at: Fixture.time(9000), who: "cold", severity: .info, text: "driver started"),
          ])
      }
      return fleet.view().plainText
    }
    let lines = drawn(40).split(separator: "\n")
    let bob = lines.firstIndex { $0.contains("bob/audit") && $0.contains("✖  stalled: exit 1") }
    let alice = lines.firstIndex { $0.contains("alice/audit") && $0.contains("stalled: exit 0") }
    #expect(bob != nil && alice == bob.map { $0 + 1 }, "\(lines)")
    #expect(lines.contains { $0.contains("╭ Journal") })
    #expect(!drawn(16).contains("Journal") && drawn(16).contains("alice"))
  }

  @Test("Enter opens a node, which gets its own messages, and Esc comes back")
  func enters() throws {
    var fleet = Self.fleet(100, 30)
    try Self.point(&fleet, at: "bob")
    let commands = fleet.update(.key(.enter))
    #expect(commands.first == .enterNode("bob"))
    #expect(
      commands.dropFirst().allSatisfy { if case .node("bob", .load) = $0 { true } else { false } })
    let observed = Observed(
      at: Fixture.now, instant: .zero, primary: Fixture.primary(), secondaries: [Fixture.cold],
      stateDir: "/s")
    _ = fleet.update(.node("alice", .observed(observed)))
    #expect(!fleet.view().plainText.contains("cold"))
    _ = fleet.update(.node("bob", .observed(observed)))
    let inside = fleet.view().plainText
    #expect(
      inside.contains("cold") && inside.contains("hydra-sinks  bob") && inside.contains("Esc nodes")
    )
    #expect(
      fleet.update(.key(.character("T"))).allSatisfy { $0 == .node("bob", .retry(name: "cold")) })
    _ = fleet.update(.key(.character("/")))
    #expect(fleet.update(.key(.escape)).isEmpty)
    #expect(fleet.entered != nil, "Esc closes what is open first")
    _ = fleet.update(.key(.escape))
    #expect(fleet.update(.key(.escape)) == [.enterNode(nil)] || fleet.entered == nil)
    #expect(fleet.view().plainText.contains("Nodes"))
  }

  @Test("a node on another machine says the line to run, which c copies")
  func remote() throws {
    var fleet = Self.fleet(100, 30)
    try Self.point(&fleet, at: "n7")
    #expect(fleet.update(.key(.enter)).isEmpty)
    #expect(fleet.view().plainText.contains("ssh -t n7 hydra-sinks watch"))
    #expect(
      fleet.update(.key(.character("c"))) == [.screen(.copy("ssh -t n7 hydra-sinks watch"))])
  }

  @Test("a node whose look hangs is shown as of its last look, with the reason")
  func hangs() throws {
    var fleet = Self.fleet(132, 40)
    try Self.point(&fleet, at: "alice")
    var row = Self.rows[0]
    row.at = Fixture.time(4)
    row.trouble = "its disk may hang"
    _ = fleet.update(.nodeSeen(row))
    let text = fleet.view().plainText
    let line = text.split(separator: "\n").first { $0.contains("alice") } ?? ""
    #expect(line.contains("as of 4 s ago"), "\(line)")
    #expect(text.contains("its disk may hang"))
  }

  @Test("a note about a node's configuration is shown at once, and again in the node")
  func notes() throws {
    var fleet = Self.fleet(132, 40)
    try Self.point(&fleet, at: "alice")
    _ = fleet.update(.node("alice", .configured(.note("ignored: /etc/hydra-sinks.yaml"))))
    #expect(fleet.view().plainText.contains("alice: ignored"))
    _ = fleet.update(.key(.enter))
    #expect(fleet.view().plainText.contains("ignored: /etc/hydra-sinks.yaml"))
  }

  @Test("a node that stopped reporting is not shown as live")
  func stale() {
    let text = Self.fleet(132, 40).view().plainText
    let line = text.split(separator: "\n").first { $0.contains("n7") } ?? ""
    #expect(line.contains("as of") && line.contains("?"), "\(line)")
  }

  @Test("a warning about a node's log is named, unless a secondary is worse")
  func warning() throws {
    var rows = Self.rows
    for index in rows.indices where rows[index].status != nil {
      rows[index].status?.primary.severity = .warning
      rows[index].status?.primary.warnings = PrimaryWarning.all(
        of: Fixture.primary().survey, freeBytes: 0)
    }
    var fleet = Fleet(
      settings: Settings(persistenceDir: "", isUTF8: true), nodes: rows, width: 132, height: 30)
    _ = fleet.update(.tick(Fixture.now))
    try Self.point(&fleet, at: "alice")
    let text = fleet.view().plainText
    #expect(text.contains("live · disk is low") && text.contains("0 MB are free on the disk"))
    #expect(text.contains("audit: stalled"))
  }

  @Test("the worst is first; s sorts as configured, and back")
  func sorts() {
    var fleet = Self.fleet(100, 30)
    #expect(fleet.sortedNodes.map(\.name) == ["bob", "n7", "n8", "alice"])
    #expect(fleet.selected?.name == "bob", "the cursor is on the worst until it is moved")
    _ = fleet.update(.key(.character("s")))
    #expect(fleet.sortedNodes.map(\.name) == ["alice", "bob", "n7", "n8"])
    _ = fleet.update(.key(.character("s")))
    #expect(fleet.sortedNodes.map(\.name) == ["bob", "n7", "n8", "alice"])
  }

  @Test("/ narrows to the nodes with these words as they are typed, and Esc shows all again")
  func filters() {
    func shown(_ text: String) -> [String] {
      var fleet = Self.fleet(100, 30)
      _ = fleet.update(.key(.character("/")))
      _ = fleet.update(.pasted(text))
      return fleet.shownNodes.map(\.name)
    }
    #expect(shown("stalled") == ["bob"])
    #expect(shown("N7") == ["n7"])
    #expect(shown("file !error") == ["alice"])
    #expect(shown("route") == ["n7"])
    #expect(shown("!") == ["bob", "n7", "n8", "alice"])
    var fleet = Self.fleet(100, 30)
    for key in "/bob" { _ = fleet.update(.key(.character(key))) }
    #expect(fleet.view().plainText.contains("/bob"))
    // Keys are letters here, and the one that is left is the selected one.
    #expect(fleet.update(.key(.enter)) == [])
    #expect(fleet.update(.key(.enter)).first == .enterNode("bob"))
    _ = fleet.update(.key(.escape))
    #expect(fleet.entered == nil && fleet.shownNodes.count == 1)
    _ = fleet.update(.key(.escape))
    #expect(fleet.shownNodes.count == 4)
    for key in "/q" { #expect(fleet.update(.key(.character(key))) == []) }
    #expect(fleet.view().plainText.contains("no node has these words"))
    _ = fleet.update(.key(.escape))
    #expect(fleet.filter.isEmpty && fleet.prompt == nil)
  }

  @Test("quitting asks about each node with a replay of this process")
  func quits() throws {
    var fleet = Self.fleet(100, 30)
    try Self.point(&fleet, at: "alice")
    _ = fleet.update(.key(.enter))
    _ = fleet.update(.node("alice", .replayStarted(name: "archive", id: "r1", here: true)))
    while fleet.entered != nil { _ = fleet.update(.key(.escape)) }
    #expect(fleet.update(.key(.character("q"))).first == .enterNode("alice"))
    #expect(fleet.entered?.model.dialog != nil)
    _ = fleet.update(.node("alice", .replayEnded(name: "archive", Fixture.replay())))
    while fleet.entered != nil { _ = fleet.update(.key(.escape)) }
    #expect(fleet.update(.key(.character("q"))) == [.quit(.leave)])
  }

  @Test("a secondary of any node that becomes an error rings once, and the title says how many")
  func alarms() {
    var fleet = Self.fleet(100, 30)
    let (well, ailing) = (Self.rows[0], Self.rows[1])
    #expect(fleet.update(.nodeSeen(ailing)) == [.screen(.title("✖ 1 error · hydra-sinks 4 nodes"))])
    #expect(fleet.update(.nodeSeen(ailing)) == [])
    #expect(fleet.update(.nodeSeen(well)) == [])
    var other = well
    other.status?.secondaries = ailing.status?.secondaries ?? []
    #expect(
      fleet.update(.nodeSeen(other)) == [
        .screen(.bell), .screen(.title("✖ 2 errors · hydra-sinks 4 nodes")),
      ])
    #expect(fleet.update(.nodeSeen(well)) == [.screen(.title("✖ 1 error · hydra-sinks 4 nodes"))])
  }

  @Test("without a node, the screen says what to do")
  func none() {
    var settings = Settings(persistenceDir: "")
    settings.advice = ["No hydra-node runs here.", "    hydra-sinks demo"]
    let fleet = Fleet(settings: settings, nodes: [], width: 80, height: 24)
    #expect(fleet.view().plainText.contains("    hydra-sinks demo"))
  }
}
