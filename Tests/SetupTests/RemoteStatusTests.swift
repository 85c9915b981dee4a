import EventPersistence
import Foundation
import SecondaryStatus
import Setup
import Testing

@Suite("a node on another machine")
struct RemoteStatusTests {
  private static let document = StatusDocument(
    unreachable: "/var/lib/hydra", because: "x", at: .now)

  private func endings(_ command: [String]) async -> (documents: Int, why: String?) {
    var documents = 0
    var why: String?
    for await news in RemoteStatus(command).news() {
      switch news {
      case .document: documents += 1
      case .ended(let sentence): why = sentence
      }
    }
    return (documents, why)
  }

  @Test("each line of its command is a document, and its end reports its last words")
  func lines() async {
    let script = "printf '%s\\n\\n%s\\n' \"$1\" \"$1\"; echo first >&2; echo gone >&2; exit 3"
    let (documents, why) = await endings(["sh", "-c", script, "sh", Self.document.json])
    #expect(documents == 2)
    #expect(why == "sh ended with exit code 3: gone")
  }

  @Test("a line that is not a document ends it")
  func nonsense() async {
    let (documents, why) = await endings(["echo", "Welcome to n7"])
    #expect(documents == 0)
    #expect(why?.contains("Welcome to n7") == true)
  }

  @Test("a missing program is reported")
  func absent() async {
    let (_, why) = await endings(["/nowhere/ssh"])
    #expect(why?.contains("/nowhere/ssh") == true)
  }

  @Test("a look returns the newest document, or an unknown one that says why there is none")
  func looks() async {
    let there = RemoteNode(
      name: "n7", command: ["sh", "-c", "echo \"$1\"; exec cat", "sh", Self.document.json])
    #expect(await there.once().primary.persistenceDir == "/var/lib/hydra")
    let gone = await RemoteNode(name: "n8", command: ["false"]).once()
    #expect(gone.severity == .unknown)
    #expect(gone.primary.explanation == "false ended with exit code 1")
  }

  @Test("leaving a command that has closed its output but still runs does not wait for its end")
  func goesOn() async throws {
    let gate = Pipe()
    let path =
      "/proc/\(ProcessInfo.processInfo.processIdentifier)/fd/"
      + "\(gate.fileHandleForReading.fileDescriptor)"
    // It ignores SIGTERM, and ends with the gate, which it opens before the first document.
    let script = "trap '' TERM; exec 3< $2; printf '%s\\n' \"$1\"; exec >&- 2>&-; read line <&3"
    let node = RemoteNode(
      name: "n7", command: ["sh", "-c", script, "sh", Self.document.json, path])
    #expect(await node.once().primary.persistenceDir == "/var/lib/hydra")
    try gate.fileHandleForWriting.close()
  }

  @Test("the line that opens it is made from the command that watches it")
  func watchCommand() {
    for (status, watch) in [
      ("ssh n7 hydra-sinks status --json --watch", "ssh -t n7 hydra-sinks watch"),
      ("ssh -p 22 n7 hydra-sinks status --json --watch n1", "ssh -p 22 -t n7 hydra-sinks watch n1"),
      ("./status-of n7", "./status-of n7"),
    ] {
      let words = status.split(separator: " ").map(String.init)
      let line = RemoteNode.watchCommand(of: words)
      #expect(Set(line.split(separator: " ")) == Set(watch.split(separator: " ")))
    }
  }
}
