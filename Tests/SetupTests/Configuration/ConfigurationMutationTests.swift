import EventPersistenceTesting
import Testing
import Wording

@testable import Setup

@Suite struct ConfigurationMutationTests {
  private static let words = [
    "secondaries:", "nodes:", "- ", "kind: s3", "kind: feed", "kind: command", "name: ", "path: ",
    "&a ", "*a", "<<: *a", "!!int", "|", "? ", "---\n", "~", "true", "0x1F", "1h", "999999999d",
    "8E", "transactions", "retain: {age: 1d, bytes: 1k}", "s3://b?region=", "file:///#", "\u{FEFF}",
  ]

  @Test(
    "any text is a configuration or refused with a sentence", arguments: SeededRandom.seeds([1]))
  func text(seed: UInt64) {
    for bytes in Mutations(
      of: [ConfigurationFileTests.whole], words: Self.words, count: 1500, seed: seed)
    {
      let text = String(decoding: bytes, as: UTF8.self)
      do throws(Refusal) {
        _ = try ConfigurationFile.parse(text, file: "/etc/c.yaml")
      } catch {
        #expect(error.status == .configuration && error.message.hasPrefix("/etc/c.yaml"), "\(text)")
      }
    }
  }

  @Test(
    "any text is a sink's address or refused with a sentence", arguments: SeededRandom.seeds([1]))
  func sinks(seed: UInt64) {
    let samples = [
      "file:///srv/a?compression=zstd&retain-age=90d&retain-bytes=200G#archive",
      "s3://bucket/prefix?region=eu-central-1&endpoint=http://127.0.0.1:9000&layout=per-event#cold",
      "ws://127.0.0.1:4100#scrolls", "command:audit-loader --db /srv/a.db#audit",
    ]
    for bytes in Mutations(of: samples, words: Self.words, count: 1500, seed: seed) {
      let text = String(decoding: bytes, as: UTF8.self)
      do throws(Refusal) { _ = try SinkURI.parse(text) } catch {
        #expect(!error.message.isEmpty, "\(text)")
      }
    }
  }
}
