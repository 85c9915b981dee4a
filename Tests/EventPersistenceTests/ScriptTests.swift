import EventPersistenceTesting
import Testing

/// The scripts in `Scripts`: each has a secondary, the orders of its operators, and what it
/// delivers.
@Suite("Scripts of a replay", .timeLimit(.minutes(5)))
struct ReplayScriptTests {
  @Test(
    "a secondary is driven as its script says", arguments: BehaviourScript.names(beside: #filePath))
  func script(name: String) async throws {
    let secondary = ScriptedSecondary()
    try await BehaviourScript(name, beside: #filePath).check { order in
      try await secondary.carryOut(&order)
    }
  }
}
