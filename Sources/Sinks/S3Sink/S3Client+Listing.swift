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
    // Treated as an empty listing, any other answer would mean that nothing is held.
    let answer = try await send(
      "GET", key: "", query: query, proof: .document(root: "ListBucketResult"))
    let found = Self.page(answer.document)
    let isRising = zip(found.objects, found.objects.dropFirst()).allSatisfy {
      $0.key.utf8.lexicographicallyPrecedes($1.key.utf8)
    }
    let objection: String? =
      if found.next == nil, answer.document.first("IsTruncated") == "true" {
        "with a part of a listing, without the next one"
      } else if found.next != nil, found.next == page {
        "with the same part of a listing again"
      } else if !isRising { "with a listing out of order" } else { nil }
    if let objection { throw isNotS3(answer, to: what("GET", ""), objection) }
    return found
  }

  static func page(_ answer: XMLAnswer) -> Page {
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
      case ("Contents", "LastModified"): object.writtenAt = EventTime(element.text)
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
