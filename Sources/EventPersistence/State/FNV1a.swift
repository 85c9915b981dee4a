/// FNV-1a with 64 bits: it names things, and signs nothing.
enum FNV1a {
  /// The hash of a text, in 16 hexadecimal digits.
  static func hex(_ text: String) -> String {
    var digest: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in text.utf8 { digest = (digest ^ UInt64(byte)) &* 0x100_0000_01b3 }
    let hex = String(digest, radix: 16)
    return String(repeating: "0", count: 16 - hex.count) + hex
  }
}
