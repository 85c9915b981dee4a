import EventPersistence
import FeedCheck
import Foundation
import Testing

@Suite("What Oura and Kupo do with a message") struct FeedJudgeTests {
  private static let id = String(repeating: "ab", count: 32)
  /// `[{0: [], 1: []}, {}, true, null]`
  private static let cbor = "84a200800180a0f5f6"

  private static func report(_ messages: [FeedMessage]) -> FeedReport {
    var judge = FeedJudge()
    for message in messages { _ = judge.take(message) }
    return judge.finish(.history)
  }

  private static func report(_ texts: String...) -> FeedReport {
    report(texts.map { FeedMessage(.text, Array($0.utf8)) })
  }

  /// What each does with `text`: `takes`, `passes`, or the verdict and the key.
  private static func handling(_ text: String) -> [String] {
    report(text).clients.map { client in
      let key = (client.firstFailure ?? client.firstDrop)?.key ?? "-"
      if client.taken == 1 { return "takes" }
      return client.passedOver == 1 ? "passes" : "\(client.verdict) \(key)"
    }
  }

  @Test(
    "messages as a feed of this program sends them",
    arguments: [
      (#"{"tag":"NetworkConnected","seq":0}"#, "takes", "passes"),
      (#"{"tag":"HeadIsOpen","seq":1,"headId":"ab","utxo":{}}"#, "takes", "takes"),
      (
        #"{"tag":"TxValid","seq":2,"headId":"ab","transactionId":"\#(id)","transaction":{"cborHex":"\#(cbor)"}}"#,
        "takes", "takes"
      ),
      (
        #"{"tag":"SnapshotConfirmed","seq":3,"headId":"ab","snapshot":{"number":1,"confirmed":[{"cborHex":"\#(cbor)"}]}}"#,
        "takes", "takes"
      ),
      (#"{"tag":"Greetings","headStatus":"Open"}"#, "passes", "passes"),
      (#" { "seq" : 18446744073709551615 , "tag" : "EventLogRotated" } "#, "takes", "passes"),
    ])
  func taken(text: String, oura: String, kupo: String) {
    #expect(Self.handling(text) == [oura, kupo])
  }

  @Test(
    "what Oura needs: seq, tag, a headId that is hexadecimal, a transaction",
    arguments: [
      (#"{"tag":"NetworkConnected"}"#, "drops seq"), (#"{"tag":"A","seq":"1"}"#, "drops seq"),
      (#"{"tag":"A","seq":-1}"#, "drops seq"), (#"{"tag":"A","seq":1.0}"#, "drops seq"),
      (#"{"tag":"A","seq":18446744073709551616}"#, "drops seq"), (#"{"seq":1}"#, "drops tag"),
      (#"{"seq":1,"tag":null}"#, "drops tag"),
      (#"{"seq":1,"tag":"A","headId":null}"#, "drops headId"),
      (#"{"seq":1,"tag":"A","headId":"abc"}"#, "drops headId"),
      (#"{"seq":1,"tag":"A","headId":"xy"}"#, "drops headId"),
      (#"{"seq":1,"tag":"A","headId":7}"#, "drops headId"),
      (#"{"seq":1,"tag":"TxValid","transactionId":"\#(id)"}"#, "drops transaction"),
      (#"{"seq":1,"tag":"TxValid","transaction":{}}"#, "drops transaction.cborHex"),
      (#"{"seq":1,"tag":"TxValid","transaction":{"cborHex":"8"}}"#, "drops transaction.cborHex"),
      (#"{"seq":1,"tag":"TxValid","transaction":null}"#, "drops transaction.cborHex"),
      ("nonsense", "drops -"), ("[]", "drops seq"), ("", "drops -"),
    ])
  func oura(text: String, handling: String) {
    #expect(Self.handling(text)[0] == handling)
  }

  private static func open(_ output: String) -> String {
    #"{"tag":"HeadIsOpen","utxo":{"\#(id)#0":\#(output)}}"#
  }
  private static func confirmed(_ rest: String) -> String {
    #"{"tag":"SnapshotConfirmed","snapshot":{"number":1,\#(rest)}}"#
  }
  private static let address = "addr1vx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzers66hrl8"

  @Test(
    "what Kupo needs: the UTxO of an opening, the id of a transaction, the transactions of a snapshot",
    arguments: [
      (#"{"tag":"HeadIsOpen","seq":1}"#, "fails utxo"),
      (#"{"tag":"HeadIsOpen","utxo":null}"#, "fails utxo"),
      (#"{"tag":"HeadIsOpen","utxo":{"ab#0":{}}}"#, "fails utxo"),
      (open("{}"), "fails utxo.\(id)#0.address"),
      (open(#"{"address":"\#(address)"}"#), "fails utxo.\(id)#0.value"),
      (open(#"{"address":"\#(address.dropLast())","value":{}}"#), "fails utxo.\(id)#0.address"),
      (open(#"{"address":"\#(address)","value":{"lovelace":1},"datum":null}"#), "takes"),
      (
        open(#"{"address":"\#(address)","value":{},"datum":{"int":1}}"#),
        "fails utxo.\(id)#0.datum"
      ),
      (#"{"tag":"TxValid","transaction":{}}"#, "fails transactionId"),
      (#"{"tag":"TxValid","transactionId":"ab"}"#, "fails transactionId"),
      (#"{"tag":"TxValid","transactionId":"\#(id)"}"#, "takes"),
      (#"{"tag":"SnapshotConfirmed"}"#, "fails snapshot"),
      (#"{"tag":"SnapshotConfirmed","snapshot":{}}"#, "fails snapshot.number"),
      (confirmed(#""utxo":{}"#), "fails snapshot.confirmed"),
      (confirmed(#""confirmed":[]"#), "takes"),
      (
        confirmed(#""confirmed":[{"cborHex":"\#(cbor)"},{"txId":"ab"}]"#),
        "fails snapshot.confirmed[1].cborHex"
      ),
      (confirmed(#""confirmed":[{"cborHex":"00"}]"#), "fails snapshot.confirmed[0].cborHex"),
      (confirmed(#""confirmed":["ab"]"#), "fails snapshot.confirmed[0].cborHex"),
      (#"{"tag":7}"#, "fails tag"), (#"{"tag":null}"#, "passes"), ("{}", "passes"),
      ("nonsense", "fails -"), ("[]", "fails -"),
    ])
  func kupo(text: String, handling: String) {
    #expect(Self.handling(text)[1] == handling)
  }

  @Test("the first offence is kept, with its place and how the message begins")
  func first() throws {
    let report = Self.report(
      #"{"tag":"NetworkConnected","seq":0}"#, #"{"tag":"HeadIsOpen","seq":9,"headId":null}"#,
      #"{"tag":"HeadIsOpen","seq":10}"#)
    let (oura, kupo) = (report.clients[0], report.clients[1])
    #expect(oura.client == "Oura" && oura.verdict == .drops && oura.dropped == 1 && oura.taken == 2)
    #expect(oura.firstDrop?.seq == 9 && oura.firstDrop?.key == "headId")
    #expect(kupo.client == "Kupo" && kupo.verdict == .fails && kupo.failed == 2)
    #expect(kupo.firstFailure?.seq == 9 && kupo.firstFailure?.tag == "HeadIsOpen")
    #expect(kupo.firstFailure?.message == #"{"tag":"HeadIsOpen","seq":9,"headId":null}"#)
    #expect(report.verdict == .fails && report.firstSeq == 0 && report.lastSeq == 10)
    let long = Self.report(#"{"seq":1,"x":"\#(String(repeating: "y", count: 5000))"}"#)
    #expect(long.clients[0].firstDrop?.message.utf8.count == 160)
  }

  @Test("a stream that begins with a rotation, or goes back, lacks events for both")
  func order() {
    let rotated = Self.report(
      #"{"tag":"EventLogRotated","seq":99}"#, #"{"tag":"NetworkConnected","seq":100}"#)
    #expect(rotated.clients.map(\.verdict) == [.drops, .drops] && rotated.notes.count == 1)
    let later = Self.report(
      #"{"tag":"NetworkConnected","seq":98}"#, #"{"tag":"EventLogRotated","seq":98}"#,
      #"{"tag":"NetworkConnected","seq":98}"#)
    #expect(later.clients.map(\.verdict) == [.takes, .takes] && later.notes.isEmpty)
    let back = Self.report(
      #"{"tag":"NetworkConnected","seq":7}"#, #"{"tag":"NetworkConnected","seq":6}"#)
    #expect(back.verdict == .drops && back.notes.count == 1)
  }

  @Test("a binary message, one that is not UTF-8, and the sizes that a client's library takes")
  func forms() {
    #expect(
      Self.report([FeedMessage(.binary, [0xA0])]).clients.map(\.verdict) == [.drops, .fails])
    #expect(
      Self.report([
        FeedMessage(.text, Array(#"{"tag":"A","seq":1,"x":""#.utf8) + [0xFF, 0x22, 0x7D])
      ])
      .clients.map(\.verdict) == [.fails, .fails])
    let bytes = Array(#"{"tag":"A","seq":1}"#.utf8)
    func sized(_ count: Int, frame: Int) -> FeedReport {
      let padded = bytes + [UInt8](repeating: 0x20, count: count - bytes.count)
      return Self.report([
        FeedMessage(kind: .text, bytes: padded, byteCount: count, frameBytes: frame)
      ])
    }
    let fragmented = sized(17 << 20, frame: 1 << 20)
    #expect(fragmented.verdict == .takes && fragmented.notes.count == 1)
    #expect(sized((1 << 20) + 1, frame: 1 << 20).notes.first?.contains("websockets") == true)
    #expect(sized(1 << 20, frame: 1 << 20).notes.isEmpty)
    let large = sized(17 << 20, frame: 17 << 20)
    #expect(large.clients.map(\.verdict) == [.fails, .takes])
    let huge = Self.report([
      FeedMessage(kind: .text, bytes: bytes, byteCount: 65 << 20, frameBytes: 1 << 20)
    ])
    #expect(huge.clients.map(\.verdict) == [.fails, .fails])
  }

  @Test("only Greetings ends the history")
  func end() {
    var judge = FeedJudge()
    let ends = [#"{"tag":"NetworkConnected","seq":0}"#, #"{"tag":"Greetings"}"#].map {
      judge.take(FeedMessage(.text, Array($0.utf8)))
    }
    #expect(ends == [false, true])
  }
}
