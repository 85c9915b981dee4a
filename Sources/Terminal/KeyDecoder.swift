import CNCurses
import Dashboard

/// Makes keys and pastes of the codes that ncurses reads.
///
/// A pure state machine: it holds back an escape until `flush` says that nothing came with it, swallows
/// the rest of sequences that the terminal's description lacks (rather than taking their letters for
/// keys), and collects what is pasted.
struct KeyDecoder {
  enum Code: Hashable {
    case character(UInt32)
    case function(UInt32)
  }

  private enum State {
    case plain
    case escape
    /// Within `ESC [ …`, up to its last byte.
    case sequence
    /// After `ESC O`: one more.
    case single
    case paste
  }

  /// What is pasted beyond this is dropped.
  static let pasteBytesMax = 65_536

  private var state = State.plain
  private var pasted = String.UnicodeScalarView()
  private var pastedBytes = 0

  var isPasting: Bool { state == .paste }

  /// In the middle of something whose end may never come: say `abandon` after a while.
  var isWaiting: Bool { state != .plain }

  /// Takes one code; at most two messages come of it.
  mutating func feed(_ code: Code) -> [Message] {
    switch (state, code) {
    case (.paste, .function(UInt32(CNC_KEY_PASTE_END))): return endPaste()
    case (.paste, .character(let value)):
      append(value)
      return []
    case (.paste, .function): return []
    case (_, .function(UInt32(CNC_KEY_PASTE_BEGIN))):
      let before = flush()
      state = .paste
      return before
    case (.plain, .character(0x1B)):
      state = .escape
      return []
    case (.plain, .character(let value)): return Self.key(character: value).map { [.key($0)] } ?? []
    case (.escape, .character(0x5B)):
      state = .sequence
      return []
    case (.escape, .character(0x4F)):
      state = .single
      return []
    case (.escape, _):
      state = .plain
      // Two escapes: the second may begin something.
      return [.key(.escape)] + feed(code)
    case (.sequence, .character(let value)):
      if (0x40...0x7E).contains(value) { state = .plain }
      return []
    case (.single, .character):
      state = .plain
      return []
    case (_, .function(let value)):
      state = .plain
      return Self.key(function: value).map { [.key($0)] } ?? []
    }
  }

  /// Nothing more came at once: an escape that stands alone is the key.
  mutating func flush() -> [Message] {
    switch state {
    case .escape:
      state = .plain
      return [.key(.escape)]
    case .single:
      state = .plain
      // ESC and a capital O, typed together.
      return [.key(.escape), .key(.character("O"))]
    case .plain, .sequence, .paste: return []
    }
  }

  /// The end of a paste that its terminal never ended, or the rest of a sequence that never came.
  mutating func abandon() -> [Message] {
    if isPasting { return endPaste() }
    state = .plain
    return []
  }

  private mutating func append(_ value: UInt32) {
    guard let scalar = Unicode.Scalar(value == 0x0D ? 0x0A : value) else { return }
    pastedBytes += UTF8.width(scalar)
    guard pastedBytes <= Self.pasteBytesMax else { return }
    pasted.append(scalar)
  }

  private mutating func endPaste() -> [Message] {
    defer {
      pasted.removeAll()
      pastedBytes = 0
      state = .plain
    }
    return pasted.isEmpty ? [] : [.pasted(String(pasted))]
  }

  private static func key(character value: UInt32) -> Key? {
    switch value {
    case 0x09: return .tab
    case 0x0A, 0x0D: return .enter
    case 0x08, 0x7F: return .backspace
    case 0x1B: return .escape
    case 0x01...0x1A: return .control(Character(Unicode.Scalar(UInt8(value) + 0x60)))
    case 0x00...0x1F, 0x80...0x9F: return nil
    default: return Unicode.Scalar(value).map { .character(Character($0)) }
    }
  }

  private static func key(function value: UInt32) -> Key? {
    switch Int32(truncatingIfNeeded: value) {
    case KEY_UP: .up
    case KEY_DOWN: .down
    case KEY_LEFT: .left
    case KEY_RIGHT: .right
    case KEY_HOME, KEY_FIND: .home
    case KEY_END, KEY_SELECT: .end
    case KEY_PPAGE: .pageUp
    case KEY_NPAGE: .pageDown
    case KEY_ENTER: .enter
    case KEY_BACKSPACE: .backspace
    case KEY_DC: .delete
    case KEY_BTAB: .backTab
    default: nil
    }
  }
}
