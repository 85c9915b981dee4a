import EventPersistence
import SecondaryStatus
import Setup
import Testing
import Wording

@Suite("several nodes in a configuration")
struct NodeSetTests {
  static let text = """
    state-dir: state
    silent-after: { warn: 5m, error: 1h }
    warn: { events: 100 }
    nodes:
      - name: n1
        persistence-dir: /var/lib/n1
        silent-after: { warn: 1m }
        secondaries:
          - { name: archive, kind: file, path: one }
      - name: n2
        persistence-dir: n2
        warn: { events: 5 }
        secondaries:
          - { name: archive, kind: file, path: two }
      - name: n7
        status: [ssh, n7, hydra-sinks, status, --json, --watch]
    """

  private func chosen(_ request: Setup.Request) throws(Refusal) -> (String?, Configuration) {
    var notes: [String] = []
    return try Setup.chosenNode(
      request, of: try ConfigurationFile.parse(Self.text, file: "/etc/hs/hydra-sinks.yaml"), &notes)
  }

  private func request(directory: String? = nil, node: String? = nil) -> Setup.Request {
    Setup.Request(config: nil, directory: directory, sinks: [], node: node)
  }

  private func refusal(_ text: String) -> String? {
    do throws(Refusal) {
      _ = try ConfigurationFile.parse(text, file: "f.yaml")
      return nil
    } catch {
      return error.message
    }
  }

  @Test("each node has its own log and secondaries, and inherits omitted settings")
  func inherits() throws {
    let (name, n1) = try chosen(request(node: "n1"))
    #expect(name == "n1" && n1.persistenceDir == "/var/lib/n1")
    #expect(n1.silentAfter == SilentLimits(warn: 60, error: 3600))
    #expect(n1.secondaries.map(\.warn.events) == [100])
    let (_, n2) = try chosen(request(node: "n2"))
    #expect(n2.persistenceDir == "/etc/hs/n2" && n2.silentAfter.warn == 300)
    #expect(n2.secondaries.map(\.warn.events) == [5])
  }

  @Test("a node is named by its name or by its directory")
  func meant() throws {
    #expect(try chosen(request(directory: "n2")).0 == "n2")
    #expect(try chosen(request(directory: "/etc/hs/../hs/n2")).0 == "n2")
  }

  @Test("a missing or unknown node is refused, with the names to choose from")
  func refuses() {
    for (request, expected) in [
      (request(), "n1/archive"), (request(node: "n3"), "did you mean"),
      (request(node: "n7"), "another machine"),
    ] {
      do throws(Refusal) {
        _ = try chosen(request)
        Issue.record("\(request) was taken")
      } catch {
        #expect(error.message.contains(expected), "\(error.message)")
      }
    }
  }

  @Test("mistakes name their place")
  func mistakes() {
    #expect(
      refusal("persistence-dir: a\nnodes:\n  - {name: n, persistence-dir: b}")?
        .contains("f.yaml:1: \"persistence-dir\" is not allowed beside \"nodes\"") == true)
    #expect(
      refusal("nodes:\n  - {name: n, persistence-dir: b}\n  - {name: n, persistence-dir: c}")?
        .contains("f.yaml:3: nodes[2]: the name \"n\" is used twice") == true)
    #expect(refusal("nodes: []")?.contains("expected a list of nodes") == true)
    #expect(
      refusal("nodes:\n  - {name: n, status: [ssh], secondaries: []}")?
        .contains("unknown key \"secondaries\"") == true)
    #expect(
      refusal("nodes:\n  - name: n\n    persistence-dir: b\n    secondaries: [{name: a}]")?
        .contains("nodes[1].secondaries[1]") == true)
  }
}
