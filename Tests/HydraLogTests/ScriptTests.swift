import EventPersistenceTesting
import Testing

/// The scripts in `Scripts`, each a log on disk, what happens to it, and what a reader makes of it.
@Suite("Scripts of a log")
struct LogScriptTests {
  @Test("a log is read as its script says", arguments: BehaviourScript.names(beside: #filePath))
  func script(name: String) async throws {
    let log = ScriptedLog()
    try await BehaviourScript(name, beside: #filePath).check { order in
      try await log.carryOut(&order)
    }
  }
}
