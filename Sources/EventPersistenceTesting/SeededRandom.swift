internal import Foundation

/// Numbers that look random and are the same each time (SplitMix64; Steele, Lea, Flood: "Fast
/// splittable pseudorandom number generators", 2014), for tests that must be repeatable.
///
/// A random test takes its seed as an argument, so that Swift Testing prints the seed of a run that
/// fails. The environment variable `HYDRA_SINKS_SEED` then repeats that run:
///
/// ```swift
/// @Test("a drive survives kills at random", arguments: SeededRandom.seeds(1...20))
/// func kills(seed: UInt64) async throws {
///   var random = SeededRandom(seed)
///   …
/// }
/// ```
public struct SeededRandom: RandomNumberGenerator, Sendable {
  private var state: UInt64

  public init(_ seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// The seeds of a test: `standard`, or the one that `HYDRA_SINKS_SEED` names.
  public static func seeds(_ standard: some Sequence<UInt64>) -> [UInt64] {
    givenSeed.map { [$0] } ?? Array(standard)
  }

  /// One seed that differs from run to run, or the one that `HYDRA_SINKS_SEED` names: for tests in
  /// which time or the system also plays a part, so that a seed repeats only the test's part.
  public static func freshSeed() -> [UInt64] { seeds([UInt64.random(in: 0...999_999)]) }

  private static let givenSeed: UInt64? = {
    guard let text = ProcessInfo.processInfo.environment["HYDRA_SINKS_SEED"] else { return nil }
    guard let seed = UInt64(text) else {
      preconditionFailure("HYDRA_SINKS_SEED is \"\(text)\"; it must be a number, such as 42.")
    }
    return seed
  }()
}
