internal import EventPersistence

/// A service for systemd that runs a configuration: `print systemd`.
///
/// It may read the node's directory and the configuration, and write to the state directory and the
/// archives; nearly everything else is taken from it.
package struct SystemdUnit: Sendable {
  private let setups: [Setup]
  private let program: String
  private let user: String

  /// - Parameters:
  ///   - program: the path of hydra-sinks.
  ///   - user: whom it runs as.
  package init(_ setups: [Setup], program: String, user: String) {
    self.setups = setups
    self.program = program
    self.user = user
  }

  /// The default state directory of a service.
  private static let stateRoot = "/var/lib"

  package var text: String {
    var lines = notes.map { "# \($0)" }
    lines += [
      "[Unit]",
      "Description=hydra-sinks: a hydra-node's events for its secondaries",
      "Documentation=man:hydra-sinks(1)",
      "Wants=network-online.target",
      "After=network-online.target",
      "",
      "[Service]",
      "Type=notify",
      "NotifyAccess=main",
      "ExecStart=\(command)",
      "ExecReload=/bin/kill -HUP $MAINPID",
      "User=\(user)",
      "Group=\(group ?? user)",
      "UMask=\(group == nil ? "0077" : "0007")",
      "# Credentials, if a sink takes them from the environment.",
      "EnvironmentFile=-/etc/default/hydra-sinks",
      "Restart=on-failure",
      "RestartSec=5s",
      "# Wrong usage, and a wrong configuration: they need a correction.",
      "RestartPreventExitStatus=64 78",
      "# A batch in hand is stored before it ends.",
      "TimeoutStopSec=150s",
      "WatchdogSec=120s",
    ]
    lines += ["", "# What it may reach."] + places
    lines += ["", "# What it may not."] + limits
    lines += ["", "[Install]", "WantedBy=multi-user.target"]
    return lines.joined(separator: "\n") + "\n"
  }

  private var group: String? { setups.first?.configuration.stateGroup }

  private var command: String {
    ([program, "run"] + (setups.configurationFile.map { ["--config", $0] } ?? []))
      .map(Self.quoted).joined(separator: " ")
  }

  private var runsPrograms: Bool {
    setups.map(\.configuration).contains { configuration in
      !configuration.onStateSubjects.isEmpty
        || configuration.secondaries.contains { secondary in
          if case .command = secondary.kind { true } else { false }
        }
    }
  }

  /// What has to be there before it starts.
  private var notes: [String] {
    var notes = [
      "Made by: hydra-sinks print systemd. To install it:",
      "  hydra-sinks print systemd | sudo tee /etc/systemd/system/hydra-sinks.service",
      "  sudo useradd --system --home-dir /nonexistent --shell /usr/sbin/nologin \(user)",
    ]
    for path in setups.archives {
      notes.append("  sudo install -d -o \(user) \(Self.quoted(path))")
    }
    for directory in setups.persistenceDirs {
      notes.append(
        "  sudo setfacl -R -m u:\(user):rX -m d:u:\(user):rX \(Self.quoted(directory))")
    }
    notes.append("  sudo systemctl enable --now hydra-sinks")
    if runsPrograms {
      notes.append(
        "The programs of its secondaries and of on-state run with the same limits: add what they "
          + "write to ReadWritePaths.")
    }
    return notes
  }

  private var places: [String] {
    var lines: [String] = []
    if let state = setups.stateDirectory {
      let parent = "\(Self.stateRoot)/"
      if state.hasPrefix(parent), !state.dropFirst(parent.count).isEmpty {
        lines.append("StateDirectory=\(Self.quoted(String(state.dropFirst(parent.count))))")
        lines.append("StateDirectoryMode=\(group == nil ? "0700" : "2770")")
      } else {
        lines.append("ReadWritePaths=\(Self.quoted(state))")
      }
    }
    for path in setups.archives { lines.append("ReadWritePaths=\(Self.quoted(path))") }
    for directory in setups.persistenceDirs {
      // The node's directory may come later than the service.
      lines.append("ReadOnlyPaths=-\(Self.quoted(directory))")
    }
    return lines
  }

  private var limits: [String] {
    let all =
      setups.archives + setups.persistenceDirs
      + [setups.configurationFile, setups.stateDirectory].compactMap(\.self)
    let needsHome = all.contains { $0.hasPrefix("/home/") || $0.hasPrefix("/root/") }
    var lines = [
      "ProtectSystem=strict", "ProtectHome=\(needsHome ? "read-only" : "yes")", "PrivateTmp=yes",
      "PrivateDevices=yes", "ProtectClock=yes", "ProtectHostname=yes", "ProtectKernelTunables=yes",
      "ProtectKernelModules=yes", "ProtectKernelLogs=yes", "ProtectControlGroups=yes",
      "ProtectProc=invisible", "NoNewPrivileges=yes", "CapabilityBoundingSet=",
      "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6", "RestrictNamespaces=yes",
      "RestrictRealtime=yes", "LockPersonality=yes", "RemoveIPC=yes",
      "SystemCallArchitectures=native", "SystemCallFilter=@system-service",
      "SystemCallFilter=~@privileged @resources", "SystemCallErrorNumber=EPERM",
    ]
    // Folders that a group shares have its bit, and belong to it.
    if group == nil { lines += ["RestrictSUIDSGID=yes", "PrivateUsers=yes"] }
    // A program may be one that makes code as it runs.
    if !runsPrograms { lines.append("MemoryDenyWriteExecute=yes") }
    return lines
  }

  /// One word of a unit, where `%` and `$` have a meaning and spaces part.
  private static func quoted(_ word: String) -> String {
    let escaped = word.replacing("%", with: "%%").replacing("$", with: "$$")
    guard escaped.contains(where: { " \t\"'\\;".contains($0) }) else { return escaped }
    return "\"" + escaped.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
  }
}
