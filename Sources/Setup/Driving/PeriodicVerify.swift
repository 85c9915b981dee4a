internal import EventArchive
internal import EventPersistence
internal import Foundation
internal import Logging
internal import SecondaryStatus
internal import Wording

/// Verifies a secondary that this process drives each time that `verify-every` is over, slowly.
struct PeriodicVerify: Sendable {
  let setup: Setup
  let name: String
  let interval: Duration
  let log: Logger

  /// How often to look whether it is due.
  private static let lookInterval = Duration.seconds(1)
  /// How long after one that failed to try again.
  private static let pauseAfterFailure = Duration.seconds(3600)

  private var folder: SecondaryFolder { setup.state.folder(name) }

  /// Verifies until the task is cancelled.
  func run() async {
    while !Task.isCancelled {
      if isDue(at: .now), !(await verify()) {
        try? await Task.sleep(for: min(interval, Self.pauseAfterFailure))
      }
      try? await Task.sleep(for: Self.lookInterval)
    }
  }

  /// Whether it was last verified, or first driven, so long ago; never while another process drives
  /// it.
  private func isDue(at now: EventTime) -> Bool {
    guard let driver = try? folder.readDriver(), driver.pid == getpid(), driver.endedAt == nil,
      (try? folder.readCheckpoint()) != nil
    else { return false }
    let last = (try? folder.readVerified())?.at ?? (try? folder.readBinding())?.createdAt
    return last.map { now.seconds(since: $0) >= interval.inSeconds } ?? false
  }

  /// Verifies, and keeps and journals the verdict; false if that was not possible.
  private func verify() async -> Bool {
    var log = log
    log[metadataKey: "secondary"] = "\(name)"
    do {
      let run = VerifyRun(setup: setup, name: name, isSlow: true)
      let report = try await run.run { _ in }
      guard !report.isInterrupted else { return false }
      try run.keep(report)
      guard let record = try folder.readVerified() else { return false }
      let text = Verified(record).text(at: .now)
      log.log(level: record.isFaulty ? .error : .info, "\(text)")
      try folder.note(
        JournalEntry(
          record.isFaulty ? .error : .driver, text, record.isFaulty ? .error : .info, at: .now))
      return true
    } catch {
      log.warning("it cannot be verified: \(error)")
      return false
    }
  }
}
