internal import EventPersistence

/// A consumer as a line for people.
enum ConsumerText {
  /// `127.0.0.1:51234 · at 1 284 000 · 331 behind · 12 kB unsent · pong 0.4 s ago`
  static func line(_ consumer: Consumer, _ survey: Survey, at now: Duration) -> String {
    var words: [String] = []
    if consumer.name != nil { words.append(consumer.address) }
    let position = consumer.acknowledged?.last
    words.append(position.map { "at \(grouped($0.eventId))" } ?? "nothing acknowledged yet")
    if let position, let lag = survey.lag(behind: position) {
      words.append(lag == 0 ? "at the head" : "\(grouped(lag)) behind")
    }
    words.append("\(bytes(consumer.unsentBytes)) unsent")
    words.append(consumer.lastPongAt.map { "pong \(time(now - $0)) ago" } ?? "no pong yet")
    if case .after(let head) = consumer.beginning {
      words.append("connected without history at \(grouped(head.eventId))")
    } else if case .id(let id) = consumer.beginning {
      words.append("from \(grouped(id)) on")
    }
    if consumer.isLeaving { words.append("asked to reconnect") }
    if let trouble = consumer.trouble { words.append(trouble) }
    return words.joined(separator: " · ")
  }

  /// The consumer that the others wait for, `slow-scrolls, 3 173 behind`; nil if none is behind.
  static func slowest(of consumers: [Consumer], _ survey: Survey) -> String? {
    let behind = consumers.filter { !$0.isLeaving }.compactMap { consumer in
      consumer.acknowledged.flatMap { survey.lag(behind: $0.last) }.map { (consumer, $0) }
    }
    guard let (consumer, lag) = behind.max(by: { $0.1 < $1.1 }), lag > 0 else { return nil }
    return "\(consumer.title), \(grouped(lag)) behind"
  }

  /// Digits in groups of three.
  static func grouped(_ value: UInt64) -> String {
    var text = ""
    let digits = String(value)
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { text.append(" ") }
      text.append(digit)
    }
    return text
  }

  static func bytes(_ count: Int) -> String {
    switch count {
    case ..<1000: "\(count) B"
    case ..<1_000_000: "\(count / 1000) kB"
    default: "\(count / 1_000_000).\(count / 100_000 % 10) MB"
    }
  }

  /// Tenths of a second below 10 s, then seconds, minutes and hours.
  static func time(_ duration: Duration) -> String {
    let tenths = Int(max(.zero, duration) / .milliseconds(100))
    let seconds = tenths / 10
    switch seconds {
    case ..<10: return "\(seconds).\(tenths % 10) s"
    case ..<120: return "\(seconds) s"
    case ..<7200: return "\(seconds / 60) min"
    default: return "\(seconds / 3600) h"
    }
  }
}
