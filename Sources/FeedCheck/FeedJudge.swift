internal import EventPersistence

/// Judges the messages of a WebSocket as Oura and as Kupo would, one after the other.
///
/// It keeps counts and the first message that each client objects to, not the messages.
package struct FeedJudge: ~Copyable {
  package private(set) var report = FeedReport()
  private var fields = MessageFields()
  private var goesBack = false

  /// How much of a message a report shows.
  static let beginningMax = 160
  /// The largest message that `websockets`, the usual library of Python, takes unless told otherwise.
  static let websocketsMessageMax = 1 << 20

  package init() {}

  /// Takes the next message; returns whether it ends the history.
  package mutating func take(_ message: FeedMessage) -> Bool {
    report.messages += 1
    report.bytes += UInt64(message.byteCount)
    report.largestMessageBytes = max(report.largestMessageBytes, UInt64(message.byteCount))
    return message.bytes.withUnsafeBytes { bytes in
      let size = OuraRules.objection(toSize: message)
      if let form = form(of: message, bytes) {
        note(0, size.map { .fails($0) } ?? form.oura, message)
        note(1, form.kupo, message)
        return false
      }
      let seq = fields.unsigned(fields.member("seq"))
      let tag = fields.string(fields.member("tag"))
      let oura = size.map { .fails($0) } ?? OuraRules.handling(fields)
      let kupo = KupoRules.handling(fields)
      follow(seq, tag)
      note(0, oura, message, seq, tag)
      note(1, kupo, message, seq, tag)
      return tag == "Greetings"
    }
  }

  /// A frame that is larger than any client takes, and was not read.
  package mutating func takeOversizedFrame() {
    let objection = Handling.Objection(
      nil, "a frame of more than \(FeedMessage.bytesMax) bytes")
    note(0, .fails(objection), FeedMessage(.text, []))
  }

  /// What the clients do with a message that is not JSON in a text; nil if it is, and `fields` has it.
  private mutating func form(
    of message: FeedMessage, _ bytes: UnsafeRawBufferPointer
  ) -> (oura: Handling, kupo: Handling)? {
    if message.kind == .binary {
      // Oura looks at text messages alone.
      let objection = Handling.Objection(nil, "a binary message, where text is expected")
      return (.drops(objection), .fails(objection))
    }
    if !message.isWhole {
      let objection = Handling.Objection(
        nil, "a message of \(message.byteCount) bytes, which this check does not read")
      return (.fails(objection), .fails(objection))
    }
    if String(validating: bytes, as: UTF8.self) == nil {
      let objection = Handling.Objection(nil, "is not UTF-8")
      return (.fails(objection), .fails(objection))
    }
    if !fields.read(bytes) {
      let objection = Handling.Objection(nil, "is not JSON")
      return (.drops(objection), .fails(objection))
    }
    return nil
  }

  /// What holds for the order of the events.
  private mutating func follow(_ seq: UInt64?, _ tag: String?) {
    guard let seq else { return }
    if report.firstSeq == nil {
      report.firstSeq = seq
      if tag == "EventLogRotated" {
        report.notes.append(
          "The history begins with a rotation: the events through seq \(seq) are missing. Oura finds "
            + "no position among them again, and Kupo none of their transactions.")
        lacks("the history begins with a rotation", seq, tag)
      }
    }
    if let last = report.lastSeq, seq < last, !goesBack {
      goesBack = true
      report.notes.append("seq goes back from \(last) to \(seq): the events are not in order.")
      lacks("seq goes back from \(last)", seq, tag)
    }
    report.lastSeq = seq
  }

  /// Both clients lack events.
  private mutating func lacks(_ reason: String, _ seq: UInt64, _ tag: String?) {
    for index in report.clients.indices {
      report.clients[index].verdict = max(report.clients[index].verdict, .drops)
      guard report.clients[index].firstDrop == nil else { continue }
      report.clients[index].firstDrop = FeedReport.Offence(
        seq: seq, tag: tag, key: "seq", reason: reason, message: "")
    }
  }

  private mutating func note(
    _ client: Int, _ handling: Handling, _ message: FeedMessage, _ seq: UInt64? = nil,
    _ tag: String? = nil
  ) {
    func offence(_ objection: Handling.Objection) -> FeedReport.Offence {
      FeedReport.Offence(
        seq: seq, tag: tag, key: objection.key, reason: objection.reason,
        message: String(decoding: message.bytes.prefix(Self.beginningMax), as: UTF8.self))
    }
    switch handling {
    case .takes: report.clients[client].taken += 1
    case .passesOver: report.clients[client].passedOver += 1
    case .drops(let objection):
      report.clients[client].dropped += 1
      report.clients[client].verdict = max(report.clients[client].verdict, .drops)
      if report.clients[client].firstDrop == nil {
        report.clients[client].firstDrop = offence(objection)
      }
    case .fails(let objection):
      report.clients[client].failed += 1
      report.clients[client].verdict = .fails
      if report.clients[client].firstFailure == nil {
        report.clients[client].firstFailure = offence(objection)
      }
    }
  }

  /// The report, after the last message.
  package consuming func finish(_ end: FeedReport.End, _ reason: String? = nil) -> FeedReport {
    var report = report
    report.end = end
    report.reason = reason
    if report.largestMessageBytes > UInt64(Self.websocketsMessageMax) {
      report.notes.append(
        "The largest message has \(report.largestMessageBytes) bytes: the library websockets of "
          + "Python takes \(Self.websocketsMessageMax), unless it is given another max_size.")
    }
    return report
  }
}
