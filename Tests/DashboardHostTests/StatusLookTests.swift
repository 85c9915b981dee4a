import EventPersistence
import EventPersistenceTesting
import SecondaryStatus
import Setup
import Testing

@Suite("a look of status", .timeLimit(.minutes(1)))
struct StatusLookTests {
  private let state = TemporaryState()

  private func look(_ source: any EventSource) -> StatusLook {
    StatusLook(
      Observer(
        source: source, persistenceDir: "/hydra", state: state.directory, secondaries: []),
      of: "/hydra", title: "n1")
  }

  @Test("a look that hangs is reported once its time is over, and used when it comes back")
  func hanging() async throws {
    let source = HangingSource(SampleEvents.make(3))
    let look = look(source)
    for _ in 1...3 {
      let document = await look.document(within: .zero)
      #expect(document.node == "n1")
      #expect(document.primary.persistenceDir == "/hydra")
      #expect(document.severity == .unknown)
      #expect(document.primary.explanation?.contains("its disk may hang") == true)
    }
    await source.answer()
    let document = await look.document(within: .seconds(50))
    #expect(document.primary.lastEventId == 2)
  }
}
