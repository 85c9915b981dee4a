internal import EventPersistence
internal import Foundation
internal import Yams

/// Finds the hydra-nodes that run on this machine, by their arguments.
///
/// A node is a process whose program is called `hydra-node`. Its persistence directory is its
/// `--persistence-dir`, from its working directory; else, with `--config`, the one in that YAML file,
/// from the file's folder; else `./`, which is the node's own default, from that same place.
///
/// The kernel shows everybody the arguments of every process, but its root and its working directory
/// only to its user and to root. So another user's node is found if it names its directory, or its
/// YAML file, by an absolute path, and is not in a container.
package struct NodeFinder {
  package struct Found: Sendable, Hashable {
    package var pid: Int32
    /// Nil if the kernel does not show it to this user.
    package var directory: String?
  }

  /// Where the kernel shows the processes.
  package var processes = "/proc"

  package init(
    processes: String = "/proc"
  ) {
    self.processes = processes
  }

  /// The nodes, by pid; only the first one of each directory.
  package func find() -> [Found] {
    let names = (try? FolderListing.names(in: processes)) ?? []
    var found: [Found] = []
    for pid in names.compactMap({ Int32($0) }).sorted() {
      guard let arguments = arguments(ofNode: pid) else { continue }
      let directory = directory(of: pid, arguments)
      if directory != nil, found.contains(where: { $0.directory == directory }) { continue }
      found.append(Found(pid: pid, directory: directory))
    }
    return found
  }

  /// More than the arguments of a process, or a node's YAML file, can have.
  private static let bytesMax = 4 << 20

  private static func content(of path: String) -> Data? {
    try? OpenFile(path).content(bytesMax: bytesMax)
  }

  /// Nil if it is not a hydra-node.
  private func arguments(ofNode pid: Int32) -> [String]? {
    guard let data = Self.content(of: "\(processes)/\(pid)/cmdline") else { return nil }
    let arguments = data.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    return arguments.first?.split(separator: "/").last == "hydra-node" ? arguments : nil
  }

  private func directory(of pid: Int32, _ arguments: [String]) -> String? {
    let files = ProcessFiles(folder: "\(processes)/\(pid)")
    let here = files.workingDirectory
    if let given = Self.value(of: "--persistence-dir", in: arguments) {
      return files.path(given, in: here)
    }
    for option in ["--config", "--config-file"] {
      guard let file = Self.value(of: option, in: arguments) else { continue }
      guard let path = files.path(file, in: here), let given = Self.persistenceDir(in: path) else {
        return nil
      }
      return files.path(given, in: FilePaths.parent(of: path))
    }
    return here
  }

  /// What a node's YAML file says, or leaves to the node's default; nil if it cannot be read.
  private static func persistenceDir(in path: String) -> String? {
    guard let text = content(of: path) else { return nil }
    do {
      let yaml = try Yams.compose(yaml: String(decoding: text, as: UTF8.self))
      return yaml?.mapping?["persistence-dir"]?.string ?? "./"
    } catch {
      return nil
    }
  }

  /// The value of the last `--option VALUE` or `--option=VALUE`.
  private static func value(of option: String, in arguments: [String]) -> String? {
    var value: String?
    for (index, argument) in arguments.enumerated() {
      if argument == option, index + 1 < arguments.count { value = arguments[index + 1] }
      if argument.hasPrefix("\(option)=") { value = String(argument.dropFirst(option.count + 1)) }
    }
    return value
  }
}
