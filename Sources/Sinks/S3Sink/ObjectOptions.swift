internal import Foundation

/// What each request that creates an object asks of the server.
package struct ObjectOptions: Sendable, Hashable {
  package enum Encryption: String, Sendable, CaseIterable {
    case aes256 = "AES256"
    case kms = "aws:kms"
  }

  package enum Checksum: String, Sendable, CaseIterable { case sha256, crc32c, md5, none }

  package var encryption: Encryption?
  /// The key for `.kms`; nil: the account's own.
  package var kmsKeyId: String?
  /// A canned access control list, such as `bucket-owner-full-control`.
  package var acl: String?
  package var storageClass: String?
  package var tags: [String: String] = [:]
  /// What the server checks a body with, besides its signature.
  package var checksum = Checksum.sha256

  package init() {}

  /// The headers and the keys of the configuration that set them.
  static let keys = [
    (header: "x-amz-server-side-encryption-aws-kms-key-id", key: "kms-key-id"),
    (header: "x-amz-server-side-encryption", key: "server-side-encryption"),
    (header: "x-amz-acl", key: "acl"), (header: "x-amz-storage-class", key: "storage-class"),
    (header: "x-amz-tagging", key: "object-tags"), (header: "x-amz-checksum", key: "checksum"),
    (header: "content-md5", key: "checksum"),
  ]

  var headers: [(String, String)] {
    let tagging = SignatureV4.encodedQuery(tags.map { ($0.key, $0.value) })
    return [
      ("x-amz-server-side-encryption", encryption?.rawValue),
      ("x-amz-server-side-encryption-aws-kms-key-id", kmsKeyId), ("x-amz-acl", acl),
      ("x-amz-storage-class", storageClass), ("x-amz-tagging", tags.isEmpty ? nil : tagging),
    ].compactMap { name, value in value.map { (name, $0) } }
  }

  /// A copy keeps the tags of its original unless told otherwise.
  var copyHeaders: [(String, String)] {
    headers + (tags.isEmpty ? [] : [("x-amz-tagging-directive", "REPLACE")])
  }

  /// - Parameter sha256: the SHA-256 of `body`, which its signature needs as well.
  func checksum(of body: Payload, sha256: [UInt8]) -> (name: String, value: String)? {
    let (name, digest): (String, [UInt8]) =
      switch checksum {
      case .sha256: ("x-amz-checksum-sha256", sha256)
      case .crc32c: ("x-amz-checksum-crc32c", Digest.crc32c(body))
      case .md5: ("content-md5", Digest.md5(body))
      case .none: ("", [])
      }
    return digest.isEmpty ? nil : (name, Data(digest).base64EncodedString())
  }
}
