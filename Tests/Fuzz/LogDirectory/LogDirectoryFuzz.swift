import EventPersistence
import Fuzzing

@testable import HydraLog

private let folder = FuzzFolder(with: "old-state")

/// Any files under any names are a directory: a look at it and reading it end, and what is read is no more
/// than what is there.
///
/// The input is a list of files: a byte that chooses the name, one that tells how many events it holds, and
/// a byte an event: its step in ids, and what it is.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
  var input = UnsafeRawBufferPointer(start: start, count: count)[...]
  folder.clear()
  var id: UInt64 = 0
  var lines = 0
  for _ in 0..<8 {
    guard let choice = input.popFirst(), let length = input.popFirst() else { break }
    var text = ""
    for _ in 0..<Int(length % 8) {
      guard let what = input.popFirst() else { break }
      id = max(0, id &+ UInt64(what % 4)) &- (what & 0x80 == 0 ? 0 : min(id, 4))
      text += line(id, what)
      lines += 1
    }
    let bytes = Array(text.utf8)
    bytes.withUnsafeBytes { folder.write(name(choice, id), $0) }
  }
  if let text = String(validating: input, as: UTF8.self) {
    _ = LogName(text)
  }
  look(lines)
  return 0
}

private func name(_ choice: UInt8, _ id: UInt64) -> String {
  switch choice % 8 {
  case 0, 1: "state"
  case 2, 3: "state-\(id)"
  case 4: "state-\(choice)"
  case 5: "state.migrated"
  case 6: "hydra.db"
  default: "old-state/hydra-\(id).db"
  }
}

private func line(_ id: UInt64, _ what: UInt8) -> String {
  switch what >> 2 & 7 {
  case 0:
    "{\"eventId\":\(id),\"stateChanged\":{\"tag\":\"Checkpoint\"},\"time\":\"2026-07-15T10:00:0\(id % 10)Z\"}\n"
  case 1: "{\"tag\":\"TickObserved\"}\n"
  case 2: "{\"eventId\":\(id),\"stateChanged\":{\"tag\":\"TickObs"
  case 3: "\0\0\n"
  case 4: "{\"eventId\":\(id),\"stateChanged\":{\"tag\":\"X\"}}\n"
  default:
    "{\"eventId\":\(id),\"stateChanged\":{\"tag\":\"TickObserved\"},\"time\":\"2026-07-15T10:00:0\(id % 10)Z\"}\n"
  }
}

private func look(_ lines: Int) {
  let directory = PersistenceDirectory(path: folder.path)
  let survey = directory.surveyNow()
  precondition(survey.sentence?.isEmpty != true)
  _ = directory.changeTokenNow()
  let chain = LogChain(directory: folder.path)
  var start = Start.first
  var events: [StateEvent] = []
  while true {
    var reader = LogReader(chain: chain, start: start, isNoting: true)
    do throws(SourceError) {
      while let batch = try reader.next(BatchLimits(events: 3), through: nil) {
        events += batch.entries.map(batch.event)
        precondition(events.count <= 2 * lines, "events come without end")
      }
      break
    } catch {
      precondition(!error.message.isEmpty)
      guard case .gap(let lost) = error.kind,
        events.last.map({ $0.eventId <= lost.upperBound }) ?? true
      else { break }
      // The way on that an operator has; a gap right behind it would be no way.
      guard lost.upperBound < .max, start != .id(lost.upperBound) else { break }
      start = .id(lost.upperBound)
    }
  }
  for event in events { _ = try? directory.statusNow(of: event.position) }
  if let links = try? chain.links() {
    let record = chain.record(of: links)
    directory.adopt(record)
    _ = directory.surveyNow()
  }
}
