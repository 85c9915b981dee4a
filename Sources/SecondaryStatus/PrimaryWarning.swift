package import EventPersistence

/// What will harm a node whose log can be read for now.
package struct PrimaryWarning: Sendable, Hashable, Codable {
  package enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
    /// The log is so large that the node starts slowly from it, or not at all.
    case largeLog = "large-log"
    /// There is less room on the log's disk than the log takes.
    case lowDisk = "low-disk"
  }

  package var kind: Kind
  /// What was found, what it leads to, and what to do: sentences for a person.
  package var message: String

  /// From this size on, nodes were reported to start slowly, or to run out of memory.
  package static let largeBytes: UInt64 = 500_000_000

  /// - Parameter freeBytes: the free space on the log's disk; nil if it is not known.
  package static func all(of survey: Survey, freeBytes: UInt64?) -> [PrimaryWarning] {
    guard survey.state == .live || survey.state == .silent, let bytes = survey.liveBytes,
      let format = survey.format
    else { return [] }
    var warnings: [PrimaryWarning] = []
    if let freeBytes, freeBytes < bytes {
      warnings.append(
        PrimaryWarning(kind: .lowDisk, message: lowDisk(bytes, freeBytes, format)))
    }
    if bytes >= largeBytes {
      warnings.append(PrimaryWarning(kind: .largeLog, message: largeLog(bytes, format)))
    }
    return warnings
  }

  private static func lowDisk(_ bytes: UInt64, _ freeBytes: UInt64, _ format: LogFormat) -> String {
    let found =
      "\(megabytes(freeBytes)) are free on the disk of the log, which takes "
      + "\(megabytes(bytes)). "
    let risk =
      format.isDatabase
      ? "A node of 2.3 or later copies its hydra.db whole before it rotates it, and ends when that "
        + "fails. "
      : "A node that cannot write tears its log; from 2.1 on, it first copies it whole into a "
        + "hydra.db. "
    return found + risk
      + "Make room: hydra-sinks archives --deletable prints the archives that may go."
  }

  private static func largeLog(_ bytes: UInt64, _ format: LogFormat) -> String {
    let found =
      "The node reads its whole log of \(megabytes(bytes)) when it starts: from 500 MB on, "
      + "that is slow or runs out of memory. Let it rotate its log (sooner), with hydra-node's "
      + "--persistence-rotate-after N. "
    switch format {
    case .state:
      return found
        + "Nodes from 0.22 on then rename state to state-ID, and begin a new one with a Checkpoint."
    case .bare, .untimed:
      return found + "Nodes from 0.22 on can do that; the log was written by an earlier one."
    case .sqliteJSON:
      return found
        + "A node of 2.3 then copies the events to old-state/hydra-ID.db; nodes of 2.1 and 2.2 "
        + "delete them, so that a secondary must have stored them before."
    case .sqliteCBOR:
      return found
        + "It then copies the events to old-state/hydra-ID.db, and begins anew with a Checkpoint."
    }
  }

  private static func megabytes(_ bytes: UInt64) -> String { "\(bytes / 1_000_000) MB" }
}

extension Survey {
  /// The size of the part that the node writes, and reads when it starts: without archives.
  package var liveBytes: UInt64? {
    let archived = archives.filter { !$0.isFormer }.reduce(UInt64(0)) { $0 &+ $1.bytes }
    return bytes.flatMap { $0 >= archived ? $0 - archived : nil }
  }
}
