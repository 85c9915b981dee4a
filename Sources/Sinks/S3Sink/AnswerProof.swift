/// What shows that a successful answer is S3's. Anything that listens can answer 200, and a proxy
/// may do so for a server that it cannot reach.
enum AnswerProof: Sendable {
  /// Of an object that was stored: an entity tag or the checksum that was sent, and no other
  /// checksum.
  case stored(checksum: (name: String, value: String)?)
  /// Of an object that is held: an entity tag.
  case held
  /// An XML document with this root, and with this element.
  case document(root: String, element: String? = nil)
  /// Of an object that was deleted: S3 has nothing to say.
  case noContent

  /// What keeps `answer` from being S3's, to follow "with status 200"; nil if nothing does.
  func objection(to answer: S3Client.Answer) -> String? {
    switch self {
    case .stored(let sent):
      if let sent, let found = answer.headers[sent.name] {
        guard found == sent.value else { return "with another \(sent.name) than was sent" }
      } else if !Self.hasTag(answer) {
        return "without an ETag"
      }
      return answer.body.isEmpty ? nil : "with a page"
    case .held:
      if answer.status != 200 { return "with a part of the object" }
      return Self.hasTag(answer) ? nil : "without an ETag"
    case .document(let root, let element):
      guard answer.document.root == root else { return "without a \(root)" }
      guard let element, answer.document.first(element)?.isEmpty ?? true else { return nil }
      return "with a \(root) without an \(element)"
    case .noContent: return answer.body.isEmpty ? nil : "with a page"
    }
  }

  private static func hasTag(_ answer: S3Client.Answer) -> Bool {
    !(answer.headers["etag"] ?? "").isEmpty
  }
}
