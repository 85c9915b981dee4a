import CNCurses
import Dashboard
import Testing

@testable import Terminal

@Suite("KeyDecoder") struct KeyDecoderTests {
  /// The messages from codes that arrive together.
  private func inputs(_ codes: [KeyDecoder.Code]) -> [Message] {
    var decoder = KeyDecoder()
    return codes.flatMap { decoder.feed($0) } + decoder.flush()
  }

  private func characters(_ text: String) -> [KeyDecoder.Code] {
    text.unicodeScalars.map { .character($0.value) }
  }

  @Test("letters keep their case, and Ctrl comes with the lower-case letter")
  func letters() {
    #expect(
      inputs(characters("rR\u{4}é")) == [
        .key(.character("r")), .key(.character("R")), .key(.control("d")), .key(.character("é")),
      ])
  }

  @Test(
    "the keys with names are recognized",
    arguments: [
      (KEY_UP, Key.up), (KEY_DOWN, .down), (KEY_PPAGE, .pageUp), (KEY_NPAGE, .pageDown),
      (KEY_HOME, .home), (KEY_END, .end), (KEY_BTAB, .backTab), (KEY_DC, .delete),
      (KEY_BACKSPACE, .backspace), (KEY_ENTER, .enter), (KEY_LEFT, .left), (KEY_RIGHT, .right),
    ])
  func named(code: Int32, key: Key) {
    #expect(inputs([.function(UInt32(code))]) == [.key(key)])
  }

  @Test("both ways to send Enter and Backspace are one key")
  func sharedIds() {
    #expect(
      inputs(characters("\r\n\u{8}\u{7F}\t")) == [
        .key(.enter), .key(.enter), .key(.backspace), .key(.backspace), .key(.tab),
      ])
  }

  @Test("a lone escape is a key")
  func escape() { #expect(inputs(characters("\u{1B}")) == [.key(.escape)]) }

  @Test("two escapes are two keys")
  func twoEscapes() {
    #expect(inputs(characters("\u{1B}\u{1B}")) == [.key(.escape), .key(.escape)])
  }

  @Test("an escape and a letter both arrive")
  func escapeAndLetter() {
    #expect(inputs(characters("\u{1B}q")) == [.key(.escape), .key(.character("q"))])
  }

  @Test(
    "no letter of a sequence that the terminal's description lacks is taken for a key",
    arguments: ["\u{1B}[1;5A", "\u{1B}[24;2~", "\u{1B}OR", "\u{1B}[<0;10;20M", "\u{1B}[I"])
  func unknownSequence(sequence: String) {
    #expect(inputs(characters(sequence + "j")) == [.key(.character("j"))])
  }

  @Test("a function key without a name in the dashboard is dropped")
  func unknownFunctionKey() { #expect(inputs([.function(UInt32(KEY_F0) + 5)]) == []) }

  @Test("a paste is text, whatever keys its characters are")
  func paste() {
    let codes =
      [.function(UInt32(CNC_KEY_PASTE_BEGIN))] + characters("R y\rq\u{1B}[A\u{3}")
      + [.function(UInt32(KEY_UP)), .function(UInt32(CNC_KEY_PASTE_END))] + characters("k")
    #expect(inputs(codes) == [.pasted("R y\nq\u{1B}[A\u{3}"), .key(.character("k"))])
  }

  @Test("an empty paste is nothing")
  func emptyPaste() {
    #expect(
      inputs([
        .function(UInt32(CNC_KEY_PASTE_BEGIN)), .function(UInt32(CNC_KEY_PASTE_END)),
      ]) == [])
  }

  @Test("a paste stays within its bound, and its end is still seen")
  func longPaste() {
    var decoder = KeyDecoder()
    _ = decoder.feed(.function(UInt32(CNC_KEY_PASTE_BEGIN)))
    for _ in 0..<KeyDecoder.pasteBytesMax { _ = decoder.feed(.character(0xE9)) }
    let told = decoder.feed(.function(UInt32(CNC_KEY_PASTE_END)))
    #expect(told == [.pasted(String(repeating: "é", count: KeyDecoder.pasteBytesMax / 2))])
    #expect(!decoder.isWaiting)
  }

  @Test("an unfinished paste ends when it is abandoned, and keys are keys again")
  func abandonedPaste() {
    var decoder = KeyDecoder()
    _ = decoder.feed(.function(UInt32(CNC_KEY_PASTE_BEGIN)))
    for code in characters("abc") { _ = decoder.feed(code) }
    #expect(decoder.flush() == [])
    #expect(decoder.isWaiting)
    #expect(decoder.abandon() == [.pasted("abc")])
    #expect(decoder.feed(.character(0x71)) == [.key(.character("q"))])
  }

  @Test("an unfinished sequence does not swallow keys forever")
  func abandonedSequence() {
    var decoder = KeyDecoder()
    for code in characters("\u{1B}[1") { _ = decoder.feed(code) }
    #expect(decoder.flush() == [])
    #expect(decoder.abandon() == [])
    #expect(decoder.feed(.character(0x71)) == [.key(.character("q"))])
  }
}
