import EventPersistence
import Foundation
import Synchronization

@testable import S3Sink

/// A bucket in memory for a `ScriptedServer`: the requests that the sink makes, without signatures.
final class MemoryBucket: Sendable {
  struct Object: Sendable, Hashable {
    var bytes: [UInt8]
    var metadata: [String: String]
    var etag: String { "\"\(Digest.hex(Digest.sha256(bytes)).prefix(32))\"" }
  }

  private let contents = Mutex<[String: Object]>([:])
  /// The most keys in a page of a listing.
  let pageSize: Int
  /// Whether it knows `If-None-Match`, and reports checksums.
  let knowsConditions: Bool

  /// A header that each request to create an object must have.
  let demanded: String?

  init(pageSize: Int = 1000, knowsConditions: Bool = true, demanding demanded: String? = nil) {
    self.demanded = demanded
    self.pageSize = pageSize
    self.knowsConditions = knowsConditions
  }

  /// What listings say about when each object was written.
  let writtenAt = Mutex<EventTime?>(nil)

  var objects: [String: Object] { contents.withLock(\.self) }
  var keys: [String] { objects.keys.sorted() }
  func remove(_ key: String) { contents.withLock { $0[key] = nil } }
  func set(_ key: String, _ object: Object) { contents.withLock { $0[key] = object } }

  func handle(_ request: ScriptedServer.Request) -> ScriptedServer.Reply {
    let parts = request.path.dropFirst().split(separator: "/", maxSplits: 1)
    guard parts.first == "bucket" else { return .error(404, "NoSuchBucket") }
    guard parts.count == 2 else { return list(request.query) }
    let key = String(parts[1])
    if let demanded, ["PUT", "POST"].contains(request.method), request.headers[demanded] == nil {
      return .error(403, "AccessDenied")
    }
    switch request.method {
    case "PUT": return put(key, request)
    case "GET", "HEAD":
      guard let object = objects[key] else { return .error(404, "NoSuchKey") }
      var headers = object.metadata
      headers["etag"] = object.etag
      headers["content-length"] = "\(object.bytes.count)"
      if knowsConditions, request.headers["x-amz-checksum-mode"] == "ENABLED" {
        headers["x-amz-checksum-sha256"] = Data(Digest.sha256(object.bytes)).base64EncodedString()
      }
      return .answer(200, headers, object.bytes)
    case "DELETE":
      remove(key)
      return .answer(204, [:], [])
    case "POST" where request.query["uploadId"] != nil: return .error(404, "NoSuchUpload")
    default: return .error(405, "MethodNotAllowed")
    }
  }

  private func put(_ key: String, _ request: ScriptedServer.Request) -> ScriptedServer.Reply {
    if knowsConditions, request.headers["if-none-match"] == "*", objects[key] != nil {
      return .error(412, "PreconditionFailed")
    }
    if let source = request.headers["x-amz-copy-source"]?.removingPercentEncoding {
      guard let object = objects[String(source.dropFirst("/bucket/".count))] else {
        return .error(404, "NoSuchKey")
      }
      set(key, object)
      let tag = object.etag.replacing("\"", with: "&quot;")
      return .answer(
        200, [:], Array("<CopyObjectResult><ETag>\(tag)</ETag></CopyObjectResult>".utf8))
    }
    let digest = Digest.sha256(request.body)
    guard request.headers["x-amz-content-sha256"] == Digest.hex(digest),
      request.headers["x-amz-checksum-sha256"].map({
        $0 == Data(digest).base64EncodedString()
      }) ?? true
    else { return .error(400, "BadDigest") }
    let metadata = request.headers.filter { $0.key.hasPrefix("x-amz-meta-") }
    guard metadata.reduce(0, { $0 + $1.key.utf8.count + $1.value.utf8.count }) <= 2048 else {
      return .error(400, "MetadataTooLarge")
    }
    let object = Object(bytes: request.body, metadata: metadata)
    set(key, object)
    return .answer(200, ["etag": object.etag], [])
  }

  private func list(_ query: [String: String]) -> ScriptedServer.Reply {
    let prefix = query["prefix"] ?? ""
    let after = query["continuation-token"] ?? query["start-after"] ?? ""
    let max = min(pageSize, Int(query["max-keys"] ?? "") ?? pageSize)
    var rows: [(isPrefix: Bool, text: String)] = []
    for key in keys where key.hasPrefix(prefix) {
      if let delimiter = query["delimiter"],
        let end = key[key.index(key.startIndex, offsetBy: prefix.count)...].range(of: delimiter)
      {
        let common = String(key[..<end.upperBound])
        if rows.last?.text != common { rows.append((true, common)) }
      } else {
        rows.append((false, key))
      }
    }
    rows = rows.filter { $0.text > after }
    let page = rows.prefix(max)
    func encoded(_ text: String) -> String { SignatureV4.encoded(text, keeping: "/") }
    var xml = "<?xml version=\"1.0\"?><ListBucketResult><EncodingType>url</EncodingType>"
    xml +=
      "<Prefix>\(encoded(prefix))</Prefix><IsTruncated>\(page.count < rows.count)</IsTruncated>"
    if page.count < rows.count {
      xml += "<NextContinuationToken>\(page.last!.text)</NextContinuationToken>"
    }
    for row in page {
      if row.isPrefix {
        xml += "<CommonPrefixes><Prefix>\(encoded(row.text))</Prefix></CommonPrefixes>"
      } else {
        let object = objects[row.text]!
        xml += "<Contents><Key>\(encoded(row.text))</Key><Size>\(object.bytes.count)</Size>"
        if let time = writtenAt.withLock(\.self) { xml += "<LastModified>\(time)</LastModified>" }
        xml += "<ETag>\(object.etag.replacing("\"", with: "&quot;"))</ETag></Contents>"
      }
    }
    return .answer(200, [:], Array("\(xml)</ListBucketResult>".utf8))
  }
}
