import NIOCore
import Testing

@testable import FeedSink

@Suite("Frames") struct FramesTests {
  @Test(
    "a frame has the shortest form of its length",
    arguments: [
      (0, [0x81, 0]), (125, [0x81, 125]), (126, [0x81, 126, 0, 126]),
      (65_535, [0x81, 126, 0xFF, 0xFF]), (65_536, [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
    ])
  func length(_ length: Int, _ expected: [UInt8]) {
    var buffer = ByteBuffer()
    buffer.writeFrameHeader(.text, length: length)
    #expect(Array(buffer.readableBytesView) == expected)
  }

  @Test("a close has its code and at most 123 bytes of its reason")
  func close() {
    var buffer = ByteBuffer()
    buffer.writeClose(1012, String(repeating: "x", count: 500))
    let bytes = Array(buffer.readableBytesView)
    #expect(bytes.count == 127)
    #expect(bytes.prefix(4) == [0x88, 125, 0x03, 0xF4])
  }
}
