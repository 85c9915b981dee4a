import EventPersistence
import NIOCore

@testable import FeedSink

/// The text frames that events become.
enum WrittenFrames {
  static func of(
    _ events: [StateEvent], isHistory: Bool = true, requested: RequestedSnapshot = .none
  ) -> [String] {
    let batch = EventBatch(events)
    var writer = FrameWriter(requested: requested)
    var buffer = ByteBuffer()
    for entry in batch.entries {
      _ = writer.write(entry, of: batch, isHistory: isHistory, into: &buffer)
    }
    return texts(&buffer)
  }

  static func of(_ stateChanged: String) -> [String] {
    of([SampleLog.event(SampleLog.event(7, stateChanged))])
  }

  private static func texts(_ buffer: inout ByteBuffer) -> [String] {
    var texts: [String] = []
    while buffer.readableBytes > 0 {
      precondition(buffer.readInteger(as: UInt8.self) == 0x81)
      var length = Int(buffer.readInteger(as: UInt8.self)!)
      if length == 126 { length = Int(buffer.readInteger(as: UInt16.self)!) }
      if length == 127 { length = Int(buffer.readInteger(as: UInt64.self)!) }
      texts.append(buffer.readString(length: length)!)
    }
    return texts
  }
}
