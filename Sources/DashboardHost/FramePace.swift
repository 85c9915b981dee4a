/// When a frame may be drawn: at most `framesPerSecond` in any second, however much happens, and what a key
/// does at once.
///
/// A bucket of `burst` frames that fills at the rate of the rest. What happens by itself leaves the last one in
/// it, for the answer to the next key.
package struct FramePace {
  package static let framesPerSecond = 15
  private static let burst = 4.0
  private static let refill = Double(framesPerSecond) - burst

  private var frames = Self.burst
  private var at: Duration

  package init(at now: Duration) { at = now }

  /// When the next frame may be drawn: `now`, or later.
  ///
  /// - Parameter isAnswer: to something that the user did.
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
