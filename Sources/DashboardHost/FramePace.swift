/// When a frame may be drawn: at most `framesPerSecond` in any second, and the effect of a key at
/// once.
///
/// A bucket of `burst` frames that fills at the rate of the rest. Everything but an answer to a key
/// leaves the last frame in it, for the next key.
package struct FramePace {
  package static let framesPerSecond = 15
  private static let burst = 4.0
  private static let refill = Double(framesPerSecond) - burst

  private var frames = Self.burst
  private var at: Duration

  package init(at now: Duration) { at = now }

  /// When the next frame may be drawn: `now`, or later.
  ///
  /// - Parameter isAnswer: whether it shows the effect of a user's input.
  package func due(isAnswer: Bool, at now: Duration) -> Duration {
    let lacking = (isAnswer ? 1 : 2) - available(at: now)
    return lacking <= 0 ? now : now + .seconds(lacking / Self.refill)
  }

  /// A frame is drawn.
  package mutating func draw(at now: Duration) {
    frames = available(at: now) - 1
    at = now
  }

  private func available(at now: Duration) -> Double {
    min(Self.burst, frames + max(.zero, now - at) / .seconds(1) * Self.refill)
  }
}
