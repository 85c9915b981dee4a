internal import EventPersistence
internal import Foundation

/// The message that tells a consumer that the history is over. It bears no `seq`.
enum Greetings {
  private struct Message: Encodable {
    var tag = "Greetings"
    var headStatus: String?
    var hydraHeadId: String?
    var timestamp: String
  }

  /// What a node's own greeting says, as far as a log tells: of the node itself it says nothing.
  static func text(_ head: HydraHead?, at time: EventTime) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let message = Message(
      headStatus: head?.state?.rawValue, hydraHeadId: head?.id, timestamp: time.description)
    // Text and nothing else: it has a form in JSON.
    return String(decoding: try! encoder.encode(message), as: UTF8.self)
  }
}
