internal import EventPersistence
internal import FeedSink
internal import Metrics
internal import Yams

/// A file for `docker compose` that runs a configuration in a container, beside those of its nodes: `print compose`.
///
/// Each path of the configuration is the same inside and outside, so that it also serves commands on the host. A node
/// shares a volume with it, which it can only read.
package struct ComposeFile: Sendable {
  /// A user that the image need not know, and the group whose folders it may write to.
  package static let user = "10001:0"

  private let setups: [Setup]
  private let user: String

  /// - Parameter user: whom the container runs as.
  package init(_ setups: [Setup], user: String = Self.user) {
    self.setups = setups
    self.user = user
  }

  package var text: String {
    let encoder = YAMLEncoder()
    encoder.options.width = -1
    encoder.options.sortKeys = false
    guard let yaml = try? encoder.encode(File(services: services, volumes: volumes)) else {
      preconditionFailure("texts can be encoded")
    }
    return notes.map { "# \($0)\n" }.joined() + yaml
  }

  // MARK: - The file

  private struct File: Encodable {
    var services: Ordered<Service>
    var volumes: Ordered<[String: String]>
  }

  /// A mapping in the order that it is meant to be read in.
  private struct Ordered<Value: Encodable>: Encodable {
    var entries: [(name: String, value: Value)]

    private struct Key: CodingKey {
      var stringValue: String
      var intValue: Int? { nil }
      init(stringValue: String) { self.stringValue = stringValue }
      init?(intValue: Int) { nil }
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Key.self)
      for entry in entries {
        try container.encode(entry.value, forKey: Key(stringValue: entry.name))
      }
    }
  }

  private struct Service: Encodable {
    var image: String
    var command: [String]
    var user: String?
    var readOnly: Bool?
    var capabilitiesDropped: [String]?
    var security: [String]?
    var restart: String
    var grace: String?
    var healthcheck: Check?
    var ports: [String]?
    var volumes: [String]

    enum CodingKeys: String, CodingKey {
      case image, command, user
      case readOnly = "read_only"
      case capabilitiesDropped = "cap_drop"
      case security = "security_opt"
      case restart
      case grace = "stop_grace_period"
      case healthcheck, ports, volumes
    }
  }

  private struct Check: Encodable {
    var test: [String]
    var interval = "30s"
    var timeout = "20s"
    var period = "1m"

    enum CodingKeys: String, CodingKey {
      case test, interval, timeout
      case period = "start_period"
    }
  }

  private var services: Ordered<Service> {
    let nodes = nodes.map { node in
      (
        node.name,
        Service(
          image: "ghcr.io/cardano-scaling/hydra-node:latest",
          command: ["--persistence-dir", Self.literal(node.directory)], restart: "unless-stopped",
          volumes: [Self.literal("\(node.name):\(node.directory)")])
      )
    }
    return Ordered(entries: nodes + [("hydra-sinks", driver)])
  }

  private var driver: Service {
    let path = setups.configurationFile ?? "/etc/hydra-sinks.yaml"
    // Of its exit codes, 1 is a warning: the service works. `$` is doubled for compose.
    let check =
      "hydra-sinks status --config \(AccessAdvice.quoted(path)) >/dev/null || test $? -eq 1"
    var mounts = ["\(path):\(path):ro"]
    mounts += nodes.map { "\($0.name):\($0.directory):ro" }
    if let state = setups.stateDirectory { mounts.append("hydra-sinks:\(state)") }
    mounts += setups.archives.map { "\($0):\($0)" }
    return Service(
      image: "hydra-sinks", command: ["run", "--config", path].map(Self.literal), user: user,
      readOnly: true, capabilitiesDropped: ["ALL"], security: ["no-new-privileges:true"],
      restart: "on-failure", grace: "150s",
      healthcheck: Check(test: ["CMD-SHELL", Self.literal(check)]),
      ports: ports.isEmpty ? nil : ports.map { "127.0.0.1:\($0):\($0)" },
      volumes: mounts.map(Self.literal))
  }

  private var volumes: Ordered<[String: String]> {
    Ordered(entries: (nodes.map(\.name) + ["hydra-sinks"]).map { ($0, [:]) })
  }

  /// Compose replaces variables in each text.
  private static func literal(_ text: String) -> String { text.replacing("$", with: "$$") }

  // MARK: - What the configuration has

  /// The nodes, by the names of their services and volumes.
  private var nodes: [(name: String, directory: String)] {
    setups.compactMap { setup in
      setup.knownPersistenceDir.map { (setup.node.map { "hydra-node-\($0)" } ?? "hydra-node", $0) }
    }
  }

  /// What listens at all interfaces of the container, and where; anything else is reached only from inside.
  private var listeners: [(key: String, host: String, port: Int)] {
    var found: [(key: String, host: String, port: Int)] = []
    if let metrics = setups.first?.configuration.metrics {
      found.append(("metrics", metrics.host, metrics.port))
    }
    for setup in setups {
      for secondary in setup.configuration.secondaries {
        guard case .feed(let feed) = secondary.kind, case .port(let host, let port) = feed.address
        else { continue }
        found.append(("listen of \(setup.argument(secondary.name))", host, port))
      }
    }
    return found
  }

  private static func isOpen(_ host: String) -> Bool { host == "0.0.0.0" || host == "::" }

  private var ports: [Int] {
    Set(listeners.filter { Self.isOpen($0.host) }.map(\.port)).sorted()
  }

  /// What has to be done before it starts.
  private var notes: [String] {
    let name = user.split(separator: ":").first.map(String.init) ?? user
    var notes = [
      "Made by: hydra-sinks print compose > compose.yaml",
      "Add the other arguments of your node to its command.",
    ]
    for path in setups.archives {
      notes.append(
        "Make the archive's folder: sudo install -d -o \(name) \(AccessAdvice.quoted(path))")
    }
    for listener in listeners where !Self.isOpen(listener.host) {
      notes.append(
        "Nothing outside the container reaches \(listener.key): set it to 0.0.0.0:\(listener.port)."
      )
    }
    notes.append(
      "Files that the configuration names (credentials, passwords, programs) must be in the image or mounted."
    )
    return notes
  }
}
