import EventPersistence
import NIOCore

@testable import FeedSink

/// The text frames that events become.
enum WrittenFrames {
  static func of(
    _ events: [StateEvent], isHistory: Bool = true, requested: RequestedSnapshot = .none,
    _ choice: OutputChoice = OutputChoice()
  ) -> [String] {
    let batch = EventBatch(events)
    var writer = FrameWriter(requested: requested, choice)
    var buffer = ByteBuffer()
    for entry in batch.entries {
      _ = writer.write(entry, of: batch, isHistory: isHistory, into: &buffer)
    }
    return texts(&buffer)
  }

  static func of(_ stateChanged: String, _ choice: OutputChoice = OutputChoice()) -> [String] {
    of([SampleLog.event(SampleLog.event(7, stateChanged))], choice)
  }

  private static func texts(_ buffer: inout ByteBuffer) -> [String] {
    var texts: [String] = []
    while buffer.readableBytes > 0 {
      precondition(buffer.readInteger(as: UInt8.self) == 0x81)
      let short = Int(buffer.readInteger(as: UInt8.self)!)
      let length =
        switch short {
        case 126: Int(buffer.readInteger(as: UInt16.self)!)
        case 127: Int(buffer.readInteger(as: UInt64.self)!)
        default: short
        }
      texts.append(buffer.readString(length: length)!)
    }
    return texts
  }
}
