import EventPersistence
import FeedCheck
import SecondaryStatus
import Wording

/// A report of `feed-check` for people.
struct FeedCheckText {
  let report: FeedReport
  var paint = Paint.standardOutput

  init(_ report: FeedReport) { self.report = report }

  /// Unknown if the history was not read to its end and nothing worse was found.
  var severity: Severity {
    switch (report.verdict, report.end) {
    case (.fails, _): .error
    case (_, .closed), (_, .silent), (_, .refused), (_, .unreachable): .unknown
    case (.drops, _): .warning
    case (.takes, _): report.messages > 0 ? .ok : .unknown
    }
  }

  var lines: [String] {
    var lines = [Visible.text("\(report.url): \(summary)")]
    guard report.messages > 0 || report.verdict != .takes else { return lines }
    lines += report.clients.flatMap { self.lines(of: $0) }
    lines += report.notes.map { Visible.text("  \($0)") }
    return lines
  }

  private var summary: String {
    let reason = report.reason.map { " (\($0))" } ?? ""
    switch report.end {
    case .unreachable: return "cannot be reached: \(report.reason ?? "no answer")"
    case .refused:
      let answer = report.reason ?? "no answer"
      // A status of 4xx: there is a server, and it does not like the request.
      return answer.hasPrefix("4") ? "refused: \(answer)" : "is no WebSocket: \(answer)"
    default: break
    }
    var parts = [
      Quantity.count(report.messages, "message"), Quantity.bytes(report.bytes),
    ]
    if let first = report.firstSeq, let last = report.lastSeq {
      parts.append("seq \(Quantity.count(first)) through \(Quantity.count(last))")
    }
    let end =
      switch report.end {
      case .history: "to the end of the history"
      case .messages: "then as many as were asked for; more may follow"
      case .time: "then the time was over; more may follow"
      case .silent: "then nothing more came, and not the end of the history"
      default: "then the connection ended before the history did\(reason)"
      }
    return parts.joined(separator: ", ") + ", " + end
  }

  private func lines(of client: FeedReport.Client) -> [String] {
    let (severity, words): (Severity, String) =
      switch client.verdict {
      case .takes:
        (
          .ok,
          "takes all: \(Quantity.count(client.taken)) taken, "
            + "\(Quantity.count(client.passedOver)) passed over"
        )
      case .drops where client.dropped == 0: (.warning, "lacks a part of the history")
      case .drops: (.warning, "drops \(Quantity.count(client.dropped, "message"))")
      case .fails: (.error, "fails on \(Quantity.count(client.failed, "message"))")
      }
    var lines = [paint.apply(severity.ink, to: "\(severity.sign) \(client.client)") + "  \(words)"]
    for offence in [client.firstFailure, client.firstDrop] {
      guard let offence else { continue }
      let seq = offence.seq.map { "seq \(Quantity.count($0))" } ?? "without a seq"
      let place = [offence.tag, offence.key].compactMap { $0 }.joined(separator: ", ")
      lines.append(
        Visible.text(
          "    first \(seq)\(place.isEmpty ? "" : ", \(place)"): \(offence.reason)"))
      if !offence.message.isEmpty {
        lines.append(paint.apply(.dim, to: Visible.text("    \(offence.message)…")))
      }
    }
    return lines
  }
}
