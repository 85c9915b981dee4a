import CardanoLedger
import EventPersistence
import Testing

@testable import FeedSink

@Suite("What a consumer asks for") struct StreamRequestTests {
  private static let address = "addr1vx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzers66hrl8"

  @Test("history, a beginning and a name are read; unknown parameters are ignored")
  func parts() throws {
    let request = try StreamRequest(
      uri: "/?history=yes&from=4611686018427387904&name=my%20scrolls+2&colour=blue")
    #expect(request.wantsHistory && request.asksForPast)
    #expect(request.from == 1 << 62)
    #expect(request.name == "my scrolls 2")
    let plain = try StreamRequest(uri: "/")
    #expect(!plain.wantsHistory && plain.from == nil && plain.name == nil)
    #expect(try !StreamRequest(uri: "/?history=no").wantsHistory)
    #expect(try StreamRequest(uri: "?history=yes").wantsHistory)
  }

  @Test("a node's parameters mean what they mean to it, and another value is its default")
  func nodeParameters() throws {
    func choice(_ query: String) throws -> OutputChoice {
      try StreamRequest(uri: "/?\(query)").choice
    }
    #expect(try choice("snapshot-utxo=no").omitsUTxO)
    #expect(try choice("snapshot-utxo=yes&snapshot-utxo=no").omitsUTxO)
    for query in ["snapshot-utxo=yes", "snapshot-utxo=No", "snapshot-utxo", "snapshot-utxo=", "x"] {
      #expect(try !choice(query).omitsUTxO)
    }
    #expect(try StreamRequest(uri: "/?history=no&history=yes&history=maybe").wantsHistory)
    #expect(try !StreamRequest(uri: "/?history=maybe").wantsHistory)
    #expect(
      try StreamRequest(uri: "/?encoding=json&encoding=CBOR&encoding").choice == OutputChoice())
    // The first address that is not empty counts.
    let address = try PaymentAddress(Self.address)
    for query in [
      "address=\(Self.address)", "address&address=&address=\(Self.address)&address=nonsense",
      "address=addr1%76x2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzers66hrl8",
    ] {
      #expect(try choice(query).address == address)
    }
    #expect(try choice("address=&address").address == nil)
  }

  @Test("a time to begin at is one of an event, or a day")
  func since() throws {
    let time = try #require(EventTime("2026-07-15T10:00:00.5Z"))
    #expect(try StreamRequest(uri: "/?since=2026-07-15T10:00:00.5Z").since == time)
    #expect(try StreamRequest(uri: "/?since=2026-07-15T10%3A00%3A00.5Z").since == time)
    let day = try StreamRequest(uri: "/?since=2026-07-15")
    #expect(day.since == EventTime("2026-07-15T00:00:00Z"))
    #expect(day.asksForPast && !day.wantsHistory)
  }

  @Test("one that only observes says so")
  func observer() throws {
    #expect(try StreamRequest(uri: "/?observe=yes").isObserver)
    #expect(try !StreamRequest(uri: "/?observe=no").isObserver)
  }

  @Test(
    "an invalid request is refused with what was expected",
    arguments: [
      "/head", "/?from=", "/?from=-1", "/?from=4611686018427387905", "/?name=%zz", "/?name=a%0ab",
      "/?name=\(String(repeating: "x", count: 65))", "/?name=%ff", "/?encoding=cbor",
      "/?history=yes&encoding=json&encoding=cbor", "/?since=", "/?since=nonsense",
      "/?since=2026-02-30", "/?since=2026-07-15T10:00:00", "/?from=1&since=2026-07-15",
      "/?address=nonsense", "/?address=stake1uyehkck0lajq8gr28t9uxnuvgcqrc6070x3k9r8048z8y5gh6ffgw",
    ])
  func refused(_ uri: String) {
    #expect(throws: StreamRequest.Mistake.self) { try StreamRequest(uri: uri) }
  }
}
