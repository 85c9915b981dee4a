import EventArchive
import EventPersistence
import EventPersistenceTesting
import Testing
import Wording

@Suite("a verification for a person")
struct VerifyTextTests {
  /// The report on a storage that holds none of ten events.
  private func report(isInterrupted: Bool = false) async throws -> VerifyReport {
    let events = SampleEvents.make(10)
    let request = Verification.Request(checkpoint: events.last!.position)
    var report = try await Verification(
      request, of: Nothing(), against: MemorySource(events)
    ).run()
    report.isInterrupted = isInterrupted
    return report
  }

  private struct Nothing: HeldEvents {
    func next() -> HeldPiece? { nil }
  }

  @Test("the verdict and the repair come last, after the findings")
  func lines() async throws {
    let lines = VerifyText.lines(
      try await report(), name: "cold", repair: "hydra-sinks replay cold",
      paint: Paint(isColoured: false))
    #expect(
      lines == [
        "✖ missing  10: 0-9",
        "✖ cold does not hold what it should: 10 expected, 0 held, 0 the same",
        "To repair it: hydra-sinks replay cold",
      ])
  }

  @Test("in a dialog the verdict comes first, and the dialog adds the signs")
  func brief() async throws {
    #expect(
      VerifyText.brief(try await report(), name: "cold") == [
        "cold does not hold what it should: 10 expected, 0 held, 0 the same", "missing  10: 0-9",
      ])
  }

  @Test("one that was stopped says so, though it found faults")
  func stopped() async throws {
    let lines = VerifyText.brief(try await report(isInterrupted: true), name: "cold")
    #expect(lines[0].hasPrefix("cold does not hold what it should, as far as it was compared: 10"))
  }
}
