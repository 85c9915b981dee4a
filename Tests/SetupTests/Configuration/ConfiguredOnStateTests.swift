import EventPersistence
import Testing
import Wording

@testable import Setup

@Suite("on-state in the configuration")
struct ConfiguredOnStateTests {
  @Test("a node and a secondary inherit what is told, change it, or turn it off")
  func onState() throws {
    let configuration = try ConfigurationFile.parse(
      """
      on-state: {command: [./notify, --ops]}
      nodes:
        - name: alice
          persistence-dir: /var/lib/alice
          on-state: {severity: error}
          secondaries:
            - {name: a, kind: file, path: /srv/a}
            - {name: b, kind: file, path: /srv/b, on-state: {command: [mail], severity: info}}
            - {name: c, kind: checkpoint, path: /srv/c.json, on-state: off}
            - {name: d, kind: file, path: /srv/d, on-state: {command: [mail]}}
        - {name: bob, persistence-dir: /var/lib/bob, on-state: off}
      """, file: "/etc/hs/c.yaml")
    var top = ConfiguredOnState(command: ["/etc/hs/notify", "--ops"])
    #expect(configuration.onState == top && top.severity == .warning)
    let nodes = configuration.nodes.compactMap { node in
      if case .here(let configuration) = node.place { configuration } else { nil }
    }
    top.severity = .error
    #expect(nodes.map(\.onState) == [top, nil])
    var mail = ConfiguredOnState(command: ["mail"])
    mail.severity = .error
    var all = mail
    all.severity = .info
    #expect(nodes[0].secondaries.map(\.onState) == [top, all, nil, mail])
  }

  @Test(
    "what is told without a program, or from another severity on, is a mistake",
    arguments: [
      ("on-state: {severity: error}", "\"command\" is missing"),
      ("on-state: {command: [a], severity: ok}", "info, warning or error"),
      ("on-state: {command: []}", "a list of a program"),
    ])
  func onStateMistakes(yaml: String, sentence: String) {
    let refusal = #expect(throws: Refusal.self) {
      try ConfigurationFile.parse("persistence-dir: /a\n\(yaml)", file: "/c.yaml")
    }
    #expect(refusal?.message.contains(sentence) == true, "\(refusal?.message ?? "")")
  }
}
