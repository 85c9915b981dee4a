import Testing
import Wording

@Suite("signs")
struct SignsTests {
  @Test(
    "the variable that decides says whether the locale is UTF-8",
    arguments: [
      (["LANG": "en_US.UTF-8"], true), (["LANG": "C.utf8", "LC_ALL": ""], true),
      (["LANG": "en_US.UTF-8", "LC_ALL": "C"], false), ([:], false),
      (["LC_CTYPE": "de_DE.ISO-8859-1", "LANG": "en_US.UTF-8"], false),
    ] as [([String: String], Bool)])
  func locale(environment: [String: String], isUTF8: Bool) {
    #expect(Signs.areUTF8(in: environment) == isUTF8)
  }

  @Test("in ASCII a sign stays one character, and foreign text is written by its number")
  func ascii() {
    #expect(Signs.ascii("✖ lost · 1 284…") == "x lost - 1 284~")
    // In a terminal of one byte a character, its second byte would begin a control sequence.
    #expect(Signs.ascii("Ż") == "\\u{17b}")
  }
}
