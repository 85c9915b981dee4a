import EventPersistence
import Testing
import Wording

@testable import Setup

@Suite("the kind jetstream in the configuration")
struct ConfiguredJetStreamTests {
  private func read(_ keys: String) throws -> ConfiguredSecondary {
    try ConfigurationFile.parse(
      "persistence-dir: /var/lib/hydra\nsecondaries:\n  - {name: bus, kind: jetstream, \(keys)}\n",
      file: "/etc/hs/c.yaml"
    ).secondaries[0]
  }

  @Test("all keys")
  func keys() throws {
    let secondary = try read(
      "servers: ['nats://a:4222', 'tls://[::1]:4222'], stream: S-1, subject: 'x.{node}.{tag}', "
        + "node: alice, user: u, password-file: pw, tls: {ca: ca.pem}, oversize: skip-body, "
        + "timeout: 3s, create: {replicas: 3, max-age: 7d, max-bytes: 1G, storage: memory}, "
        + "max-bytes: 1M")
    guard case .jetstream(let own) = secondary.kind else {
      Issue.record("another kind")
      return
    }
    #expect(own.servers == ["nats://a:4222", "tls://[::1]:4222"] && own.stream == "S-1")
    #expect(own.subject == "x.{node}.{tag}" && own.node == "alice" && own.skipsBodies)
    #expect(own.user == "u" && own.passwordFile == "/etc/hs/pw")
    #expect(own.tls?.authority == "/etc/hs/ca.pem" && own.timeout == .seconds(3))
    let create = try #require(own.create)
    #expect(create.replicas == 3 && create.maxAge == .seconds(7 * 86_400))
    #expect(create.maxBytes == 1 << 30 && create.isInMemory && secondary.maxBytes == 1 << 20)
  }

  @Test(
    "what is wrong is refused with what was expected, and without a password",
    arguments: [
      ("stream: S", "\"servers\" is missing"), ("servers: ['nats://a:1']", "\"stream\" is missing"),
      ("servers: ['nats://u:secret@a:1'], stream: S", "without a user"),
      ("servers: ['http://a:1'], stream: S", "nats://HOST:PORT"),
      ("servers: ['nats://a:1'], stream: S.T", "a stream's name"),
      ("servers: ['nats://a:1'], stream: S, subject: 'a..b'", "words with a point"),
      ("servers: ['nats://a:1'], stream: S, user: u", "together"),
      ("servers: ['nats://a:1'], stream: S, tls: {key: k}", "together"),
      ("servers: ['nats://a:1'], stream: S, create: {replicas: 6}", "from 1 to 5"),
      ("servers: ['nats://a:1'], stream: S, oversize: cut", "refuse or skip-body"),
    ])
  func mistakes(keys: String, words: String) {
    let refusal = #expect(throws: Refusal.self) { try read(keys) }
    #expect(refusal?.message.contains(words) == true, "\(refusal?.message ?? "")")
    #expect(refusal?.message.contains("secret") == false)
  }

  @Test("a URI names a server and a stream, which is made if there is none")
  func uri() throws {
    let secondary = try SinkURI.parse("nats://127.0.0.1:4222/EVENTS#bus")
    var own = ConfiguredJetStream(servers: ["nats://127.0.0.1:4222"], stream: "EVENTS")
    own.create = ConfiguredJetStream.Creation()
    #expect(secondary.name == "bus" && secondary.kind == .jetstream(own))
    for text in ["nats://a:1", "nats:a/S", "nats://u:secret@a:1/S", "nats://a:1/S.T"] {
      let refusal = #expect(throws: Refusal.self) { try SinkURI.parse(text) }
      #expect(refusal?.message.contains("secret") == false, "\(refusal?.message ?? "")")
    }
  }
}
