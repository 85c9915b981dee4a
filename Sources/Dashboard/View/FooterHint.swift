import EventPersistence
internal import Wording

/// A hint of the footer, and the columns that it covers.
struct FooterHint: Sendable {
  var row: OrderRow
  var label: String
  var hint: String
  var column = 0

  var order: Order { row.order }
  var width: Int { label.count + 1 + hint.count }

  init(_ row: OrderRow, hint: String, isUTF8: Bool) {
    self.row = row
    label = row.label(isUTF8: isUTF8)
    self.hint = isUTF8 ? hint : Visible.text(hint, asASCII: true)
  }

  func covers(_ column: Int) -> Bool { column >= self.column && column < self.column + width }

  /// As many of `hints` as fit in a footer of `width` columns, the more important first.
  static func fitted(_ hints: [FooterHint], width: Int) -> [FooterHint] {
    let gap = 2
    var room = width - 2 + gap
    var chosen: Set<Order> = []
    for hint in hints.sorted(by: { $0.row.weight > $1.row.weight })
    where hint.width + gap <= room {
      room -= hint.width + gap
      chosen.insert(hint.order)
    }
    var column = 1
    return hints.filter { chosen.contains($0.order) }.map {
      var hint = $0
      hint.column = column
      column += hint.width + gap
      return hint
    }
  }
}
