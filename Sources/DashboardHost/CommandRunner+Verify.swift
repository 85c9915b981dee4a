internal import Dashboard
internal import EventArchive
internal import EventPersistence
internal import Foundation
internal import SecondaryStatus
internal import Setup
internal import Synchronization
internal import Wording

extension CommandRunner {
  /// Compares what a secondary holds with the log, as `verify NAME` does.
  package func verify(_ name: String) async {
    guard let stops = verifications.begin(name) else { return }
    defer { verifications.end(name) }
    let pace = Pace()
    let run = VerifyRun(setup: setup, name: name)
    inbox.tell(.verifying(name: name, share: nil, faults: 0))
    let report: VerifyReport
    do {
      report = try await withThrowingTaskGroup(of: VerifyReport?.self) { group in
        group.addTask {
          try await run.run { progress in
            guard pace.isDue() else { return }
            let share = progress.total.map { Double(progress.done) / Double(max(1, $0)) }
            inbox.tell(
              .verifying(name: name, share: share.map { min(1, $0) }, faults: progress.faults))
          }
        }
        group.addTask {
          for await _ in stops { break }
          return nil
        }
        while let turn = try await group.next() {
          group.cancelAll()
          if let turn { return turn }
        }
        throw CancellationError()
      }
    } catch {
      inbox.tell(
        .verified(name: name, VerifyAnswer(severity: .error, lines: ["\(name): \(error)"])))
      return
    }
    let severity: Severity =
      switch report.verdict {
      case .whole: .ok
      case .differs: .error
      case .unproven, .interrupted: .unknown
      }
    var lines = VerifyText.brief(report, name: name)
    do throws(StateError) { try run.keep(report) } catch {
      lines.append("The verdict is not kept, and other dashboards do not show it: \(error.message)")
    }
    inbox.tell(
      .verified(
        name: name,
        VerifyAnswer(
          severity: severity, lines: lines,
          repairs: report.repairs.map { $0.from...$0.through }, at: .now)))
  }
}

/// The verifications that this process is running, and how to stop each.
package final class Verifications: Sendable {
  private let stops = Mutex<[String: AsyncStream<Void>.Continuation]>([:])

  /// Nil if one of that name is running; else the value that says when to stop.
  package func begin(_ name: String) -> AsyncStream<Void>? {
    stops.withLock { stops in
      guard stops[name] == nil else { return nil }
      let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
      stops[name] = continuation
      return stream
    }
  }

  package func stop(_ name: String) { stops.withLock { $0[name] }?.yield() }

  package func end(_ name: String) { stops.withLock { $0.removeValue(forKey: name) }?.finish() }
}

/// Passes values on, a few times a second.
private final class Pace: Sendable {
  private let last = Mutex<ContinuousClock.Instant?>(nil)

  package func isDue() -> Bool {
    last.withLock { last in
      let now = ContinuousClock.now
      guard last.map({ now - $0 > .milliseconds(500) }) ?? true else { return false }
      last = now
      return true
    }
  }
}
