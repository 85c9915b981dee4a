internal import CardanoLedger
package import Dashboard
package import EventPersistence
package import HydraLog

extension EventDetail {
  /// A whole event, as the detail view shows it.
  package init(_ event: StateEvent) {
    let (tokens, summary) = event.json.withUnsafeBytes { bytes in
      (JSONTokens.of(bytes), EventSummary.line(for: bytes, tag: event.tag))
    }
    guard let tokens else {
      // Not JSON: shown as it is.
      let text = String(decoding: event.json.prefix(Self.textBytesMax), as: UTF8.self)
      self.init(
        position: event.position, bytes: event.json.count,
        tokens: [Token(.string, depth: 0, text)],
        isCut: event.json.count > Self.textBytesMax, summary: summary)
      return
    }
    self.init(
      position: event.position, bytes: event.json.count,
      tokens: tokens.prefix(Self.tokensMax).map(Token.init),
      isCut: tokens.count > Self.tokensMax, summary: summary,
      transactions: Self.transactions(in: tokens))
  }

  /// The transactions among `tokens`: the objects that have a `txId`, with the content of their
  /// `cborHex`.
  private static func transactions(in tokens: [JSONToken]) -> [Transaction] {
    struct Object {
      var id: String?
      var body: String?
    }
    var open: [Object] = []
    var key: String?
    var found: [Transaction] = []
    for token in tokens where found.count < transactionsMax {
      switch token.kind {
      case .objectStart: open.append(Object())
      case .objectEnd:
        if let object = open.popLast(), let id = object.id {
          let body = object.body.flatMap { TransactionBody(hex: $0) }
          let transaction = Transaction(id: id, inputs: body?.inputs, outputs: body?.outputs)
          if !found.contains(transaction) { found.append(transaction) }
        }
      case .key:
        key = token.text
        continue
      case .string:
        guard !open.isEmpty else { break }
        if key == "txId" { open[open.count - 1].id = token.text }
        if key == "cborHex" { open[open.count - 1].body = token.text }
      default: break
      }
      key = nil
    }
    return found
  }
}

extension EventDetail.Token {
  package init(_ token: JSONToken) {
    switch token.kind {
    case .objectStart: self.init(.open, depth: token.depth, "{")
    case .objectEnd: self.init(.close, depth: token.depth, "}")
    case .arrayStart: self.init(.open, depth: token.depth, "[")
    case .arrayEnd: self.init(.close, depth: token.depth, "]")
    case .key: self.init(.key, depth: token.depth, token.text)
    case .string: self.init(.string, depth: token.depth, token.text)
    case .number: self.init(.number, depth: token.depth, token.text)
    case .bool, .null: self.init(.literal, depth: token.depth, token.text)
    }
  }
}
