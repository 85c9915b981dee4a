import EventPersistence

/// `{"eventId","time","headId","txId","cborHex"}` of an event that reports an applied transaction.
///
/// The values are the event's own, byte for byte; a missing one is `null`.
package enum TransactionLine {
  /// The line of an event, without its line feed; nil if the event reports none.
  package static func line(of json: UnsafeRawBufferPointer) -> [UInt8]? {
    guard let position = Position(json: json), Selection.transactions.selects(position) else {
      return nil
    }
    var line: [UInt8] = []
    append(json, of: position, to: &line)
    line.removeLast()
    return line
  }

  static func append(
    _ json: UnsafeRawBufferPointer, of position: Position, to lines: inout [UInt8]
  ) {
    var time: Range<Int>?
    var headId: Range<Int>?
    var txId: Range<Int>?
    var cborHex: Range<Int>?
    var hasChange = false
    var hasTx = false
    var walk = JSONWalk(json)
    // A batch comes from the source, which gives only whole objects. Of several members with one
    // key the first counts, as for the event's position.
    _ = walk.object { walk, key in
      if time == nil, walk.text(key, is: "time") {
        time = walk.value()
        return time != nil
      }
      guard !hasChange, walk.text(key, is: "stateChanged") else { return walk.skip() }
      hasChange = true
      guard walk.isAtObject else { return walk.skip() }
      return walk.object { walk, key in
        if headId == nil, walk.text(key, is: "headId") {
          headId = walk.value()
          return headId != nil
        }
        guard !hasTx, walk.text(key, is: "tx") else { return walk.skip() }
        hasTx = true
        guard walk.isAtObject else { return walk.skip() }
        return walk.object { walk, key in
          if txId == nil, walk.text(key, is: "txId") {
            txId = walk.value()
            return txId != nil
          }
          guard cborHex == nil, walk.text(key, is: "cborHex") else { return walk.skip() }
          cborHex = walk.value()
          return cborHex != nil
        }
      }
    }
    func append(_ text: StaticString) {
      lines.append(
        contentsOf: UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
    func append(_ range: Range<Int>?) {
      guard let range else { return append("null") }
      lines.append(contentsOf: json[range])
    }
    append("{\"eventId\":")
    lines.append(contentsOf: String(position.eventId).utf8)
    append(",\"time\":")
    append(time)
    append(",\"headId\":")
    append(headId)
    append(",\"txId\":")
    append(txId)
    append(",\"cborHex\":")
    append(cborHex)
    append("}\n")
  }
}
