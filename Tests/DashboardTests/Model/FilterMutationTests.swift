import EventPersistenceTesting
import Testing

@testable import Dashboard

@Suite struct FilterMutationTests {
  @Test("any text is a filter or refused with a sentence", arguments: SeededRandom.seeds([1]))
  func text(seed: UInt64) {
    let samples = [
      "tag:tick snapshot id:5-9 size:>1k since:14:00 !party tx:9f3c1b22",
      "since:2026-07-15T10:00:00Z until:2h id:0-18446744073709551615",
    ]
    for bytes in Mutations(
      of: samples, words: ["id:", "size:<", "since:", "until:", "tx:", "tag:", "!", "-"], seed: seed
    ) {
      let text = String(decoding: bytes, as: UTF8.self)
      do throws(Filter.Unreadable) {
        if let filter = try Filter.read(text, now: Fixture.now) {
          for row in Fixture.rows(3, through: 9) { _ = filter.matches(row) }
        }
      } catch {
        #expect(!error.sentence.isEmpty, "\(text)")
      }
    }
  }
}
