import EventPersistence
import Foundation

@testable import HydraLog

/// Any bytes are an event or none; an event's JSON is JSON, on one line, not many times its row, and
/// becomes the same bytes again.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
  let row = UnsafeRawBufferPointer(start: start, count: count)
  var decoder = NodeDecoder()
  var writer = ByteWriter(capacity: 0)
  let position = decoder.event(row, to: &writer)
  precondition(position == CBORRow(row)?.position)
  guard let position else {
    precondition(writer.count == 0)
    return 0
  }
  let json = Data(bytes: writer.bytes.baseAddress!, count: writer.count)
  guard let object = try? JSONSerialization.jsonObject(with: json) as? [String: Any] else {
    fatalError("not JSON: \(String(decoding: json, as: UTF8.self))")
  }
  precondition((object["eventId"] as? NSNumber)?.uint64Value == position.eventId)
  precondition(!json.contains(0x0A))
  // The shortest value is an empty transaction of one byte: it becomes its four keys.
  precondition(writer.count <= 512 + count * 160)
  var encoder = NodeEncoder()
  var encoded = ByteWriter(capacity: 0)
  do {
    try encoder.event(writer.bytes, to: &encoded)
  } catch {
    fatalError("\(error): \(String(decoding: json, as: UTF8.self))")
  }
  precondition(encoded.bytes.elementsEqual(row))
  return 0
}
