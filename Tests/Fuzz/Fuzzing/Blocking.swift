internal import Dispatch

/// Runs `body` to its end: libFuzzer calls a function that is not asynchronous.
package func blocking(_ body: @escaping @Sendable () async -> Void) {
  let ended = DispatchSemaphore(value: 0)
  Task.detached {
    await body()
    ended.signal()
  }
  ended.wait()
}
