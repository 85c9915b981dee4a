internal import Foundation

/// The directory through which drivers, watchers and foreign sinks communicate: one folder per
/// secondary, which they poll.
public struct StateDirectory: Sendable, Hashable {
  public let path: String

  /// `state-group` of the configuration: its members may read and write everything, requests
  /// included.
  public let group: String?

  /// The node whose secondaries have their folders here, where it is one of several: a command line
  /// then names a secondary `NODE/NAME`.
  public let node: String?

  /// A secondary as a command line names it: `NODE/NAME` where there are several nodes.
  package func argument(_ secondary: String) -> String { Self.argument(secondary, of: node) }

  package static func argument(_ secondary: String, of node: String?) -> String {
    node.map { "\($0)/\(secondary)" } ?? secondary
  }

  public init(path: String, group: String? = nil, node: String? = nil) {
    self.path = path
    self.group = group
    self.node = node
  }

  var access: StateAccess { StateAccess(group: group, root: path) }

  /// The state directory: what the configuration says, else the first of `STATE_DIRECTORY` (systemd
  /// passes a list with colons), else `/var/lib/hydra-sinks` if it exists, else
  /// `XDG_STATE_HOME/hydra-sinks`, else `~/.local/state/hydra-sinks`.
  public static func resolve(configured: String?, environment: [String: String]) -> String {
    resolve(
      configured: configured, environment: environment,
      isFolder: {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: $0, isDirectory: &isFolder)
          && isFolder.boolValue
      })
  }

  static func resolve(
    configured: String?, environment: [String: String], isFolder: (String) -> Bool
  ) -> String {
    func value(_ name: String) -> String? {
      environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
    if let configured, !configured.isEmpty { return configured }
    if let given = value("STATE_DIRECTORY")?.split(separator: ":").first { return String(given) }
    if isFolder("/var/lib/hydra-sinks") { return "/var/lib/hydra-sinks" }
    if let home = value("XDG_STATE_HOME"), home.hasPrefix("/") { return home + "/hydra-sinks" }
    return (value("HOME") ?? NSHomeDirectory()) + "/.local/state/hydra-sinks"
  }

  /// The folder of the secondary `name`, which may be `NODE/NAME`. Creates nothing.
  public func folder(_ name: String) -> SecondaryFolder {
    SecondaryFolder(name: name, path: path + "/" + name, root: self)
  }
}
