/// The messages that consumers refused for their size, by consumer: one that connects again meets the
/// same message again.
struct SizeRefusals: Sendable {
  struct Refusal: Sendable, Equatable {
    /// The consumer, and which connection it was.
    var title: String
    /// The consumer alone.
    var name: String
    /// Of the message; nil if no message above 1 MiB was unanswered.
    var bytes: Int?
    /// The consumer said so with the close code 1009; else it left in the middle of the message.
    var isTold: Bool
    var count = 1

    /// The message in words.
    private var message: String {
      bytes.map { "a message of \(ConsumerText.mebibytes($0))" } ?? "a message"
    }

    /// A few words, for a table.
    var phrase: String {
      let times = count > 1 ? ", \(count) times" : ""
      return isTold
        ? "refused \(message) for its size\(times)" : "left in the middle of \(message)\(times)"
    }

    /// What happened, and what to do.
    var sentence: String {
      "\(title) \(phrase)\(isTold ? " (close code 1009)" : ""). Raise the size that it accepts: "
        + "its client library calls it max_size, max_message_size or maxPayload."
    }
  }

  /// The most consumers that are kept.
  static let countMax = 64

  private var ofOrigin: [String: Refusal] = [:]
  /// The last one, unless the consumer has taken such a message since.
  private(set) var last: Refusal?

  var isEmpty: Bool { ofOrigin.isEmpty }
  subscript(origin: String) -> Refusal? { ofOrigin[origin] }

  /// - Returns: the sentence for the journal: for the first refusal of a message of that size, and
  ///   after that for the 10th, the 100th, …
  mutating func note(_ consumer: Consumer, isTold: Bool) -> String? {
    var refusal = Refusal(
      title: consumer.fullTitle, name: consumer.title, bytes: consumer.largestUnanswered,
      isTold: isTold)
    if let former = ofOrigin[consumer.origin], former.bytes == refusal.bytes {
      refusal.count = former.count + 1
    } else if ofOrigin.count >= Self.countMax, ofOrigin[consumer.origin] == nil {
      ofOrigin.removeAll()
    }
    ofOrigin[consumer.origin] = refusal
    last = refusal
    return Self.isPowerOfTen(refusal.count) ? refusal.sentence : nil
  }

  /// A consumer has answered for messages: of those above 1 MiB, the largest has so many bytes; 0: none
  /// was as large.
  mutating func forgive(_ origin: String, _ bytes: Int) {
    guard let refusal = ofOrigin[origin], bytes >= refusal.bytes ?? 0 else { return }
    ofOrigin[origin] = nil
    if last == refusal { last = ofOrigin.values.max { $0.title > $1.title } }
  }

  private static func isPowerOfTen(_ count: Int) -> Bool {
    sequence(first: 1) { $0 < count ? $0 * 10 : nil }.contains(count)
  }
}
