extension HistoryRing {
  // The byte for the state in a slot: a number has the same meaning in every version of the
  // program.
  private static let states: [SecondaryState] = [
    .unknown, .diverged, .gap, .replaying, .replayStalled, .replayOrphaned, .paused, .rewound,
    .driverLost, .driverHung, .new, .ok, .idle, .stalled, .fallingBehind, .catchingUp, .lagging,
    .newLog,
  ]

  static func bytes(of sample: Sample) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: sample.minute)
    bytes.append(littleEndian: sample.checkpointId ?? 0)
    bytes.append(littleEndian: sample.headId ?? 0)
    bytes.append(littleEndian: sample.lagEvents ?? 0)
    bytes.append(littleEndian: (sample.lagSeconds ?? 0).bitPattern)
    bytes.append(littleEndian: (sample.ratePerSecond ?? 0).bitPattern)
    bytes.append(UInt8(states.firstIndex(of: sample.state)!))
    let known: [Bool] = [
      sample.checkpointId != nil, sample.headId != nil, sample.lagEvents != nil,
      sample.lagSeconds != nil, sample.ratePerSecond != nil,
    ]
    bytes.append(known.enumerated().reduce(0) { $0 | ($1.element ? 1 << $1.offset : 0) })
    bytes += [UInt8](repeating: 0, count: 60 - bytes.count)
    bytes.append(littleEndian: crc32(bytes[...]))
    return bytes
  }

  /// Nil if the slot was never written, or is torn.
  static func sample(of slot: ArraySlice<UInt8>) -> Sample? {
    let base = slot.startIndex
    func number<Number: FixedWidthInteger>(_ offset: Int, _ type: Number.Type) -> Number {
      slot[(base + offset)..<(base + offset + MemoryLayout<Number>.size)].littleEndian(type)
    }
    func real(_ offset: Int) -> Double { Double(bitPattern: number(offset, UInt64.self)) }
    guard slot.count == 64, number(60, UInt32.self) == crc32(slot.prefix(60)),
      let state = states.indices.contains(Int(slot[base + 48])) ? states[Int(slot[base + 48])] : nil
    else { return nil }
    let known = slot[base + 49]
    var sample = Sample(minute: number(0, Int64.self), state: state)
    if known & 1 != 0 { sample.checkpointId = number(8, UInt64.self) }
    if known & 2 != 0 { sample.headId = number(16, UInt64.self) }
    if known & 4 != 0 { sample.lagEvents = number(24, UInt64.self) }
    if known & 8 != 0 { sample.lagSeconds = real(32) }
    if known & 16 != 0 { sample.ratePerSecond = real(40) }
    return sample
  }

  /// CRC-32 as in ISO 3309 (polynomial 0xEDB88320). Bit by bit: a slot has 60 bytes.
  private static func crc32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    var crc = UInt32.max
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 0 ? crc >> 1 : (crc >> 1) ^ 0xEDB8_8320 }
    }
    return ~crc
  }
}

extension [UInt8] {
  mutating func append(littleEndian number: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
  }
}

extension ArraySlice<UInt8> {
  /// The number in these bytes, low byte first.
  func littleEndian<Number: FixedWidthInteger>(_ type: Number.Type) -> Number {
    reversed().reduce(0) { $0 << 8 | Number(truncatingIfNeeded: $1) }
  }
}

extension Int64 {
  /// The remainder that is never negative.
  func modulo(_ divisor: Int64) -> Int64 {
    let rest = self % divisor
    return rest < 0 ? rest + divisor : rest
  }
}
