import Foundation
import Testing

@testable import Dashboard

/// Where the drawings are.
let framesFolder = URL(filePath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().appending(path: "Frames")

/// Compares a text with `Frames/NAME.txt`, and reports the lines that differ.
///
/// With `HYDRA_SINKS_DRAW=1` in the environment the files are drawn again, for a person to check
/// before they are committed.
func expectStored(
  _ drawn: String, _ name: String, _ location: SourceLocation = #_sourceLocation
) {
  let file = framesFolder.appending(path: "\(name).txt")
  if ProcessInfo.processInfo.environment["HYDRA_SINKS_DRAW"] != nil {
    try? Data(drawn.utf8).write(to: file)
    return
  }
  guard let expected = try? String(contentsOf: file, encoding: .utf8) else {
    Issue.record("there is no drawing \(file.path)", sourceLocation: location)
    return
  }
  guard drawn != expected else { return }
  var changes: [String] = []
  let lines = (expected.split(separator: "\n"), drawn.split(separator: "\n"))
  for change in lines.1.difference(from: lines.0) {
    switch change {
    case .remove(let line, let text, _): changes.append("\(line + 1) - \(text)")
    case .insert(let line, let text, _): changes.append("\(line + 1) + \(text)")
    }
  }
  Issue.record(
    "\(name): \(changes.count) lines are others:\n\(changes.prefix(60).joined(separator: "\n"))",
    sourceLocation: location)
}
