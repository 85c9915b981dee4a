import EventPersistence
import Foundation

/// A stretch of segments that is rewritten and replaces the old one, whole or not at all.
///
/// The new segments are written into `rebuild/`; then a list of the remaining steps is put there.
/// From then on the rebuild will be completed, after a crash by the next `finish`: a step that is
/// done already does nothing.
struct Rebuild {
  struct Steps: JSONNote {
    static let fileName = "steps.json"

    /// Segments to move from `rebuild/` to `events/`.
    var install: [String] = []
    /// Segments of `events/` whose lines are all in the new ones.
    var remove: [String] = []
    /// Segments of `events/` that have other lines: they are moved to `superseded/` first.
    var setAside: [String: String] = [:]
  }

  let path: String
  var folder: String { "\(path)/rebuild" }
  private var listed: String { Steps.file(folder) }

  init(_ path: String) { self.path = path }

  /// Completes a rebuild that has its list, and discards one that has none.
  func finish() throws(SinkError) {
    guard try Folder.exists(folder) else { return }
    if try Folder.exists(listed) {
      let steps: Steps
      do {
        steps = try JSONDecoder().decode(
          Steps.self, from: Data(contentsOf: URL(fileURLWithPath: listed)))
      } catch {
        throw SinkError(
          .stop, code: "nonsense",
          "\(listed) should list the last steps of a repair, but cannot be read: \(error). "
            + "The segments beside it are whole: move them to \(path)/events by hand, and remove "
            + "it.", finding: .damaged)
      }
      try perform(steps)
    }
    for name in try Folder.names(in: folder) { try Folder.remove("\(folder)/\(name)") }
  }

  /// Makes the folder for new segments, empty.
  func begin() throws(SinkError) {
    try Folder.make(folder)
    try finish()
  }

  func commit(_ steps: Steps) throws(SinkError) {
    try Folder.sync(folder)
    try steps.write(folder)
    try perform(steps)
    try Folder.remove(listed)
  }

  private func perform(_ steps: Steps) throws(SinkError) {
    if !steps.setAside.isEmpty {
      try Folder.make("\(path)/superseded")
      for (name, aside) in steps.setAside.sorted(by: { $0.key < $1.key }) {
        guard try Folder.exists("\(path)/events/\(name)") else { continue }
        if try Folder.exists("\(path)/superseded/\(aside)") { continue }
        try Folder.rename("\(path)/events/\(name)", "\(path)/superseded/\(aside)")
      }
      try Folder.sync("\(path)/superseded")
    }
    for name in steps.install where try Folder.exists("\(folder)/\(name)") {
      try Folder.rename("\(folder)/\(name)", "\(path)/events/\(name)")
    }
    for name in steps.remove { try Folder.remove("\(path)/events/\(name)") }
    try Folder.sync("\(path)/events")
  }
}
