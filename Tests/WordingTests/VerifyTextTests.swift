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
      try await report(), name: "cold", repairs: ["hydra-sinks replay cold"],
      paint: Paint(isColoured: false))
    #expect(
      lines == [
        "✖ missing  10: 0-9",
        "✖ cold does not hold what it should: 10 expected, 0 held, 0 the same",
        "To repair it: hydra-sinks replay cold",
      ])
  }

  @Test("several repairs have a line each")
  func repairs() async throws {
    let lines = VerifyText.lines(
      try await report(), name: "cold", repairs: ["one", "two"], paint: Paint(isColoured: false))
    #expect(lines.suffix(3) == ["To repair it, each of these:", "  one", "  two"])
  }

  @Test("what could not be read is named with its reason, and is no fault")
  func unread() async throws {
    let events = SampleEvents.make(10)
    let report = try await Verification(
      .init(checkpoint: events.last!.position), of: Unread(), against: MemorySource(events)
    ).run()
    #expect(
      VerifyText.lines(report, name: "cold", repairs: [], paint: Paint(isColoured: false)) == [
        "? could not be read  1 of its objects; not examined: 10 events, 0-9",
        "  b  b times out.",
        "? no fault found, but not everything could be read: 10 expected, 0 held, 0 the same",
      ])
  }

  private actor Unread: HeldEvents {
    private var pieces = [HeldPiece.unread(object: "b", ids: 0...9, reason: "b times out.")]
    func next() -> HeldPiece? { pieces.popLast() }
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
