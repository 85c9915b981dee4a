import Testing

@testable import JetStreamSink

@Suite("The subject of an event's message")
struct SubjectTemplateTests {
  @Test("words stand for the event's own, and what a word cannot have becomes a dash")
  func subject() throws {
    let template = try #require(SubjectTemplate("chain.{node}.{generation}.{head}.{tag}"))
    #expect(
      template.subject(node: "alice.example", generation: 2, head: "0a1b", tag: "Tick*Observed")
        == "chain.alice-example.2.0a1b.Tick-Observed")
    #expect(template.subject(node: "a", generation: 1, head: nil, tag: nil) == "chain.a.1.-.-")
    #expect(template.wildcard(node: "alice.example") == "chain.alice-example.*.*.*")
  }

  @Test(
    "what is no subject is refused",
    arguments: ["", ".", "a..b", "a.*", "a.>", "a b", "{nod}", "x{tag}", "ä"])
  func refused(text: String) { #expect(SubjectTemplate(text) == nil) }

  @Test(
    "whether a stream takes all subjects",
    arguments: [
      ("hydra.>", "hydra.a.*", true), ("hydra.*.*", "hydra.a.*", true),
      ("hydra.a.*", "hydra.a.*", true), (">", "hydra.a.*", true),
      ("hydra.b.*", "hydra.a.*", false), ("hydra.a", "hydra.a.*", false),
      ("hydra.a.X", "hydra.a.*", false), ("hydra.a.*.>", "hydra.a.*", false),
    ])
  func covers(outer: String, inner: String, isCovered: Bool) {
    #expect(SubjectTemplate.covers(outer, inner) == isCovered)
  }
}
