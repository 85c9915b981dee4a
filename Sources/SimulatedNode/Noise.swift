/// Numbers that look random and follow from a seed alone (Sebastiano Vigna's SplitMix64).
struct Noise {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return Noise.scrambled(state)
  }

  private static func scrambled(_ value: UInt64) -> UInt64 {
    var value = value
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }

  /// Combines several numbers into one; their order matters.
  static func of(_ values: UInt64...) -> UInt64 {
    values.reduce(0) { scrambled(($0 ^ $1) &+ 0x9E37_79B9_7F4A_7C15) }
  }
}
