import Synchronization

/// What has arrived so far, in order, for which a test can wait.
final class Arrivals<Element: Sendable>: Sendable {
  private struct Waiter: Sendable {
    var isEnough: @Sendable ([Element]) -> Bool
    var continuation: CheckedContinuation<Void, Never>
  }

  private struct State {
    var all: [Element] = []
    var waiters: [Waiter] = []
  }

  private let state = Mutex(State())

  var all: [Element] { state.withLock(\.all) }

  /// - Returns: how many there are now.
  @discardableResult
  func append(_ element: Element) -> Int {
    let (count, ready) = state.withLock { state in
      state.all.append(element)
      let all = state.all
      let ready = state.waiters.filter { $0.isEnough(all) }
      state.waiters.removeAll { $0.isEnough(all) }
      return (all.count, ready)
    }
    for waiter in ready { waiter.continuation.resume() }
    return count
  }

  func forget() { state.withLock { $0.all = [] } }

  /// Returns once `isEnough` is true of all that has arrived.
  func wait(until isEnough: @escaping @Sendable ([Element]) -> Bool) async {
    await withCheckedContinuation { continuation in
      let isReady = state.withLock { state in
        let isReady = isEnough(state.all)
        if !isReady {
          state.waiters.append(Waiter(isEnough: isEnough, continuation: continuation))
        }
        return isReady
      }
      if isReady { continuation.resume() }
    }
  }
}
