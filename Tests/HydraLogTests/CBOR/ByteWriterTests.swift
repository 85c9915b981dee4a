import Foundation
import Testing

@testable import HydraLog

@Suite("JSON that is written")
struct ByteWriterTests {
  private func written(_ body: (inout ByteWriter) -> Void) -> String {
    var writer = ByteWriter(capacity: 0)
    body(&writer)
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  @Test("every character of a string comes back unchanged")
  func strings() throws {
    var text = String(String.UnicodeScalarView((0..<0x300).map { Unicode.Scalar($0)! }))
    text += "\u{2028}\u{FFFD}\u{1F30A}\u{10FFFF}\"\\/"
    let json = written { $0.string(text) }
    #expect(!json.utf8.contains { $0 < 0x20 })
    let back = try JSONSerialization.jsonObject(
      with: Data(json.utf8), options: .fragmentsAllowed)
    #expect(back as? String == text)
    #expect(
      written { $0.string("a\"b\\c\nd\re\tf\u{1}g\u{1F}") } == #""a\"b\\c\nd\re\tf\u0001g\u001f""#)
  }

  @Test("numbers of any size")
  func numbers() {
    #expect(written { $0.number(0) } == "0")
    #expect(written { $0.number(.max) } == "18446744073709551615")
    #expect(written { $0.negative(0) } == "-1")
    #expect(written { $0.negative(.max - 1) } == "-18446744073709551615")
    #expect(written { $0.negative(.max) } == "-18446744073709551616")
    for (picoseconds, text) in [
      (0, "0"), (1, "0.000000000001"), (4_500_000_000_000, "4.5"),
      (26_011_000_000_000_000, "26011"), (1_000_000_000_010, "1.00000000001"),
    ] as [(UInt64, String)] {
      #expect(written { $0.seconds(picoseconds: picoseconds) } == text)
    }
  }

  @Test("hexadecimal digits of every byte, over the growth of its memory")
  func hex() {
    let bytes = (0...255).map { UInt8($0) }
    let json = bytes.withUnsafeBytes { bytes in written { $0.hexString(bytes) } }
    #expect(
      json == "\"" + bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() + "\"")
  }
}
