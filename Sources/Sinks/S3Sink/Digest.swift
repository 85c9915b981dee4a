import CCrypto

/// SHA-256, HMAC-SHA-256 and MD5, by OpenSSL: it uses the processor's instructions for SHA-256, which
/// is computed of every byte that is sent.
enum Digest {
  static func sha256(_ bytes: [UInt8]) -> [UInt8] { sha256(Payload(bytes)) }

  static func sha256(_ payload: Payload) -> [UInt8] { digest(payload, EVP_sha256()) }

  /// MD5 (RFC 1321): against damage on the way, not against people.
  static func md5(_ payload: Payload) -> [UInt8] { digest(payload, EVP_md5()) }

  static func hmacSHA256(key: [UInt8], _ message: [UInt8]) -> [UInt8] {
    var code = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
    var count: UInt32 = 0
    let result = HMAC(
      EVP_sha256(), key, Int32(key.count), message, message.count, &code, &count)
    precondition(result != nil, "OpenSSL has no memory.")
    return Array(code.prefix(Int(count)))
  }

  private static func digest(_ payload: Payload, _ kind: OpaquePointer?) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
    var count: UInt32 = 0
    let result = payload.withUnsafeBytes {
      EVP_Digest($0.baseAddress, $0.count, &digest, &count, kind, nil)
    }
    precondition(result == 1, "OpenSSL does not have this digest, or no memory.")
    return Array(digest.prefix(Int(count)))
  }

  static func hex(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
