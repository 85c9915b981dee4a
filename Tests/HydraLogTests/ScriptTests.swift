import EventPersistenceTesting
import Testing

/// The scripts in `Scripts`: each has a log on disk, changes to it, and what a reader finds.
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
