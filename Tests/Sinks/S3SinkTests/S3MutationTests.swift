import EventPersistence
import EventPersistenceTesting
import Foundation
import Testing

@testable import S3Sink

@Suite struct S3MutationTests {
  private static let words = [
    "<Contents>", "</Contents>", "<Key>", "</Key>", "<Size>", "<IsTruncated>true</IsTruncated>",
    "<NextContinuationToken>", "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]>", "&b;",
    "<![CDATA[", "]]>", "<?xml encoding=\"UTF-16\"?>", "&lt;", "%E2%82", "+", "<Code>",
  ]

  @Test(
    "any bytes are a listing or none, and no file of this machine is read",
    arguments: SeededRandom.seeds([1]))
  func listing(seed: UInt64) async throws {
    let bucket = try TestBucket(MemoryBucket(pageSize: 2))
    try await bucket.drive(SampleEvents.make(9))
    let query = ["prefix": "head/1/", "encoding-type": "url"]
    let request = ScriptedServer.Request(
      method: "GET", path: "/bucket", query: query, headers: [:])
    guard case .answer(_, _, let page) = bucket.memory.handle(request) else { return }
    for bytes in Mutations(
      of: [String(decoding: page, as: UTF8.self)], words: Self.words, count: 1000, seed: seed)
    {
      let answer = XMLAnswer(bytes)
      for element in answer.elements {
        #expect(!element.text.contains("root:"), "a file of this machine was read")
      }
      #expect(S3Client.page(answer).objects.allSatisfy { $0.size >= 0 })
    }
  }

  @Test("text that is not UTF-8, and a document type, are no answer")
  func notUTF8() {
    for text in ["<a>&ab", "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b"] {
      let answer = XMLAnswer(
        Array(text.utf8) + (text.hasPrefix("<!") ? [] : [0xF1]) + Array(";</a>".utf8))
      #expect(answer.root == nil && answer.elements.isEmpty)
    }
  }

  @Test("any answer with an error becomes one sentence", arguments: SeededRandom.seeds([1]))
  func errors(seed: UInt64) throws {
    let sample =
      "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>no</Message>"
      + "<Region>eu-central-1</Region></Error>"
    for bytes in Mutations(of: [sample], words: Self.words, count: 1000, seed: seed) {
      let status = [400, 403, 404, 409, 500, 503][bytes.count % 6]
      let answer = S3Client.Answer(HTTPAnswer(status: status, body: bytes), isContent: false)
      let error = try #require(S3Error(answer)).sinkError(doing: "PUT of x")
      #expect(error.message.hasPrefix("PUT of x") && error.message.utf8.count < 4000)
      #expect(!error.code.isEmpty && error.code.utf8.count < 200, "\(error)")
    }
  }
}
