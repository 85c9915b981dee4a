import Foundation
import Testing

@testable import Terminal

@Suite("ControlSequence") struct ControlSequenceTests {
  private func payload(_ sequence: String) throws -> String {
    #expect(sequence.hasPrefix("\u{1B}]52;c;") && sequence.hasSuffix("\u{07}"))
    let base64 = sequence.dropFirst("\u{1B}]52;c;".count).dropLast()
    return String(decoding: try #require(Data(base64Encoded: String(base64))), as: UTF8.self)
  }

  @Test("a copy contains exactly the given text, and none of it acts as a sequence")
  func copy() throws {
    let text = "{\"a\":\"\u{1B}]0;x\u{07}é\"}"
    let sequence = ControlSequence.copy(text)
    #expect(try payload(sequence) == text)
    #expect(sequence.dropFirst().dropLast().allSatisfy { $0.isASCII && $0 >= " " })
  }

  @Test("a copy is cut at its bound, between two characters")
  func longCopy() throws {
    let text = String(repeating: "é", count: ControlSequence.copyBytesMax)
    let copied = try payload(ControlSequence.copy(text))
    #expect(copied.utf8.count <= ControlSequence.copyBytesMax / 4 * 3)
    #expect(copied.utf8.count >= ControlSequence.copyBytesMax / 4 * 3 - 2)
    #expect(copied.allSatisfy { $0 == "é" })
  }

  @Test("a title has no control characters and is bounded")
  func title() {
    #expect(
      ControlSequence.title("a\u{1B}[2Jb\u{9B}c\u{07}") == "\u{1B}]2;a[2Jbc\u{07}")
    #expect(ControlSequence.title(String(repeating: "x", count: 1000)).count == 256 + 5)
  }
}
