import EventPersistence
import Testing

@testable import S3Sink

/// The examples of "Signature Calculations for the Authorization Header" in Amazon S3's API reference.
@Suite struct SignatureV4Tests {
  private let credentials = Credentials(
    accessKeyId: "AKIAIOSFODNN7EXAMPLE",
    secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", sessionToken: nil,
    expiration: nil)

  private static let emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

  private func authorization(_ request: SignatureV4.Request) throws -> String {
    let time = try #require(EventTime("2013-05-24T00:00:00Z"))
    let headers = SignatureV4(region: "us-east-1").sign(request, with: credentials, at: time)
    return try #require(headers.first { $0.name == "authorization" }).value
  }

  private func expected(_ signedHeaders: String, _ signature: String) -> String {
    "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
      + "SignedHeaders=\(signedHeaders),Signature=\(signature)"
  }

  @Test("GET of an object's first bytes is signed as published")
  func getObject() throws {
    let request = SignatureV4.Request(
      method: "GET", path: "/test.txt", headers: [("Range", "bytes=0-9")],
      host: "examplebucket.s3.amazonaws.com", payloadHash: Self.emptyHash)
    #expect(
      try authorization(request)
        == expected(
          "host;range;x-amz-content-sha256;x-amz-date",
          "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"))
  }

  @Test("PUT of an object whose key has a dollar sign is signed as published")
  func putObject() throws {
    let hash = Digest.hex(Digest.sha256(Array("Welcome to Amazon S3.".utf8)))
    #expect(hash == "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072")
    let request = SignatureV4.Request(
      method: "PUT", path: "/test$file.text",
      headers: [
        ("Date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
      ],
      host: "examplebucket.s3.amazonaws.com", payloadHash: hash)
    #expect(
      try authorization(request)
        == expected(
          "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
          "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"))
  }

  @Test("a query without a value, and one of several, are signed as published")
  func queries() throws {
    var request = SignatureV4.Request(
      method: "GET", path: "/", query: [("lifecycle", "")],
      host: "examplebucket.s3.amazonaws.com", payloadHash: Self.emptyHash)
    let headers = "host;x-amz-content-sha256;x-amz-date"
    #expect(
      try authorization(request)
        == expected(headers, "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"))
    request.query = [("prefix", "J"), ("max-keys", "2")]
    #expect(
      try authorization(request)
        == expected(headers, "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"))
  }

  @Test("no description of credentials contains a secret")
  func secretsStaySecret() {
    let credentials = Credentials(
      accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "SECRET", sessionToken: "TOKEN",
      expiration: nil)
    var dumped = ""
    dump(credentials, to: &dumped)
    for text in ["\(credentials)", String(reflecting: credentials), dumped] {
      #expect(!text.contains("SECRET") && !text.contains("TOKEN"), "\(text)")
    }
  }
}
