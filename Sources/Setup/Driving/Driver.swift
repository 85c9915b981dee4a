package import EventPersistence
internal import Foundation
package import Logging
package import Wording

/// Drives a setup's secondaries through the head and logs what happens.
package struct Driver: Sendable {
  package var setup: Setup
  package var secondaries: [ConfiguredSecondary]
  package var log: Logger

  package init(
    setup: Setup, secondaries: [ConfiguredSecondary], log: Logger
  ) {
    self.setup = setup
    self.secondaries = secondaries
    self.log = log
  }

  /// Drives through the head; returns how each secondary ended, by name.
  package func drive(waitsForLock: Bool = true) async throws -> [String: DriveEnd] {
    try await setup.checkHistories(of: secondaries)
    let source = try setup.source()
    var options = setup.driveOptions(log: log)
    options.waitsForLock = waitsForLock
    var driven: [Secondary] = []
    for secondary in secondaries {
      guard let configuration = try setup.driven(secondary, source: source) else { continue }
      driven.append(
        Secondary(
          configuration, source: source, folder: setup.state.folder(secondary.name),
          options: options))
    }
    let keeper = PrimaryKeeper(source: source, setup: setup, log: log)
    let combinator = Combinator(secondaries: driven)
    let ends = await withTaskGroup(of: [String: DriveEnd]?.self) { group in
      group.addTask { await combinator.start() }
      group.addTask {
        await keeper.keep()
        return nil
      }
      var ends: [String: DriveEnd] = [:]
      while let ended = await group.next() {
        if let ended { ends = ended }
        group.cancelAll()
      }
      return ends
    }
    ends.logFailures(log)
    return ends
  }

  /// The exit code of a run whose secondaries ended in these ways.
  package static func status(
    of all: [DriveEnd], untilHead: Bool, noWait: Bool
  ) -> ExitStatus {
    if noWait, !all.isEmpty, all.allSatisfy(\.isHeld) { return .busy }
    if all.contains(where: {
      if case .state(let error) = $0 { error.exitCode == 78 } else { false }
    }) {
      return .configuration
    }
    if all.contains(where: \.isFailure) { return .error }
    // One that was ended before it got to the head did not find out how that would have gone.
    if untilHead, all.contains(.cancelled) { return .unknown }
    if all.contains(where: { if case .noLog = $0 { true } else { false } }) { return .unknown }
    return .done
  }
}

extension DriveEnd {
  package var isHeld: Bool { if case .held = self { true } else { false } }

  /// Whether this end needs no action.
  package var isGood: Bool {
    switch self {
    case .cancelled, .reachedHead: true
    case .replayEnded(let record): record.state == .done || record.state == .cancelled
    default: false
    }
  }

  /// Whether this end makes a run exit with 2.
  package var isFailure: Bool {
    switch self {
    case .stopped, .diverged, .newLog, .gap, .source, .state, .paused: true
    case .replayEnded(let record): record.state == .failed
    case .cancelled, .reachedHead, .held, .noLog: false
    }
  }
}
