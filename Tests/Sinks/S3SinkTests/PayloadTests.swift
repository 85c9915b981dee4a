import EventPersistence
import Testing

@testable import S3Sink

@Suite("What a request sends")
struct PayloadTests {
  private let buffer = EventBuffer(Array("0123456789".utf8))

  private func text(_ payload: Payload) -> String {
    payload.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
  }

  private func isInPlace(_ payload: Payload) -> Bool {
    let place = buffer.bytes.baseAddress!..<buffer.bytes.baseAddress! + buffer.capacity
    return payload.withUnsafeBytes { place.contains($0.baseAddress!) }
  }

  @Test("it is in place if it is half of its buffer, and a copy if it is less")
  func place() {
    let large = Payload(buffer, at: 2..<7)
    #expect(text(large) == "23456" && large.count == 5 && isInPlace(large))
    let small = Payload(buffer, at: 2..<6)
    #expect(text(small) == "2345" && small.count == 4 && !isInPlace(small))
  }

  @Test("it can be empty")
  func empty() {
    let none: Payload = []
    #expect(none.isEmpty && text(none) == "")
    #expect(Payload(buffer, at: 3..<3).isEmpty)
  }
}
