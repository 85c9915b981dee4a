import EventPersistence
import EventPersistenceTesting
import Foundation
import SQLite

/// Carries out a script's orders for a node on its log: in `state`, or in `hydra.db` if there is
/// one.
struct NodeWriter {
  let folder: LogFolder

  func carryOut(_ order: inout ScriptOrder) throws {
    switch order.verb {
    case "append": try append(&order)
    case "tear":
      let id = try order.ids().lowerBound
      let keep = try order.number("--keep") ?? 0
      folder.append("state", String(Line.tick(id).prefix(keep)))
    case "zeros":
      let count = try order.number(meaning: "a count")
      try appendBytes([UInt8](repeating: 0, count: count))
    case "line": folder.append("state", order.text() + "\n")
    case "rotate":
      let (isEarly, isArchived) = (order.flag("--early"), !order.flag("--no-archive"))
      try hasDatabase ? rotateDatabase(isArchived) : rotateState(isEarly, isArchived)
    case "migrate": try migrate(isWhole: !order.flag("--halfway"))
    case "lose": try lose(order.number(meaning: "a count"))
    case "move": folder.move(try order.word("a file"), to: try order.word("another name"))
    case "remove": folder.remove(try order.word("a file"))
    default: throw order.unknown()
    }
  }

  private var hasDatabase: Bool {
    FileManager.default.fileExists(atPath: "\(folder.path)/hydra.db")
  }

  private var stateLines: [String] {
    let data = FileManager.default.contents(atPath: "\(folder.path)/state") ?? Data()
    return data.split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
  }

  private func id(of line: String) -> UInt64? {
    Array(line.utf8).withUnsafeBytes { Position(json: $0)?.eventId }
  }

  // MARK: - Appending

  private func append(_ order: inout ScriptOrder) throws {
    let ids = try order.ids()
    let tag = try order.value("--tag") ?? "TickObserved"
    let form = try order.value("--form") ?? "timed"
    if hasDatabase {
      try onDatabase { database in
        for id in ids { try insert(id, Self.event(id, tag, form), in: database) }
      }
    } else {
      for id in ids { folder.append("state", Self.event(id, tag, form) + "\n") }
    }
  }

  private static func event(_ id: UInt64, _ tag: String, _ form: String) -> String {
    let change = "{\"chainSlot\":\(id),\"tag\":\"\(tag)\"}"
    if form == "bare" { return change }
    let time = form == "untimed" ? "" : ",\"time\":\"\(Line.time(id))\""
    return "{\"eventId\":\(id),\"stateChanged\":\(change)\(time)}"
  }

  private func appendBytes(_ bytes: [UInt8]) throws {
    let file = try FileHandle(forWritingTo: URL(filePath: "\(folder.path)/state"))
    defer { try? file.close() }
    try file.seekToEnd()
    try file.write(contentsOf: bytes)
  }

  private func lose(_ count: Int) throws {
    guard hasDatabase else {
      return folder.write("state", stateLines.dropLast(count).map { $0 + "\n" }.joined())
    }
    try onDatabase { database in
      try database.execute(
        """
        DELETE FROM events WHERE event_id IN
          (SELECT event_id FROM events ORDER BY event_id DESC LIMIT \(count))
        """)
    }
  }

  // MARK: - Rotating and migrating

  private func rotateState(_ isEarly: Bool, _ isArchived: Bool) throws {
    let last = stateLines.last.flatMap(id) ?? 0
    if isArchived {
      folder.move("state", to: "state-\(last)")
    } else {
      folder.remove("state")
    }
    folder.append("state", Line.checkpoint(isEarly ? last + 1 : last) + "\n")
  }

  private func rotateDatabase(_ isArchived: Bool) throws {
    try FileManager.default.createDirectory(
      atPath: "\(folder.path)/old-state", withIntermediateDirectories: true)
    let database = try SQLiteDatabase("\(folder.path)/hydra.db")
    let last = try database.integers("SELECT max(event_id) FROM events")[0]
    let id = UInt64(last ?? 0)
    if isArchived {
      try database.execute("VACUUM INTO '\(folder.path)/old-state/hydra-\(id).db'")
    }
    try database.transaction {
      try database.execute("DELETE FROM events")
      try insert(id, Line.checkpoint(id), in: database)
    }
  }

  private func migrate(isWhole: Bool) throws {
    try onDatabase { database in
      try database.createEvents()
      for line in stateLines {
        if let id = id(of: line) { try insert(id, line, in: database) }
      }
    }
    if isWhole { folder.move("state", to: "state.migrated") }
  }

  private func insert(_ id: UInt64, _ json: String, in database: SQLiteDatabase) throws {
    try Array(json.utf8).withUnsafeBytes { try database.insert(Int64(id), $0) }
  }

  private func onDatabase(_ body: (SQLiteDatabase) throws -> Void) throws {
    let database = try SQLiteDatabase("\(folder.path)/hydra.db")
    try database.execute("PRAGMA journal_mode = WAL; PRAGMA user_version = 1")
    try database.transaction { try body(database) }
  }
}
