/// An event of a log in JSON, after a node re-encoded its log as CBOR.
package enum UpgradedEvent {
  /// The JSON that the log then gives; nil if CBOR has no place for something in `json`.
  package static func json(of json: UnsafeRawBufferPointer) -> [UInt8]? {
    var encoder = NodeEncoder()
    var row = ByteWriter(capacity: json.count)
    guard (try? encoder.event(json, to: &row)) != nil else { return nil }
    var decoder = NodeDecoder()
    var upgraded = ByteWriter(capacity: json.count)
    return decoder.event(row.bytes, to: &upgraded) == nil ? nil : Array(upgraded.bytes)
  }
}
