import EventPersistence
import EventPersistenceTesting
import Foundation
import Testing

/// Random courses of a node, a driver and its operators, each from a seed, and the promises after
/// each of them.
///
/// `HYDRA_SINKS_SCHEDULES` sets how many there are. The first that breaks a promise is shortened and
/// printed as a script.
@Suite("Simulated schedules", .timeLimit(.minutes(30)))
struct SimulationTests {
  private static let count =
    ProcessInfo.processInfo.environment["HYDRA_SINKS_SCHEDULES"].flatMap { UInt64($0) } ?? 2000
  private static let shares: UInt64 = 8

  @Test(
    "whatever happens, each event of the log is stored, and the checkpoint says so",
    arguments: SeededRandom.seeds(0..<shares))
  func promises(share: UInt64) async throws {
    var seed = share
    while seed < max(Self.count, share + 1) {
      let schedule = Schedule(seed: seed)
      if try await schedule.violation() != nil {
        let shortest = try await schedule.shortened()
        Issue.record("seed \(seed): \(try await shortest.violation() ?? "")\n\(shortest.text)")
        return
      }
      seed += Self.shares
    }
  }

  @Test("a promise that is broken is found, and the schedule is shortened")
  func finds() async throws {
    // By hand, the checkpoint goes beyond what is stored.
    let broken = Schedule(lines: [
      "append 7", "drive", "pause", "append 9", "resume", "checkpoint 12", "append 1",
    ])
    #expect(try await broken.violation() != nil)
    #expect(try await broken.shortened().lines == ["append 7", "append 9", "checkpoint 12"])
  }
}

/// The orders of a `ScriptedSecondary`, one after another.
private struct Schedule {
  var lines: [String]

  init(lines: [String]) { self.lines = lines }

  init(seed: UInt64) {
    var random = SeededRandom(seed)
    lines = ["append \(Int.random(in: 1...30, using: &random))"]
    if Bool.random(using: &random) { lines.append("tell") }
    // Events that take the ids of lost ones are others.
    var generation = 0
    for _ in 0..<Int.random(in: 3...14, using: &random) {
      let count = Int.random(in: 1...20, using: &random)
      let tag = generation > 0 ? " --tag T\(generation)" : ""
      switch Int.random(in: 0..<21, using: &random) {
      case 0..<5:
        let shared = Bool.random(using: &random) ? " --shared-each \(count % 5 + 2)" : ""
        lines.append("append \(count)\(tag)\(shared)")
      case 5..<10: lines += Self.incidents(["pause"], &random) + ["drive"]
      case 10..<14:
        lines += Self.incidents(["cancel", "cancel --stay"], &random)
        lines.append("replay\(Self.target(&random)) --execute")
      case 14: lines.append("replay --resume")
      case 15: lines.append("pause")
      case 16: lines.append("resume")
      case 17:
        generation += 1
        lines += ["lose \(count % 8 + 1)", "append \(count) --tag T\(generation)"]
      case 20: lines += ["renew \(count)"]
      case 18: lines.append("forget \(count % 6 + 1)")
      default: lines.append("replay\(Self.target(&random))")
      }
    }
  }

  private static func incidents(_ more: [String], _ random: inout SeededRandom) -> [String] {
    guard Int.random(in: 0..<3, using: &random) > 0 else { return [] }
    let all = ["die", "fail EACCES", "retry EAGAIN", "lose-answer"] + more
    var batches: Set<Int> = []
    return (0..<Int.random(in: 1...2, using: &random)).compactMap { _ in
      let batch = Int.random(in: 1...4, using: &random)
      guard batches.insert(batch).inserted else { return nil }
      return "at batch \(batch): \(all.randomElement(using: &random)!)"
    }
  }

