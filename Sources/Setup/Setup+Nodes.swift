internal import EventPersistence
internal import Foundation
package import Wording

/// Choosing one of several nodes.
extension Setup {
  /// The node that a request refers to, and its configuration.
  ///
  /// - Throws: a refusal (64) that lists the nodes, if it names none, or one on another machine.
  package static func chosenNode(
    _ request: Request, of file: Configuration, _ notes: inout [String]
  ) throws(Refusal) -> (name: String?, Configuration) {
    guard !file.nodes.isEmpty else {
      if let node = request.node {
        throw Refusal(
          .usage,
          "there is no node \"\(node)\"; no nodes are configured: name a secondary without a slash")
      }
      return (nil, file)
    }
    let names = file.nodes.map(\.name)
    guard let asked = request.node ?? request.directory else {
      throw Refusal(
        .usage,
        "which node? The configured ones are: \(names.joined(separator: ", ")). Name one as DIR or "
          + "--dir, and a secondary as NODE/NAME, like \(file.exampleArgument)")
    }
    if let node = file.nodes.first(where: { $0.isMeant(by: asked) }) {
      switch node.place {
      case .here(let configuration): return (node.name, configuration)
      case .elsewhere(let status):
        throw Refusal(
          .usage,
          "the node \(node.name) is on another machine: it is only watched, by "
            + "\(status.joined(separator: " ")). Run the command there")
      }
    }
    if request.node == nil, FilePaths.isDirectory(asked) || asked.contains("/") {
      // A directory that belongs to no configured node is still watched.
      notes.append("no node of \(file.file ?? "the configuration") has the directory \(asked)")
      var alone = file
      alone.nodes = []
      return (nil, alone)
    }
    let hint =
      Suggestion.nearest(to: asked, among: names).map { "did you mean \($0)?" }
      ?? "the configured ones are: \(names.joined(separator: ", "))"
    throw Refusal(.usage, "there is no node \"\(asked)\"; \(hint)")
  }
}

extension Configuration {
  /// An example of NODE/NAME, for a message.
  fileprivate var exampleArgument: String {
    for node in nodes {
      if case .here(let configuration) = node.place, let first = configuration.secondaries.first {
        return "\(node.name)/\(first.name)"
      }
    }
    return "\(nodes[0].name)/archive"
  }
}

extension ConfiguredNode {
  /// Whether an argument names this node, by its name or its directory.
  package func isMeant(by argument: String) -> Bool {
    if argument == name { return true }
    guard case .here(let configuration) = place, let directory = configuration.persistenceDir
    else { return false }
    return FilePaths.same(argument, directory)
  }
}
