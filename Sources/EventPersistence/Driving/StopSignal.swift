internal import Synchronization

/// Whether a drive was asked to end: set once, looked at between batches.
final class StopSignal: Sendable {
  private let flag = Atomic(false)

  var isStopped: Bool { flag.load(ordering: .acquiring) }

  func stop() { flag.store(true, ordering: .releasing) }
}
