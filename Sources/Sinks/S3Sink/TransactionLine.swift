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
    var walk = JSONWalk(json)
    // A batch comes from the source, which gives only whole objects.
    _ = walk.object { walk, key in
      if walk.text(key, is: "time") {
        time = walk.value()
        return time != nil
      }
      guard walk.text(key, is: "stateChanged"), walk.isAtObject else { return walk.skip() }
      return walk.object { walk, key in
        if walk.text(key, is: "headId") {
          headId = walk.value()
          return headId != nil
        }
        guard walk.text(key, is: "tx"), walk.isAtObject else { return walk.skip() }
        return walk.object { walk, key in
          if walk.text(key, is: "txId") {
            txId = walk.value()
            return txId != nil
          }
          guard walk.text(key, is: "cborHex") else { return walk.skip() }
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
