import Testing

@testable import CommandSink

@Suite("A buffer of lines")
struct LineBufferTests {
  @Test("lines come out whole however their bytes come in", arguments: 1...7)
  func pieces(size: Int) {
    let text = Array("a\n\nlonger line\nb\nrest".utf8)
    var buffer = LineBuffer()
    var lines: [String] = []
    for start in stride(from: 0, to: text.count, by: size) {
      text[start..<min(start + size, text.count)].withUnsafeBytes { buffer.append($0) }
      while let line = buffer.next() { lines.append(String(decoding: line, as: UTF8.self)) }
    }
    #expect(lines == ["a", "", "longer line", "b"])
    #expect(String(decoding: buffer.rest, as: UTF8.self) == "rest")
    #expect(buffer.pendingCount == 4)
  }
}
