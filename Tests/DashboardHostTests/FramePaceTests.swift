import Testing

@testable import DashboardHost

@Suite("the pace of frames")
struct FramePaceTests {
  /// The milliseconds at which frames are drawn where something happens at each of `times`.
  private func frames(_ times: some Sequence<Int>, keys: Set<Int> = []) -> [Int] {
    var pace = FramePace(at: .zero)
    var drawn: [Int] = []
    var isAnswer = false
    for time in times {
      isAnswer = isAnswer || keys.contains(time)
      let now = Duration.milliseconds(time)
      guard pace.due(isAnswer: isAnswer, at: now) <= now else { continue }
      pace.draw(at: now)
      drawn.append(time)
      isAnswer = false
    }
    return drawn
  }

  @Test("no second has more than fifteen frames, whatever happens")
  func most() {
    for keys in [[], Set(0...10_000), Set(stride(from: 0, through: 10_000, by: 33))] as [Set<Int>] {
      let drawn = frames(0...10_000, keys: keys)
      for start in drawn {
        let count = drawn.count { $0 >= start && $0 < start + 1000 }
        #expect(count <= FramePace.framesPerSecond, "\(count) from \(start) ms")
      }
      // And no second is left without.
      #expect(drawn.count > 100)
    }
  }

  @Test("a key is answered at once, however much else happens")
  func answer() {
    let keys = Set(stride(from: 1003, through: 9900, by: 197))
    let drawn = Set(frames(0...10_000, keys: keys))
    #expect(keys.isSubset(of: drawn))
  }

  @Test("a frame may be drawn at its due time, and not before")
  func due() {
    var pace = FramePace(at: .zero)
    for _ in 0..<4 { pace.draw(at: .zero) }
    for isAnswer in [true, false] {
      let due = pace.due(isAnswer: isAnswer, at: .zero)
      #expect(due > .zero)
      #expect(pace.due(isAnswer: isAnswer, at: due - .milliseconds(1)) > due - .milliseconds(1))
      #expect(pace.due(isAnswer: isAnswer, at: due + .nanoseconds(1)) == due + .nanoseconds(1))
    }
  }
}
