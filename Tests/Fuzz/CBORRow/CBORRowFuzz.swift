import EventPersistence
import Foundation

@testable import HydraLog

/// Any bytes are an event or none; an event's JSON is JSON, on one line, and not many times its row.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
  let row = UnsafeRawBufferPointer(start: start, count: count)
  guard let event = CBORRow(row) else { return 0 }
  var writer = JSONWriter(capacity: 0)
  event.write(to: &writer)
  let json = Data(bytes: writer.bytes.baseAddress!, count: writer.count)
  guard let object = try? JSONSerialization.jsonObject(with: json) as? [String: Any] else {
    fatalError("not JSON: \(String(decoding: json, as: UTF8.self))")
  }
  precondition((object["eventId"] as? NSNumber)?.uint64Value == event.position.eventId)
  precondition(!json.contains(0x0A))
  // The shortest value is an empty transaction of one byte: it becomes its four keys.
  precondition(writer.count <= 512 + count * 160)
  return 0
}
