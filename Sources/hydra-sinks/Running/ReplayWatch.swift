import EventPersistence
import Foundation
import Setup
import Synchronization
import Wording

/// Follows a replay until its end: shows a bar on a terminal, and handles Ctrl-C.
///
/// If this process drives, the first Ctrl-C cancels the replay after the current batch. If another
/// process drives, this one stops watching and the replay continues. If this process drives, it
/// keeps what it learns about the log, as a driver does.
final class ReplayWatch: Sendable {
  private struct State {
    var bar: ProgressBar
    var latest: ReplayProgress?
    var isStopping = false
  }

  private let state: Mutex<State>
  private let keeper: PrimaryKeeper

  init(name: String, keeper: PrimaryKeeper) {
    state = Mutex(State(bar: ProgressBar(name)))
    self.keeper = keeper
  }

  func run(
    _ replay: Replay,
    _ body:
      @escaping @Sendable (@escaping @Sendable (ReplayProgress) -> Void)
      async throws(ReplayError) -> ReplayResult
  ) async throws -> ReplayResult {
    defer { state.withLock { $0.bar.clear() } }
    let signals = Interrupts.stream()
    return try await withThrowingTaskGroup(of: ReplayResult?.self) { group in
      group.addTask { try await body { self.show($0) } }
      group.addTask {
        await self.keeper.keep { self.isDrivenHere }
        return nil
      }
      group.addTask {
        for await _ in signals { return try await self.stop(replay) }
        return nil
      }
      while let turn = try await group.next() {
        if let result = turn {
          group.cancelAll()
          return result
        }
        // The signal was handled. If it detached, the body must stop following.
        if self.isDetached { group.cancelAll() }
      }
      throw CancellationError()
    }
  }

  private var isDrivenHere: Bool { state.withLock { $0.latest?.isDrivenHere ?? false } }

  private var isDetached: Bool {
    state.withLock { $0.isStopping && $0.latest?.isDrivenHere != true }
  }

  private func show(_ progress: ReplayProgress) {
    state.withLock { state in
      state.latest = progress
      let record = progress.record
      let who =
        state.isStopping
        ? "cancelling, after the current batch"
        : progress.isDrivenHere ? "" : record.state == .requested ? "requested" : "by its driver"
      let error = progress.driver?.lastError
      state.bar.show(
        done: record.delivered, of: progress.events, note: error.map { "\(who) \($0)" } ?? who)
    }
  }

  private func stop(_ replay: Replay) async throws -> ReplayResult? {
    let isDrivenHere = state.withLock { state in
      state.isStopping = true
      return state.latest?.isDrivenHere ?? false
    }
    // The body then ends by itself, with the record that says so.
    if isDrivenHere { _ = try await replay.cancel(stay: false) }
    return nil
  }
}
