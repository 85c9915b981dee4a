import EventPersistence
internal import Wording

/// A hint of the footer, and the columns that it covers.
struct FooterHint: Sendable {
  let order: Order
  /// What a click on it presses.
  let key: Key
  let label: String
  let hint: String
  let width: Int
  /// The footer drops the lowest first.
  private let weight: Int
  private(set) var column = 0

  /// - Parameter row: with at least one key.
  init(_ row: OrderRow, hint: String, isUTF8: Bool) {
    order = row.order
    key = row.keys[0]
    weight = row.weight
    label = row.label(isUTF8: isUTF8)
    self.hint = isUTF8 ? hint : Visible.text(hint, asASCII: true)
    width = label.count + 1 + self.hint.count
  }

  func covers(_ column: Int) -> Bool { column >= self.column && column < self.column + width }

  /// As many of `hints` as fit in a footer of `width` columns, the more important first.
  static func fitted(_ hints: [FooterHint], width: Int) -> [FooterHint] {
    let gap = 2
    var room = width - 2 + gap
    var isChosen = Array(repeating: false, count: hints.count)
    for index in hints.indices.sorted(by: { hints[$0].weight > hints[$1].weight })
    where hints[index].width + gap <= room {
      room -= hints[index].width + gap
      isChosen[index] = true
    }
    var column = 1
    return hints.indices.filter { isChosen[$0] }.map {
      var hint = hints[$0]
      hint.column = column
      column += hint.width + gap
      return hint
    }
  }
}
