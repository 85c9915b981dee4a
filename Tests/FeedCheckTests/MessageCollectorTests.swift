import FeedCheck
import Testing

@Suite struct MessageCollectorTests {
  @Test("a message is put together from its frames, and known by its largest")
  func fragments() throws {
    var collector = MessageCollector()
    #expect(try collector.take(.text, [1, 2], isLast: false) == nil)
    #expect(try collector.take(nil, [3, 4, 5], isLast: false) == nil)
    let message = try #require(try collector.take(nil, [], isLast: true))
    #expect(message.bytes == [1, 2, 3, 4, 5] && message.isWhole)
    #expect(message.byteCount == 5 && message.frameBytes == 3)
    let next = try #require(try collector.take(.binary, [9], isLast: true))
    #expect(next.bytes == [9] && next.frameBytes == 1)
  }

  @Test("of a message beyond the bound only the size is known, whatever it claims")
  func bound() throws {
    var collector = MessageCollector(bytesMax: 4)
    #expect(try collector.take(.text, [1, 2, 3], isLast: false) == nil)
    for _ in 0..<1000 { #expect(try collector.take(nil, [4, 5, 6], isLast: false) == nil) }
    let message = try #require(try collector.take(nil, [7], isLast: true))
    #expect(message.bytes == [1, 2, 3, 4] && !message.isWhole)
    #expect(message.byteCount == 3004 && message.frameBytes == 3)
  }

  @Test("a continuation of nothing, and a message within one, are faults")
  func faults() throws {
    var collector = MessageCollector()
    #expect(throws: MessageCollector.Fault.continuation) {
      try collector.take(nil, [1], isLast: true)
    }
    _ = try collector.take(.text, [1], isLast: false)
    #expect(throws: MessageCollector.Fault.interrupted) {
      try collector.take(.text, [1], isLast: true)
    }
  }
}