  private static func target(_ random: inout SeededRandom) -> String {
    let id = UInt64.random(in: 0..<40, using: &random)
    return switch Int.random(in: 0..<7, using: &random) {
    case 0: ""
    case 1: " --from start"
    case 2: " --from start --clamp"
    case 3, 4: " --from \(id)"
    case 5: " --from \(id) --clamp"
    default: " --from \(id / 2) --through \(id)"
    }
  }

  /// As a behaviour script, whose output is to be filled in.
  var text: String { lines.joined(separator: "\n") + "\nstatus\nsink\n----\n" }

  /// The schedule without each order that the violation does not need.
  func shortened() async throws -> Schedule {
    var shortest = self
    for index in lines.indices.reversed() {
      var shorter = shortest
      shorter.lines.remove(at: index)
      if try await shorter.violation() != nil { shortest = shorter }
    }
    return shortest
  }

  /// The first promise that does not hold; nil if all do.
  func violation() async throws -> String? {
    let folder = FileManager.default.fileExists(atPath: "/dev/shm") ? "/dev/shm" : "/tmp"
    let secondary = ScriptedSecondary(Bench(isPrompt: true, in: folder))
    for line in lines {
      let printed = try await Self.run(line, secondary)
      if let broken = try await secondary.brokenPromise() {
        return "after \"\(line)\", which prints \(printed): \(broken)"
      }
    }
    return try await Self.settle(secondary)
  }

  /// What an operator does in the end: resumes, retries, and rewinds out of a divergence.
  private static func settle(_ secondary: ScriptedSecondary) async throws -> String? {
    var printed: [String] = []
    for _ in 0..<6 {
      printed += try await run("resume", secondary)
      if try secondary.bench.folder.readReplay() != nil {
        printed += try await run("replay --resume", secondary)
      }
      let end = try await run("drive", secondary)
      printed += end
      if end.last == "diverged" || end.last == "new log" {
        printed += try await run("replay --execute", secondary)
      }
      if let broken = try await secondary.brokenPromise() { return "in the end: \(broken)" }
      if try await secondary.isSettled() { return nil }
    }
    return "it does not come to rest: \(printed)"
  }

  private static func run(_ line: String, _ secondary: ScriptedSecondary) async throws -> [String] {
    // A replay waits while its secondary is paused.
    if line.hasPrefix("replay"), line != "replay" { _ = try secondary.bench.folder.removePause() }
    // A node never empties its log.
    let words = line.split(separator: " ")
    if ["lose", "forget"].contains(words[0]), let count = Int(words[1]),
      await secondary.bench.source.events.count <= count
    {
      return []
    }
    var order = ScriptOrder(line, place: "schedule")
    do {
      return try await secondary.carryOut(&order)
    } catch let error as ScriptError {
      // The driver lives, because the batch at which it was to die never came; or a shortened
      // schedule lacks what this order needs.
      return [error.description]
    }
  }
}

extension ScriptedSecondary {
  /// What the state claims and the storage does not have.
  fileprivate func brokenPromise() async throws -> String? {
    guard let checkpoint = try bench.folder.readCheckpoint()?.position else { return nil }
    let (log, stored) = (await bench.source.events, await bench.storage.events)
    guard stored.contains(where: { $0.position.agrees(with: checkpoint) }) else {
      return "the checkpoint is \(checkpoint), which is not stored"
    }
    guard let index = log.lastIndex(where: { $0.position.agrees(with: checkpoint) }) else {
      return nil
    }
    let bytes = Set(stored.map(\.json))
    let missing = log[...index].filter { !bytes.contains($0.json) }.map(\.eventId)
    return missing.isEmpty
      ? nil : "the checkpoint is \(checkpoint), but \(missing.stretches) is not stored"
  }

  /// Whether everything is stored, the checkpoint is at the head, and nothing is under way.
  fileprivate func isSettled() async throws -> Bool {
    let head = await bench.source.events.last?.position
    return try bench.folder.readReplay() == nil && bench.folder.readPause() == nil
      && bench.folder.readCheckpoint()?.position == head
  }
}
