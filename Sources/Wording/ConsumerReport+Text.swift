package import EventPersistence
package import SecondaryStatus

extension ConsumerReport {
  /// `127.0.0.1:51234 · at 1 284 000 · 331 behind · 12 kB unsent · answered 0.4 s ago`
  ///
  /// - Parameter lag: how many events it lacks; nil if that is not known.
  package func text(lag: UInt64?, now: EventTime?) -> String {
    var words: [String] = []
    if name != address { words.append(address) }
    words.append(
      confirmed.map { "at \(Quantity.count($0.eventId))" } ?? "has not confirmed an event yet")
    if confirmed != nil, let lag {
      words.append(lag == 0 ? "at the head" : "\(Quantity.count(lag)) behind")
    }
    if unsentBytes > 0 { words.append("\(Quantity.bytes(UInt64(unsentBytes))) unsent") }
    if let answeredAt, let now {
      words.append("answered \(Quantity.duration(max(0, now.seconds(since: answeredAt)))) ago")
    }
    if let note { words.append(note) }
    return words.joined(separator: " · ")
  }
}

extension SlowConsumer {
  /// `waits for slow-scrolls, 3 173 behind`
  package var text: String {
    "waits for \(name)" + (behind.map { ", \(Quantity.count($0)) behind" } ?? "")
  }
}
