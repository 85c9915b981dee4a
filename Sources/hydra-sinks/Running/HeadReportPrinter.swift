import ArgumentParser
import EventPersistence
import Foundation
import HydraLog
import Wording

/// Writes the report of one head to standard output, while it reads the log.
///
/// It holds one batch of the log, and what `HeadReport` holds.
struct HeadReportPrinter {
  enum Form: String, CaseIterable, ExpressibleByArgument { case json, csv }

  /// A head's id, or its beginning.
  var head: String
  var form: Form

  /// Prints what `log` has of the head, and says on standard error what it lacks.
  ///
  /// - Parameter part: which events `log` has, if not all.
  /// - Throws: `Exit` with 1 if a part of the head is missing; a refusal if all of it is.
  func print(_ log: any EventSource, part: String? = nil) async throws {
    let survey = await log.survey()
    var report = HeadReport(head)
    var losses: [String] = part.map { ["only a part of the events is there (\($0))"] } ?? []
    var reader = PassingReader(log, from: .first)
    var limits = BatchLimits()
    limits.tags = HeadReport.tags
    var bar = ProgressBar("head \(head.prefix(8))")
    if form == .csv { Self.write("kind,txId,eventId,time,snapshot,cborHex,utxo\r\n") }
    while let found = try await reader.next(limits, through: nil) {
      try Task.checkCancellation()
      if report.headId != nil, report.endedAt == nil { losses += found.losses.values.sorted() }
      for entry in found.batch.entries {
        guard HeadReport.tags.contains(entry.position.tag ?? "") else { continue }
        found.batch.withBytes(of: entry) { report.take(entry.position, $0) }.forEach(write)
      }
      bar.show(
        done: found.batch.last.eventId + 1, of: survey.head.map { $0.eventId + 1 })
    }
    bar.clear()
    report.finish().forEach(write)
    if report.endedAt == nil, let loss = reader.endLoss { losses.append(loss) }
    try end(report, losses, survey)
  }

  // MARK: - The end

  private func end(_ report: HeadReport, _ losses: [String], _ survey: Survey) throws {
    guard let headId = report.headId else {
      let others =
        report.others.isEmpty
        ? "no event of any head" : "events of \(report.others.joined(separator: ", "))"
      throw Refusal(.error, "no event of a head \(head) is there, but \(others)")
    }
    if let other = report.ambiguous {
      throw Refusal(.usage, "\(head) begins the ids of two heads, \(headId) and \(other)")
    }
    var losses = losses
    if report.openedAt == nil {
      let first = survey.first.map { ", which is \($0.eventId)" } ?? ""
      losses.insert(
        "it opened before the first event that is there\(first). A secondary may have the others: "
          + "--of NAME", at: 0)
    }
    let summary = Summary(report, headId: headId, missing: losses)
    if form == .json { StandardOutput.document(summary) }
    if report.endedAt == nil {
      StandardError.say(
        "the head \(headId) is not finalized: it is \(summary.state), and its final UTxO is not "
          + "known yet")
    }
    guard !losses.isEmpty else { return }
    for loss in losses {
      StandardError.say("a part of the head \(headId) is missing: \(loss)")
    }
    throw Exit(.warning)
  }

  /// The last line: what is known about the head as a whole.
  private struct Summary: Encodable {
    var kind = "head"
    var headId: String
    var state: String
    var isFinalized: Bool
    /// Confirmed or not.
    var transactions: UInt64
    var unconfirmed: UInt64
    @Nullable var snapshotNumber: UInt64?
    @Nullable var openedAt: EventTime?
    @Nullable var closedAt: EventTime?
    @Nullable var endedAt: EventTime?
    var missing: [String]

    init(_ report: HeadReport, headId: String, missing: [String]) {
      self.headId = headId
      isFinalized = report.endedAt != nil
      let state: HydraHead.State =
        report.isAborted
        ? .aborted : isFinalized ? .final : report.closedAt != nil ? .closed : .open
      self.state = state.rawValue
      transactions = report.confirmed + report.unconfirmed
      unconfirmed = report.unconfirmed
      self.missing = missing
      snapshotNumber = report.snapshotNumber
      openedAt = report.openedAt?.time
      closedAt = report.closedAt?.time
      endedAt = report.endedAt?.time
    }
  }

  // MARK: - A line

  private struct TransactionLine: Encodable {
    var kind = "transaction"
    var txId: String
    @Nullable var eventId: UInt64?
    @Nullable var time: EventTime?
    @Nullable var snapshot: UInt64?
    @Nullable var cborHex: String?
  }

  private struct FanoutLine: Encodable {
    var kind = "fanout"
    var eventId: UInt64
    @Nullable var time: EventTime?
    var isLast: Bool
  }

  private func write(_ line: HeadReport.Line) {
    switch (line, form) {
    case (.transaction(let tx), .json):
      StandardOutput.document(
        TransactionLine(
          txId: tx.txId, eventId: tx.eventId, time: tx.time, snapshot: tx.snapshot,
          cborHex: tx.cborHex))
    case (.transaction(let tx), .csv):
      row([
        "transaction", tx.txId, tx.eventId?.description, tx.time?.description,
        tx.snapshot?.description, tx.cborHex, nil,
      ])
    case (.fanout(let fanout), .json):
      let line = FanoutLine(eventId: fanout.eventId, time: fanout.time, isLast: fanout.isLast)
      // The outputs go out as they are stored: decoding them would round their numbers.
      let known = JSONFile.data(of: line).dropLast(2)
      Self.write(known + Data(",\"utxo\":\(fanout.utxo ?? "null")}\n".utf8))
    case (.fanout(let fanout), .csv):
      row([
        "fanout", nil, "\(fanout.eventId)", fanout.time?.description, nil, nil, fanout.utxo,
      ])
    }
  }

  /// A row as RFC 4180 has it.
  private func row(_ fields: [String?]) {
    let fields = fields.map { field in
      guard let field, field.contains(where: { ",\"\r\n".contains($0) }) else {
        return field ?? ""
      }
      return "\"\(field.replacingOccurrences(of: "\"", with: "\"\""))\""
    }
    Self.write(fields.joined(separator: ",") + "\r\n")
  }

  private static func write(_ text: String) { write(Data(text.utf8)) }

  private static func write(_ data: Data) { data.withUnsafeBytes { StandardOutput.write($0) } }
}
