import EventPersistence
import Foundation

/// The failures of a program that streams, a sentence each. The program has ended by then.
extension CommandStream {
  var said: String {
    lastLine.map { ". The end of its standard error: \($0)" } ?? ""
  }

  func nonsense(_ line: ArraySlice<UInt8>) -> SinkError {
    stop(patience: .zero)
    return SinkError(
      .stop, code: "no answer",
      "\(options.command[0]) said \(Self.shown(line)) on its standard output, where answers like "
        + "{\"eventId\":1} were expected, each on a line. Write messages for people to "
        + "standard error."
    )
  }

  func neverSent(_ line: ArraySlice<UInt8>) -> SinkError {
    stop(patience: .zero)
    return SinkError(
      .stop, code: "never sent",
      "\(options.command[0]) answered \(Self.shown(line)), but it did not receive that event, so "
        + "hydra-sinks cannot tell what it has stored. Correct the program.")
  }

  func silent(_ exchange: Exchange) -> SinkError {
    stop(patience: .zero)
    let position = exchange.batch.entries[exchange.answered].position
    let isFull =
      exchange.unansweredBytes >= window
      ? ". The window of \(window) bytes is full: it must answer before that, or needs a larger "
        + "window"
      : ""
    return SinkError(
      .retry, code: "timeout",
      "\(options.command[0]) has not answered for \(position) within "
        + "\(Self.text(options.timeout)), nor for any of the \(exchange.unansweredCount) events "
        + "sent with it\(isFull)\(said)")
  }

  func left(_ exchange: Exchange) -> SinkError {
    SinkError(
      .retry, code: "left",
      "\(options.command[0]) ended with \(exchange.unansweredCount) events unanswered."
    )
  }

  func ended(with exchange: Exchange) -> SinkError {
    let count = exchange.unansweredCount
    return ended(doing: count == 0 ? "" : " with \(count) events unanswered")
  }

  func ended(doing what: String = "") -> SinkError {
    // If it only closed its output, it is ended here.
    let end = program!.finish(patience: .milliseconds(200), grace: options.grace)
    lastEnd = end.text
    lastLine = program!.lastLine
    program = nil
    if end == .timedOut {
      return SinkError(
        .retry, code: "closed",
        "\(options.command[0]) closed its standard input or output\(what), and was stopped\(said)")
    }
    return .ended(
      options.command[0], end, doing: what, timeout: options.timeout, lastLine: lastLine)
  }

  /// The line, shortened; control characters are made visible where it is displayed.
  static func shown(_ line: ArraySlice<UInt8>) -> String {
    let text = String(decoding: line.prefix(shownBytesMax), as: UTF8.self)
    return "\"\(text)\(line.count > shownBytesMax ? "…" : "")\""
  }

  static func text(_ duration: Duration) -> String {
    duration.formatted(.units(allowed: [.minutes, .seconds, .milliseconds]))
  }
}
