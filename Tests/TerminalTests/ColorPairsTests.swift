import CNCurses
import Dashboard
import Testing

@testable import Terminal

@Suite("ColorPairs") struct ColorPairsTests {
  /// The pairs that were made, by number.
  private final class Made {
    var pairs: [Int32: [Int16]] = [:]
  }

  private func make(colors: Int, pairsMax: Int = 256) -> (ColorPairs, Made) {
    let made = Made()
    let pairs = ColorPairs(colors: colors, pairsMax: pairsMax) { made.pairs[$0] = [$1, $2] }
    return (pairs, made)
  }

  @Test("the terminal's own colours need no pair")
  func plain() {
    var (pairs, made) = make(colors: 256)
    #expect(pairs.look(of: .plain) == .init(attributes: 0, pair: 0))
    #expect(made.pairs.isEmpty)
  }

  @Test("two colours make one pair, however often and with whatever attributes they are used")
  func onePair() {
    var (pairs, made) = make(colors: 16)
    let style = Style(.brightRed, on: .black)
    #expect(pairs.look(of: style) == .init(attributes: 0, pair: 1))
    #expect(pairs.look(of: style.with(.bold)) == .init(attributes: cnc_bold(), pair: 1))
    #expect(made.pairs == [1: [9, 0]])
  }

  @Test("with eight colours the bright ones are bold, and grey is dim")
  func eightColors() {
    var (pairs, made) = make(colors: 8)
    #expect(pairs.look(of: Style(.brightGreen)) == .init(attributes: cnc_bold(), pair: 1))
    #expect(pairs.look(of: Style(.brightBlack)) == .init(attributes: cnc_dim(), pair: 0))
    #expect(made.pairs == [1: [2, -1]])
  }

  @Test("without colours the attributes show the difference, and grey is dim")
  func mono() {
    var (pairs, made) = make(colors: 0, pairsMax: 0)
    #expect(
      pairs.look(of: Style(.red, on: .blue, [.reverse, .underline]))
        == .init(attributes: cnc_reverse() | cnc_underline(), pair: 0))
    #expect(pairs.look(of: Style(.brightBlack)) == .init(attributes: cnc_dim(), pair: 0))
    #expect(made.pairs.isEmpty)
  }

  @Test("more pairs than the terminal has are shown in its own colours")
  func tooManyPairs() {
    var (pairs, made) = make(colors: 16, pairsMax: 3)
    #expect(pairs.look(of: Style(.red)).pair == 1)
    #expect(pairs.look(of: Style(.green)).pair == 2)
    #expect(pairs.look(of: Style(.blue)).pair == 0)
    #expect(made.pairs.count == 2)
  }
}
