import Foundation
import Testing

@testable import Dashboard

/// Compares a grid with the drawing in `Frames/NAME.txt`.
///
/// With `HYDRA_SINKS_DRAW=1` in the environment the drawings are made anew, for a person to look at before
/// they are committed.
func expectFrame(_ grid: Grid, _ name: String, _ location: SourceLocation = #_sourceLocation) {
  let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Frames")
  let file = folder.appending(path: "\(name).txt").standardizedFileURL
  if ProcessInfo.processInfo.environment["HYDRA_SINKS_DRAW"] != nil {
    try? Data(grid.plainText.utf8).write(to: file)
    return
  }
  guard let expected = try? String(contentsOf: file, encoding: .utf8) else {
    Issue.record("there is no drawing \(file.path)", sourceLocation: location)
    return
  }
  guard grid.plainText != expected else { return }
  Issue.record("\(name): drawn\n\(grid.plainText)expected\n\(expected)", sourceLocation: location)
}
