import Dashboard
import EventPersistence
import Foundation
import HydraLog
import SecondaryStatus
import Wording

/// Reads a log and writes its events to standard output, in large writes.
struct EventPrinter {
  enum Form { case json, summary }

  var tags: Set<String>
  /// The last id to print, its twin included.
  var through: UInt64?
  var form: Form
  var limits = BatchLimits(events: 100_000, ahead: 2)
  /// How often it looks at the log while it follows.
  var interval = Duration.milliseconds(100)
  /// Its thread waits for events while it follows.
  private let executor = BlockingExecutor(label: "events")

  /// Prints from `start` through the head, or without an end.
  func print(_ log: any EventSource, from start: Start, follow: Bool) async throws {
    try await read(log, from: start, follow: follow) { write($0) }
  }

  /// Counts what is in the events from `start` through the head.
  func statistics(of log: any EventSource, from start: Start) async throws -> EventStatistics {
    var statistics = EventStatistics()
    try await read(log, from: start, follow: false) { statistics.count($0) }
    return statistics
  }

  /// Passes on the requested events from `start` through the head, or without an end.
  private func read(
    _ log: any EventSource, from start: Start, follow: Bool, _ take: (EventBatch) -> Void
  ) async throws {
    let reader = log.reader(from: start)
    var limits = limits
    limits.tags = tags.isEmpty ? nil : tags
    var token = await log.changeToken()
    var wait = Wait()
    while true {
      let batch: EventBatch?
      do throws(SourceError) {
        batch = try await reader.next(limits, through: nil)
        wait.isOver()
      } catch {
        guard follow && error.canPass || error.kind == .changed else { throw error }
        // A log that the node is changing is whole again in a moment; a missing one is waited for.
        try wait.again(after: error, follow: follow)
        try await Task.sleep(for: interval)
        continue
      }
      if let batch {
        let (chosen, isEnd) = choose(from: batch)
        take(chosen)
        if isEnd { return }
        continue
      }
      guard follow else { return }
      try await waitForNews(of: log, since: token)
      token = await log.changeToken()
    }
  }

  /// Returns once the change token of `log` is another one than `token`.
  private func waitForNews(of log: any EventSource, since token: ChangeToken) async throws {
    repeat {
      try Task.checkCancellation()
      await executor.wait(
        for: .seconds(1), each: interval, hearing: log.changeFolders
      ) { instant in
        // Without a token, what it may have to say is asked below.
        log.changeToken(at: instant).map { $0 != token } ?? true
      }
    } while await log.changeToken() == token
  }

  /// The requested events of `batch`, and whether the end was reached.
  private func choose(from batch: EventBatch) -> (EventBatch, isEnd: Bool) {
    var isEnd = false
    var chosen = batch
    if let through, batch.last.eventId > through {
      isEnd = true
      chosen = chosen.selecting { $0.position.eventId <= through }
    }
    if !tags.isEmpty {
      chosen = chosen.selecting { $0.position.tag.map(tags.contains) ?? false }
    }
    return (chosen, isEnd)
  }

  private func write(_ chosen: EventBatch) {
    switch form {
    case .json:
      let bytes = chosen.buffer.bytes
      for range in chosen.lineRanges {
        StandardOutput.write(UnsafeRawBufferPointer(rebasing: bytes[range]))
      }
    case .summary:
      var text = ""
      for entry in chosen.entries {
        text += Self.summary(of: entry, in: chosen) + "\n"
      }
      if !text.isEmpty { StandardOutput.write(text) }
    }
  }

  /// `1284331  2026-07-15T10:00:00.123Z  SnapshotConfirmed  snapshot 8 113  9.8 kB`
  private static func summary(of entry: EventBatch.Entry, in batch: EventBatch) -> String {
    let position = entry.position
    let line = batch.withBytes(of: entry) { EventSummary.line(for: $0, tag: position.tag) }
    let time = position.time?.text(fractionDigits: 3) ?? "-"
    let words = [
      "\(position.eventId)", time, Visible.text(position.tag ?? "-"), Visible.text(line),
      Quantity.bytes(UInt64(entry.length)),
    ]
    return words.filter { !$0.isEmpty }.joined(separator: "  ")
  }

  /// How often in a row a changing log was tried again, and whether its absence was reported.
  private struct Wait {
    var attempts = 0
    var told: SourceError?

    mutating func isOver() {
      attempts = 0
      told = nil
    }

    mutating func again(after error: SourceError, follow: Bool) throws {
      attempts += 1
      if !follow, attempts > 50 { throw error }
      if follow, error.kind != .changed, told != error {
        StandardError.say("\(error.message); waiting for it")
        told = error
      }
    }
  }
}
