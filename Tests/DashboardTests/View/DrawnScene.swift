import Foundation

@testable import Dashboard
@testable import SecondaryStatus

/// All frames of a scene as one text, for `Frames/SCENE.txt`.
///
/// A frame is its lines, each after a `|`, and then the styles of each line: `12 4cB` is twelve
/// plain columns, then four in cyan and bold. `=3` means three lines equal to those of the scene
/// below it (the overview, or the first view of nodes), `^3` three more like the one before. The
/// styles of a screen in ASCII are compared with those of the one in UTF-8.
struct DrawnScene {
  let scene: Scene

  var text: String {
    var text = ""
    for (width, height) in Scene.sizes {
      text += "== \(width)x\(height)\n"
      var styles: [Bool: [String]] = [:]
      for isUTF8 in [true, false] {
        for hasColors in [true, false] {
          let look = Scene.Look(
            width: width, height: height, isUTF8: isUTF8, hasColors: hasColors)
          let grid = Self.draw(scene, look)
          let base = scene == scene.base ? nil : Self.bases[scene.base]?[look]
          let name = (isUTF8 ? "utf8" : "ascii") + (hasColors ? " colour" : " mono")
          // Without colours the text is the same; another test checks that.
          if hasColors {
            text += "-- \(isUTF8 ? "utf8" : "ascii")\n"
            text += Self.folded(Self.lines(grid), over: base.map(Self.lines))
          }
          let drawn = Self.styles(grid)
          if isUTF8 || drawn != styles[hasColors] {
            text += "-- \(name)\n"
            text += Self.folded(drawn, over: isUTF8 ? base.map(Self.styles) : styles[hasColors])
          }
          if isUTF8 { styles[hasColors] = drawn }
        }
      }
    }
    return text
  }

  /// The base scenes are drawn only once.
  private static let bases: [Scene: [Scene.Look: Grid]] = {
    var bases: [Scene: [Scene.Look: Grid]] = [:]
    for base in [Scene.overview, .nodes] {
      for (width, height) in Scene.sizes {
        for (isUTF8, hasColors) in [(true, true), (true, false), (false, true), (false, false)] {
          let look = Scene.Look(
            width: width, height: height, isUTF8: isUTF8, hasColors: hasColors)
          bases[base, default: [:]][look] = draw(base, look)
        }
      }
    }
    return bases
  }()

  static func draw(_ scene: Scene, _ look: Scene.Look) -> Grid { scene.screen(look).view() }

  private static func lines(_ grid: Grid) -> [String] {
    var lines = grid.plainText.split(separator: "\n", omittingEmptySubsequences: false)
      .map { "|\($0)" }
    lines.removeLast()
    if let cursor = grid.cursor { lines.append("cursor \(cursor.column) \(cursor.line)") }
    return lines
  }

  private static func styles(_ grid: Grid) -> [String] {
    (0..<grid.height).map { row in
      var runs: [(count: Int, style: Style)] = []
      for cell in grid.line(row) {
        if runs.last?.style == cell.style {
          runs[runs.count - 1].count += 1
        } else {
          runs.append((1, cell.style))
        }
      }
      if runs.last?.style == .plain { runs.removeLast() }
      return runs.isEmpty ? "." : runs.map { "\($0.count)\($0.style.code)" }.joined(separator: " ")
    }
  }

  private static func folded(_ lines: [String], over base: [String]?) -> String {
    var folded: [(text: String, count: Int)] = []
    for (index, line) in lines.enumerated() {
      let isBelow = base.map { index < $0.count && $0[index] == line } ?? false
      let mark = isBelow ? "=" : index > 0 && lines[index - 1] == line ? "^" : nil
      if let mark, folded.last?.text == mark {
        folded[folded.count - 1].count += 1
      } else {
        folded.append((mark ?? line, 1))
      }
    }
    return folded.map { entry in
      ["=", "^"].contains(entry.text) ? "\(entry.text)\(entry.count)\n" : "\(entry.text)\n"
    }.joined()
  }
}

extension Style {
  /// The foreground as a letter, the background as one after a `/`, and the attributes in upper
  /// case.
  fileprivate var code: String {
    func letter(_ color: Color) -> String {
      switch color {
      case .standard: ""
      case .black: "k"
      case .red: "r"
      case .green: "g"
      case .yellow: "y"
      case .blue: "b"
      case .magenta: "m"
      case .cyan: "c"
      case .white: "w"
      default: "\(color.rawValue)"
      }
    }
    var code = letter(foreground)
    if background != .standard { code += "/" + letter(background) }
    for (attribute, letter) in [
      (Attributes.bold, "B"), (.dim, "D"), (.reverse, "R"), (.underline, "U"),
    ] where attributes.contains(attribute) {
      code += letter
    }
    return code
  }
}
