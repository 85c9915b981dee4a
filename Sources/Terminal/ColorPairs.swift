import CNCurses
import Dashboard
internal import SecondaryStatus

/// The attributes and the colour pair that show a style on the terminal at hand.
///
/// A pair is made when it is first needed: a frame uses a dozen of the hundreds of possible pairs.
struct ColorPairs {
  struct Look: Hashable {
    var attributes: UInt32
    var pair: Int32
  }

  /// Makes pair `number` of two colours; the terminal's `init_pair`, or a test's.
  typealias Make = (_ number: Int32, _ foreground: Int16, _ background: Int16) -> Void

  private let colors: Int
  private let pairsMax: Int32
  private let make: Make
  private var looks: [Style: Look] = [:]
  private var numbers: [UInt32: Int32] = [:]

  /// - Parameters:
  ///   - colors: how many the terminal has and the user wants: 0, 8, 16 or more.
  ///   - pairsMax: how many pairs the terminal can tell apart, pair 0 included.
  init(colors: Int, pairsMax: Int, make: @escaping Make) {
    self.colors = colors
    self.pairsMax = Int32(clamping: pairsMax)
    self.make = make
  }

  mutating func look(of style: Style) -> Look {
    if let look = looks[style] { return look }
    var attributes: UInt32 = 0
    if style.attributes.contains(.bold) { attributes |= cnc_bold() }
    if style.attributes.contains(.dim) { attributes |= cnc_dim() }
    if style.attributes.contains(.reverse) { attributes |= cnc_reverse() }
    if style.attributes.contains(.underline) { attributes |= cnc_underline() }

    var pair: Int32 = 0
    if colors >= 8 {
      var foreground = style.foreground.rawValue
      var background = style.background.rawValue
      if colors < 16 {
        if style.foreground == .brightBlack {
          // Bold black is invisible on many terminals.
          foreground = Color.standard.rawValue
          attributes |= cnc_dim()
        } else if foreground >= 8 {
          foreground -= 8
          attributes |= cnc_bold()
        }
        if background >= 8 { background -= 8 }
      }
      pair = number(foreground, background)
    } else if style.foreground == .brightBlack {
      attributes |= cnc_dim()
    }
    let look = Look(attributes: attributes, pair: pair)
    looks[style] = look
    return look
  }

  private mutating func number(_ foreground: Int16, _ background: Int16) -> Int32 {
    if foreground < 0, background < 0 { return 0 }
    let key = UInt32(UInt16(bitPattern: foreground)) << 16 | UInt32(UInt16(bitPattern: background))
    if let number = numbers[key] { return number }
    let number = Int32(numbers.count + 1)
    // More than the terminal has: use its own colours; the attributes still show the difference.
    guard number < pairsMax else { return 0 }
    make(number, foreground, background)
    numbers[key] = number
    return number
  }
}
