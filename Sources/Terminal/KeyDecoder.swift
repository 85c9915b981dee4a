import CNCurses
import Dashboard

/// Turns the codes that ncurses reads into keys and pastes.
///
/// A pure state machine: it holds back an escape until `flush` says that nothing followed it, drops
/// the rest of sequences that the terminal's description lacks (their letters are not keys), and
/// collects pasted text.
struct KeyDecoder {
  enum Code: Hashable {
    case character(UInt32)
    case function(UInt32)
  }

  private enum State {
    case plain
    case escape
    /// Inside `ESC [ …`, up to its last byte.
    case sequence
    /// After `ESC O`: one more byte.
    case single
    case paste
  }

  /// A paste is cut at this length.
  static let pasteBytesMax = 65_536

  private var state = State.plain
  private var pasted = String.UnicodeScalarView()
  private var pastedBytes = 0

  var isPasting: Bool { state == .paste }

  /// Inside something whose end may never arrive: call `abandon` after a while.
  var isWaiting: Bool { state != .plain }

  /// Takes one code; returns at most two messages.
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
      // Two escapes: the second may begin a sequence.
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

  /// Nothing followed at once: a lone escape is the Escape key.
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

  /// Ends a paste that the terminal never ended, or a sequence whose rest never arrived.
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
