import Foundation
import Testing

@testable import HydraLog

@Suite("the tokens of a JSON text")
struct JSONTokensTests {
  private func tokens(_ text: String) -> [JSONToken]? {
    Array(text.utf8).withUnsafeBytes { JSONTokens.of($0) }
  }

  @Test("come in order, with their depths")
  func order() {
    #expect(
      tokens(#"{ "a" : [1, "x", {}], "b": null }"#) == [
        JSONToken(kind: .objectStart, depth: 0, text: ""),
        JSONToken(kind: .key, depth: 1, text: "a"),
        JSONToken(kind: .arrayStart, depth: 1, text: ""),
        JSONToken(kind: .number, depth: 2, text: "1"),
        JSONToken(kind: .string, depth: 2, text: "x"),
        JSONToken(kind: .objectStart, depth: 2, text: ""),
        JSONToken(kind: .objectEnd, depth: 2, text: ""),
        JSONToken(kind: .arrayEnd, depth: 1, text: ""),
        JSONToken(kind: .key, depth: 1, text: "b"),
        JSONToken(kind: .null, depth: 1, text: "null"),
        JSONToken(kind: .objectEnd, depth: 0, text: ""),
      ])
  }

  @Test("are unescaped, but numbers stay as they are")
  func texts() {
    #expect(tokens(#""a\n\"\\\u00e9\ud83d\ude00\/""#)?.first?.text == "a\n\"\\é😀/")
    #expect(
      tokens("-123456789012345678901234567890.50e+400")?.first?.text
        == "-123456789012345678901234567890.50e+400")
  }

  @Test(
    "are nil if the text is not valid JSON",
    arguments: [
      "", "{", "{\"a\":}", "[1,]", "01", "1 2", "\"\\ud800\"x", "{\"a\":1}}", "nul", "1e", "-",
      "99999999999999999999999999999999x", "[99999999999999999999999999999999 1]",
    ])
  func broken(text: String) {
    #expect(tokens(text) == nil)
  }

  @Test("stop at a limit")
  func limit() {
    let text = Array("[1,2,3,4]".utf8)
    #expect(text.withUnsafeBytes { JSONTokens.of($0, limit: 3) }?.count == 3)
  }
}
