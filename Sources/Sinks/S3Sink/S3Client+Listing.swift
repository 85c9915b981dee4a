import EventPersistence
import Foundation

extension S3Client {
  struct Page {
    var objects: [Object] = []
    /// The common prefixes of keys, up to the delimiter.
    var prefixes: [String] = []
    /// Names the next page; nil if this is the last.
    var next: String?
  }

  /// A page of at most 1,000 keys below `prefix`, in byte order.
  func list(
    prefix: String, delimiter: String? = nil, after: String? = nil, page: String? = nil,
    max: Int = 1000
  ) async throws(SinkError) -> Page {
    // Encoded, since XML cannot express every key.
    var query = [
      ("list-type", "2"), ("prefix", prefix), ("max-keys", String(max)), ("encoding-type", "url"),
    ]
    if let delimiter { query.append(("delimiter", delimiter)) }
    if let after { query.append(("start-after", after)) }
    if let page { query.append(("continuation-token", page)) }
    let body = try await send("GET", key: "", query: query).body
    return try Self.page(body, at: address.host)
  }

  static func page(_ body: [UInt8], at host: String) throws(SinkError) -> Page {
    let answer = XMLAnswer(body)
    // Treated as an empty listing, it would mean that nothing is held.
    guard answer.root == "ListBucketResult" else {
      throw SinkError(
        .retry, code: "NonsenseAnswer",
        "\(host) answered a listing with something other than a ListBucketResult. hydra-sinks "
          + "tries again; check that `endpoint` is an S3 server.")
    }
    let isEncoded = answer.first("EncodingType") == "url"
    func decoded(_ text: String) -> String {
      guard isEncoded else { return text }
      return text.replacing("+", with: " ").removingPercentEncoding ?? text
    }
    var page = Page()
    var object = Object(key: "", size: 0, etag: "")
    for element in answer.elements {
      switch (element.parent, element.name) {
      case ("Contents", "Key"): object.key = decoded(element.text)
      case ("Contents", "Size"): object.size = Position.id(element.text).map { Int($0) } ?? 0
      case ("Contents", "ETag"): object.etag = element.text
      case (_, "Contents"):
        page.objects.append(object)
        object = Object(key: "", size: 0, etag: "")
      case ("CommonPrefixes", "Prefix"): page.prefixes.append(decoded(element.text))
      case (_, "NextContinuationToken"): page.next = element.text
      default: break
      }
    }
    return page
  }
}
