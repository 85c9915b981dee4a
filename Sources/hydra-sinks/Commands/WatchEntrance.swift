import Foundation
import Setup
import Wording

/// Which nodes a dashboard opens: those that the arguments or a configuration name, else the
/// hydra-nodes that run on this machine.
struct WatchEntrance {
  let options: SetupOptions
  let directories: [String]

  enum Opened {
    case nodes(NodeSet)
    /// No node is known: what to do, line by line.
    case none([String])
    /// The configuration is wrong: why, and what to do.
    case wrong(Refusal, [String])
  }

  /// - Throws: a refusal if the arguments are wrong.
  func open() throws(Refusal) -> Opened {
    let nodes: NodeSet
    do {
      nodes = try options.nodes(directories: directories)
    } catch  where error.status == .configuration {
      return .wrong(error, Self.advice(against: error))
    }
    if nodes.isSeveral || nodes.here.first?.knownPersistenceDir != nil { return .nodes(nodes) }
    let found = NodeFinder().find()
    let directories = found.compactMap(\.directory)
    return directories.isEmpty
      ? .none(Self.advice(found.map(\.pid)))
      : .nodes(try options.nodes(directories: directories))
  }

  /// Whether there is now a node to open, or another refusal to show.
  func isReady(after refusal: Refusal?) -> Bool {
    do throws(Refusal) {
      switch try open() {
      case .nodes: return true
      case .none: return refusal != nil
      case .wrong(let other, _): return other.message != refusal?.message
      }
    } catch {
      return false
    }
  }

  private static func advice(against refusal: Refusal) -> [String] {
    [
      "The configuration is wrong:", "    \(refusal.message)", "",
      "This screen tries again every 2 s, and opens once the configuration is right. To check it:",
      "    hydra-sinks check",
    ]
  }

  /// - Parameter hidden: the nodes whose directory is not known.
  private static func advice(_ hidden: [Int32]) -> [String] {
    let places = ConfigurationFile.candidates(environment: ProcessInfo.processInfo.environment)
    let pids = hidden.map(String.init).joined(separator: ", ")
    return [
      hidden.isEmpty
        ? "No hydra-node was found on this machine, and there is no configuration."
        : "A hydra-node of another user is running (pid \(pids)), but the system shows its directory "
          + "only to that user and to root. There is no configuration.",
      "",
      "To watch a node's log, wherever it is:",
      "    hydra-sinks watch /var/lib/hydra",
      "To see how it looks, with a simulated node:",
      "    hydra-sinks demo",
      "To begin with secondaries of your own, as \(places.joined(separator: " or ")):",
      "    persistence-dir: /var/lib/hydra",
      "    secondaries:",
      "      - name: archive",
      "        kind: file",
      "        path: /srv/hydra-archive",
      "",
      "This screen looks for a hydra-node every 2 s, and opens as soon as there is one.",
    ]
  }
}
