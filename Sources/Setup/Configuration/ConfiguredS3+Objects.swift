internal import S3Sink
internal import Wording

/// What an `s3` asks of the server when it creates an object.
extension ConfiguredS3 {
  package static let objectKeys = [
    "server-side-encryption", "kms-key-id", "acl", "storage-class", "object-tags", "checksum",
  ]

  private static let acls = [
    "private", "public-read", "public-read-write", "authenticated-read", "aws-exec-read",
    "bucket-owner-read", "bucket-owner-full-control",
  ]
  private static let tagsMax = 10
  private static let kmsKeyIdBytesMax = 512

  static func objectExpectation(_ key: String) -> String {
    switch key {
    case "server-side-encryption":
      ObjectOptions.Encryption.allCases.map(\.rawValue).joined(separator: " or ")
    case "kms-key-id": "the id or the ARN of a key, with server-side-encryption: aws:kms"
    case "acl": "one of \(acls.joined(separator: ", "))"
    case "storage-class": "a storage class like STANDARD_IA"
    case "object-tags":
      "at most \(tagsMax) keys of 1 to 128 characters, with values of at most 256, out of letters, "
        + "digits, spaces and + - = . _ : / @"
    default: "one of \(ObjectOptions.Checksum.allCases.map(\.rawValue).joined(separator: ", "))"
    }
  }

  mutating func readObjects(_ map: ConfigurationMapping) throws(Refusal) {
    for key in Self.objectKeys where map.has(key) {
      let expected = Self.objectExpectation(key)
      if key == "object-tags" {
        guard let tags = try map.mapping(key) else { continue }
        for name in tags.keys {
          objects.tags[name] = try tags.plain(name, expected: "text")
        }
        guard Self.areTags(objects.tags) else { throw map.mistake(at: key, expected: expected) }
      } else if let text = try map.plain(key, expected: expected), !setObject(key, text) {
        throw map.mistake(at: key, expected: expected)
      }
    }
    if !isKeyInUse {
      throw map.mistake(at: "kms-key-id", expected: Self.objectExpectation("kms-key-id"))
    }
  }

  /// Whether a key of KMS, if one is named, encrypts anything.
  var isKeyInUse: Bool { objects.kmsKeyId == nil || objects.encryption == .kms }

  /// False if `value` is not valid for `key`, or if there is no such key.
  mutating func setObject(_ key: String, _ value: String) -> Bool {
    switch key {
    case "server-side-encryption":
      objects.encryption = ObjectOptions.Encryption(rawValue: value)
      return objects.encryption != nil
    case "kms-key-id":
      objects.kmsKeyId = value
      return value.utf8.count <= Self.kmsKeyIdBytesMax
        && value.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    case "acl":
      objects.acl = value
      return Self.acls.contains(value)
    case "storage-class":
      objects.storageClass = value
      return value.wholeMatch(of: /[A-Z0-9_]{1,64}/) != nil
    case "object-tags":
      // As S3 writes them: `team=ops&stage=test`.
      for pair in value.split(separator: "&") {
        let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return false }
        objects.tags[String(parts[0])] = String(parts[1])
      }
      return Self.areTags(objects.tags)
    case "checksum":
      guard let checksum = ObjectOptions.Checksum(rawValue: value) else { return false }
      objects.checksum = checksum
      return true
    default: return false
    }
  }

  private static func areTags(_ tags: [String: String]) -> Bool {
    (1...tagsMax).contains(tags.count)
      && tags.allSatisfy { key, value in
        (1...128).contains(key.count) && value.count <= 256
          && (key + value).wholeMatch(of: /[\p{L}\p{Nd} +\-=._:\/@]*/) != nil
      }
  }
}
