package import SecondaryStatus

/// Looks at a node with a limit of time: a node whose disk hangs delays nobody for longer.
///
/// At most one look is under way; whoever asks meanwhile gets its result.
package actor TimedLook {
  private let observer: Observer
  private var isUnderWay = false
  private var waiting: [Int: CheckedContinuation<Observation?, Never>] = [:]
  private var asked = 0

  package init(_ observer: Observer) { self.observer = observer }

  /// Waits until a look would find something new, but at most for about `duration`, also where
  /// looking for news hangs.
  package func waitForNews(for duration: Duration) async {
    guard !isUnderWay else {
      try? await Task.sleep(for: duration)
      return
    }
    isUnderWay = true
    let (end, continuation) = AsyncStream.makeStream(of: Never.self)
    Task {
      await observer.waitForNews(for: duration, each: duration)
      isUnderWay = false
      continuation.finish()
    }
    let timer = Task {
      try await Task.sleep(for: duration * 2)
      continuation.finish()
    }
    for await _ in end {}
    timer.cancel()
  }

  /// What a look found; nil if it takes longer than `deadline`.
  package func observation(within deadline: Duration) async -> Observation? {
    if !isUnderWay {
      isUnderWay = true
      // An unstructured task, because a call that hangs in the kernel cannot be cancelled.
      Task {
        let observation = await observer.look()
        isUnderWay = false
        let all = waiting.values
        waiting = [:]
        for one in all { one.resume(returning: observation) }
      }
    }
    asked += 1
    let number = asked
    let timer = Task {
      try await Task.sleep(for: deadline)
      waiting.removeValue(forKey: number)?.resume(returning: nil)
    }
    defer { timer.cancel() }
    return await withCheckedContinuation { waiting[number] = $0 }
  }
}
