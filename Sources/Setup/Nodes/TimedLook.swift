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
