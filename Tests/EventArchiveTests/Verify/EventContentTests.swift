import EventPersistence
import Testing

@testable import EventArchive

@Suite("Whether two lines hold the same event")
struct EventContentTests {
  private func compare(_ own: String, _ held: String, isStrict: Bool = false)
    -> EventContent.Verdict
  {
    Array(own.utf8).withUnsafeBytes { own in
      Array(held.utf8).withUnsafeBytes { EventContent.compare(own, $0, isStrict: isStrict) }
    }
  }

  @Test("the order of members, spaces, escapes and the spelling of numbers do not count")
  func sameValues() {
    #expect(compare(#"{"a":1,"b":[true,null]}"#, #"{ "b" : [true, null], "a" : 1.0e0 }"#) == .same)
    #expect(compare(#"{"a":"é\n/"}"#, #"{"a":"\u00e9\u000a\/"}"#) == .same)
    #expect(compare(#"{"a":"\ud83d\ude00"}"#, #"{"a":"😀"}"#) == .same)
    #expect(compare(#"{"a":-0}"#, #"{"a":0}"#) == .same)
    #expect(compare(#"{"a":1200}"#, #"{"a":12e2}"#) == .same)
    #expect(compare(#"{"a":[1e999,1]}"#, #"{"a":[10e998,0.1e+00000000000000000001]}"#) == .same)
  }

  @Test("numbers are compared to the last digit, however many they have")
  func exactNumbers() {
    #expect(
      compare(#"{"a":{"n":9007199254740993}}"#, #"{"a":{"n":9007199254740992}}"#)
        == .differs("a.n"))
    #expect(compare(#"{"a":0.1}"#, #"{"a":0.1000000000000000000001}"#) == .differs("a"))
  }

  @Test("a difference is reported with its path, a missing member too")
  func paths() {
    #expect(compare(#"{"a":{"b":[1,2]}}"#, #"{"a":{"b":[1,3]}}"#) == .differs("a.b.1"))
    #expect(compare(#"{"a":{"b":1}}"#, #"{"a":{}}"#) == .differs("a.b"))
    #expect(compare(#"{"a":[1]}"#, #"{"a":[1,1]}"#) == .differs("a"))
  }

  @Test("ledger values are the same if their bytes and the other members of both are")
  func ledgerValues() {
    let own = #"{"tx":{"cborHex":"84AB","txId":"01"}}"#
    let held = #"{"tx":{"cborHex":"84ab","description":"","txId":"01","type":"Tx ConwayEra"}}"#
    #expect(compare(own, held) == .same)
    #expect(compare(own, held.replacing("84ab", with: "84ac")) == .differs("tx.cborHex"))
    #expect(compare(own, held.replacing("01", with: "02")) == .differs("tx.txId"))
    #expect(compare(held, held.replacing("84ab", with: "84AB")) == .same)
    #expect(compare(held, held.replacing("Tx C", with: "TX C")) == .differs("tx.type"))
    #expect(compare(held, held.replacing("\"type", with: "\"tYpe")) == .differs("tx.tYpe"))
  }

  @Test("a ledger value as JSON and as CBOR cannot be compared, but everything else is")
  func incomparable() {
    let own = #"{"utxo":{"cborHex":"a0"},"n":1}"#
    #expect(compare(own, #"{"utxo":{"00#0":{"address":"x"}},"n":1}"#) == .incomparable("utxo"))
    #expect(compare(own, #"{"utxo":{"00#0":{"address":"x"}},"n":2}"#) == .differs("n"))
  }

  @Test("a missing time equals any; a different one does not")
  func times() {
    #expect(compare(#"{"eventId":1,"time":"2026"}"#, #"{"eventId":1}"#) == .same)
    #expect(compare(#"{"eventId":1}"#, #"{"eventId":1,"time":"2026"}"#) == .same)
    #expect(compare(#"{"time":"1"}"#, #"{"time":"2"}"#) == .differs("time"))
    #expect(compare(#"{"a":{"time":"1"}}"#, #"{"a":{}}"#) == .differs("a.time"))
  }

  @Test("a strict comparison accepts only equal bytes")
  func strict() {
    #expect(compare(#"{"a":1}"#, #"{"a": 1}"#, isStrict: true) == .differs("bytes"))
    #expect(compare(#"{"a":1}"#, #"{"a":1}"#, isStrict: true) == .same)
  }

  @Test("text that is not JSON is a difference, and so is JSON nested too deeply")
  func noJSON() {
    #expect(compare(#"{"a":1}"#, #"{"a":01}"#) != .same)
    #expect(compare(#"{"a":1}"#, #"{"a":1}}"#) != .same)
    let deep = String(repeating: "[", count: 100_000)
    #expect(compare(#"{"a":1}"#, deep) != .same)
  }
}
