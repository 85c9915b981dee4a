internal import EventPersistence
internal import Foundation
package import Wording

/// The nodes that a command works on: one, or all that are configured or named.
package struct NodeSet: Sendable {
  package enum Member: Sendable {
    case here(Setup)
    /// On another machine, watched through its own `status --json --watch`.
    case elsewhere(name: String, status: [String])
  }

  package var members: [Member]
  /// Whether several nodes were configured or named, so that each has a name.
  package var isSeveral: Bool

  package init(
    members: [Member], isSeveral: Bool
  ) {
    self.members = members
    self.isSeveral = isSeveral
  }

  /// The nodes that have their log on this machine.
  package var here: [Setup] {
    members.compactMap { if case .here(let setup) = $0 { setup } else { nil } }
  }

  /// - Parameter directories: persistence directories, or names of configured nodes; if empty, all
  ///   configured nodes.
  package static func make(
    request: Setup.Request, directories: [String], environment: [String: String]
  ) throws(Refusal) -> NodeSet {
    var notes: [String] = []
    if directories.count > 1 {
      var members: [Member] = []
      for directory in directories {
        var one = request
        one.directory = directory
        var setup = try Setup.make(request: one, environment: environment)
        setup.title = setup.node ?? title(of: directory, among: members)
        members.append(.here(setup))
      }
      return NodeSet(members: members, isSeveral: true)
    }
    if directories.isEmpty, request.directory == nil {
      let file = try Setup.chosenConfiguration(request, environment, &notes)
      if !file.nodes.isEmpty {
        guard request.sinks.isEmpty else {
          throw Refusal(
            .usage,
            "--sink needs one node: name it as DIR or --dir, of "
              + file.nodes.map(\.name).joined(separator: ", "))
        }
        var members: [Member] = []
        for node in file.nodes {
          switch node.place {
          case .here(let configuration):
            members.append(
              .here(
                try Setup.make(
                  request, node: node.name, configuration, environment: environment, notes: notes)))
          case .elsewhere(let status):
            members.append(.elsewhere(name: node.name, status: status))
          }
          notes = []
        }
        try Setup.checkTargets(NodeSet(members: members, isSeveral: true).here)
        return NodeSet(members: members, isSeveral: true)
      }
    }
    var one = request
    one.directory = directories.first ?? request.directory
    return NodeSet(
      members: [.here(try Setup.make(request: one, environment: environment))], isSeveral: false)
  }

  /// The name of a node that is only a directory: its folder's name, made unique.
  private static func title(of directory: String, among members: [Member]) -> String {
    let taken = members.compactMap { member -> String? in
      if case .here(let setup) = member { setup.title } else { nil }
    }
    let folder = FilePaths.absolute(directory).split(separator: "/").last.map(String.init) ?? "node"
    guard taken.contains(folder) else { return folder }
    return (2...).lazy.map { "\(folder)-\($0)" }.first { !taken.contains($0) }!
  }
}
