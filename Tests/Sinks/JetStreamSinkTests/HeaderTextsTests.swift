import Testing

@testable import JetStreamSink

@Suite("The headers of a message, as C takes them")
struct HeaderTextsTests {
  private func texts(_ headers: HeaderTexts) -> [String] {
    headers.withPointers { pointers in
      var texts: [String] = []
      while let text = pointers[texts.count] { texts.append(String(cString: text)) }
      return texts
    }
  }

  @Test("names and values stand in order, numbers in decimal")
  func order() {
    var headers = HeaderTexts()
    #expect(texts(headers) == [])
    headers.append("A", "wörd")
    headers.append("B", 0)
    headers.append("C", .max)
    headers.append("D", "n/1/", 120, "/", 3)
    headers.append("E", "")
    #expect(
      texts(headers) == [
        "A", "wörd", "B", "0", "C", "18446744073709551615", "D", "n/1/120/3", "E", "",
      ])
  }

  @Test("what is shared stays, and what follows is written anew")
  func shared() {
    var headers = HeaderTexts()
    headers.append("A", "1")
    let shared = headers.count
    headers.append("B", "a long value of one message")
    headers.keep(first: shared)
    #expect(texts(headers) == ["A", "1"])
    headers.append("C", 2)
    #expect(texts(headers) == ["A", "1", "C", "2"])
    headers.keep(first: 9)
    #expect(headers.count == 4)
  }
}
