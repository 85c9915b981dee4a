import CardanoLedger
import EventPersistence
import Foundation
import Testing

@testable import HydraLog

// The samples are beside the project, and not in every checkout.
@Suite("Rows of a real node", .enabled(if: Samples.areThere))
struct CBORSampleTests {
  @Test("each decodes whole, to JSON that simdjson and Foundation read")
  func decode() throws {
    for (index, sample) in Samples.cborRows.enumerated() {
      let json = try #require(CBORText.json(sample.row), "\(sample.tag)")
      #expect(!json.contains("undecoded"), "\(sample.tag): \(json.prefix(300))")
      let object = try object(json)
      #expect(object["eventId"] as? Int == index)
      #expect((object["stateChanged"] as? [String: Any])?["tag"] as? String == sample.tag)
      #expect(
        object["time"] as? String
          == "2026-08-21T11:\(28 + (42 + index) / 60):\(two((42 + index) % 60)).123456Z")
      for bytes in [sample.row, Array(json.utf8)] {
        let position = bytes.withUnsafeBytes { RowEvents.position(id: Int64(index), bytes: $0) }
        #expect(position?.tag == sample.tag)
        #expect(position?.time?.description == object["time"] as? String)
      }
      #expect(isSorted(json), "\(sample.tag)")
    }
  }

  @Test("each is encoded to the same bytes again")
  func encode() throws {
    for sample in Samples.cborRows {
      let json = try #require(CBORText.json(sample.row))
      #expect(!json.hasPrefix("{\"cborHex\""), "\(sample.tag)")
      #expect(try CBORText.row(of: json) == sample.row, "\(sample.tag)")
    }
  }

  @Test("its keys and types are those of the previous release's JSON, except newer ones")
  func agreement() throws {
    let earlier = try Samples.lines("2.3.0").map(object)
    var compared = 0
    for sample in Samples.cborRows {
      let json = try object(CBORText.json(sample.row)!)["stateChanged"] as! [String: Any]
      guard let other = earlier.first(where: { $0["tag"] as? String == sample.tag }) else {
        continue
      }
      compare(json, other, at: sample.tag)
      compared += 1
    }
    #expect(compared >= 19)
  }

  @Test("a transaction's id is the node's")
  func transactionIds() throws {
    var count = 0
    for line in Samples.releases.flatMap(Samples.lines) {
      for (hex, id) in transactions(in: try object(line)) {
        let computed = Samples.bytes(hex: hex).withUnsafeBytes {
          TransactionId(of: $0)?.withBytes { Array($0) }
        }
        #expect(computed == Samples.bytes(hex: id))
        count += 1
      }
    }
    #expect(count > 5)
  }

  @Test("cut off at any byte or with any byte changed, a row is some event or none, and valid JSON")
  func damaged() throws {
    let small = Samples.cborRows.filter { $0.row.count < 600 }
    try #require(!small.isEmpty)
    for sample in small {
      for index in sample.row.indices {
        #expect(CBORText.json(Array(sample.row[..<index])).map(isValid) ?? true)
        var changed = sample.row
        changed[index] ^= UInt8(1 << (index % 8))
        #expect(CBORText.json(changed).map(isValid) ?? true)
      }
    }
  }

  // MARK: - JSON

  private func object(_ json: String) throws -> [String: Any] {
    try JSONSerialization.jsonObject(with: Data(json.utf8)) as! [String: Any]
  }

  private func isValid(_ json: String) -> Bool { (try? object(json)) != nil }

  private func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

  /// Whether the keys of each object rise, as aeson writes them.
  private func isSorted(_ json: String) -> Bool {
    let tokens = json.utf8.withContiguousStorageIfAvailable {
      JSONTokens.of(UnsafeRawBufferPointer($0))
    }
    guard let tokens = tokens ?? nil else { return false }
    var keys: [[String]] = []
    for token in tokens {
      switch token.kind {
      case .objectStart: keys.append([])
      case .objectEnd:
        let names = keys.removeLast()
        if names != names.sorted() { return false }
      case .key: keys[keys.count - 1].append(token.text)
      default: break
      }
    }
    return true
  }

  private func transactions(in value: Any) -> [(hex: String, id: String)] {
    if let values = value as? [Any] { return values.flatMap(transactions) }
    guard let object = value as? [String: Any] else { return [] }
    if let hex = object["cborHex"] as? String, let id = object["txId"] as? String {
      return [(hex, id)]
    }
    return object.values.flatMap(transactions)
  }

  private static let newer: Set<String> = ["chainTime", "depositPeriod"]

  private func compare(_ ours: Any, _ theirs: Any, at path: String) {
    if ours is NSNull || theirs is NSNull { return }
    if let ours = ours as? [String: Any], let theirs = theirs as? [String: Any] {
      // A ledger value.
      if Set(ours.keys) == ["cborHex"] { return }
      if let tag = ours["tag"] as? String, let other = theirs["tag"] as? String, tag != other {
        return
      }
      if let one = ours.first, let other = theirs.first, one.key.utf8.count == 64 {
        // By transaction.
        return compare(one.value, other.value, at: path + "{}")
      }
      #expect(Set(theirs.keys).subtracting(ours.keys) == [], "\(path)")
      #expect(Set(ours.keys).subtracting(theirs.keys).subtracting(Self.newer) == [], "\(path)")
      for (key, value) in ours {
        if let other = theirs[key] { compare(value, other, at: "\(path).\(key)") }
      }
    } else if let ours = ours as? [Any], let theirs = theirs as? [Any] {
      if let one = ours.first, let other = theirs.first { compare(one, other, at: "\(path)[]") }
    } else {
      #expect((ours is String) == (theirs is String), "\(path)")
      #expect((ours is NSNumber) == (theirs is NSNumber), "\(path)")
    }
  }
}
