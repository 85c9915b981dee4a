import EventPersistenceTesting
import Foundation
import Fuzzing
import SecondaryStatus

@testable import Dashboard
@testable import DashboardHost
@testable import EventPersistence
@testable import HydraLog

private let folder = FuzzFolder(with: "state", "state/cold", "log")
private let state = StateDirectory(path: folder.path + "/state")
private let source = MemorySource(SampleEvents.make(20))

private let names = [
  "checkpoint.json", "secondary.json", "driver.json", "replay.json", "replays.jsonl",
  "journal.jsonl", "history", "pause.json", "cancel", "retry", "lock", "../primary.json",
]

/// Any bytes in the files of a state directory are shown as what they are or named in an error;
/// nothing that programs do with a secondary ends them.
///
/// The input is a list of files, each followed by the byte 1E: a letter from `a` on that names one of
/// the above, and its content.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
  let input = UnsafeRawBufferPointer(start: start, count: count)
  folder.clear()
  for piece in input.split(separator: 0x1E) {
    let name = names[Int(piece.first! &- UInt8(ascii: "a")) % names.count]
    let content = name == "../primary.json" ? named(piece.dropFirst()) : Array(piece.dropFirst())
    content.withUnsafeBytes { folder.write("state/cold/" + name, $0) }
  }
  blocking { await look() }
  primary()
  orders()
  return 0
}

private func look() async {
  let observer = Observer(
    source: source, persistenceDir: "/hydra", state: state,
    secondaries: [
      SecondaryDescription(name: "cold", kind: "file", target: "/a", persistenceDir: "/hydra")
    ], rotateAfter: 10)
  for look in 0..<2 {
    let observation = await observer.look()
    // What one machine prints, the dashboard of another one reads.
    let document = StatusDocument(observation)
    let json = document.json
    do {
      let read = try JSONDecoder().decode(StatusDocument.self, from: Data(json.utf8))
      precondition(read.json == json, "\(json) becomes \(read.json)")
    } catch { fatalError("what is printed is not read: \(json): \(error)") }
    if look == 1 { draw(observation) }
  }
}

private func draw(_ observation: Observation) {
  var model = Model(settings: Settings(persistenceDir: "/hydra"), width: 132, height: 40)
  _ = model.update(.tick(observation.at))
  _ = model.update(
    .observed(Observed(observation, trend: PrimaryTrend())))
  _ = model.view()
  let cold = state.folder("cold")
  let minute = HistoryRing.Sample.minute(of: observation.at)
  _ = model.update(.key(.tab))
  _ = model.update(.key(.enter))
  do throws(StateError) {
    let samples = try cold.history.read(minute - Int64(HistoryRing.minuteCount) + 1...minute)
    _ = model.update(
      .history(
        SecondaryHistory(
          name: "cold",
          samples: samples.map {
            SecondaryHistory.Sample(
              at: EventTime(seconds: $0.minute * 60), lagEvents: $0.lagEvents,
              ratePerSecond: $0.ratePerSecond)
          },
          journal: try cold.readJournal(last: 500))))
  } catch {
    precondition(error.message.contains(state.path))
    _ = model.update(.historyFailed(name: "cold", error.message))
  }
  _ = model.view()
}

// MARK: - The record of the log

private let log: [UInt8] = {
  let events: [UInt8] = SampleEvents.make(9).flatMap { $0.json + [0x0A] }
  return events + Array("{\"eventId\":9,\"state".utf8)
}()

/// The record's file with the log's own inode and opening in place of `$INODE` and `$OPENING`.
private func named(_ record: some Sequence<UInt8>) -> [UInt8] {
  log.withUnsafeBytes { folder.write("log/state", $0) }
  let opening = log.prefix(64).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  let text = String(decoding: Array(record), as: UTF8.self)
    .replacing("$INODE", with: "\(folder.identity("log/state").inode)")
    .replacing("$OPENING", with: opening)
  return Array(text.utf8)
}

/// Whatever is recorded about a log, the same events are read from it.
private func primary() {
  log.withUnsafeBytes { folder.write("log/state", $0) }
  let directory = PersistenceDirectory(path: folder.path + "/log")
  guard let record = try? state.readPrimary(PrimaryRecord.self) else { return }
  directory.adopt(record)
  let survey = directory.surveyNow()
  precondition(survey.first?.eventId == 0 && survey.head?.eventId == 8)
  _ = try? directory.tornLines()
  for start in [Start.first, .time(EventTime(seconds: 1_784_109_604)), .last(3)] {
    do throws(SourceError) {
      var reader = LogReader(chain: directory.chain, start: start, isNoting: true)
      var ids: [UInt64] = []
      while let batch = try reader.next(BatchLimits(), through: nil) {
        ids += batch.entries.map(\.position.eventId)
        precondition(ids.count <= 9, "events come twice")
      }
      precondition(ids.last == 8 && ids == Array(ids[0]...8), "\(ids)")
      if case .first = start { precondition(ids.count == 9) }
    } catch { fatalError("\(error)") }
  }
  if let record = try? directory.record() { _ = try? state.writePrimary(record) }
}

// MARK: - What is written

private func orders() {
  let cold = state.folder("cold")
  attempt { try state.pause("cold", by: "a@b", reason: "r", until: nil) }
  attempt { try state.resume("cold", by: "a@b") }
  attempt { _ = try state.planForget("cold") }
  attempt { _ = try state.folderNames() }
  attempt { _ = try cold.readCancel() }
  attempt { _ = try cold.takeRetry() }
  attempt { try cold.note(JournalEntry(.state, "ok", at: .now)) }
  attempt { try cold.writeDriver(DriverReport(pid: 1, host: "h", startedAt: .now)) }
  attempt { try cold.history.append(HistoryRing.Sample(minute: 29_000_000, state: .ok)) }
}

private func attempt(_ order: () throws -> Void) {
  do { try order() } catch {
    guard let error = error as? StateError else { fatalError("\(error)") }
    precondition(error.message.contains("cold"), error.message)
  }
}
