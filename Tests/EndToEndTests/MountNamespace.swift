import Foundation

/// Mounts that only one run of a program sees.
enum MountNamespace {
  private static let unshare = "/usr/bin/unshare"

  /// It needs root, or a kernel that lets users have mounts of their own.
  static let isPossible: Bool = {
    guard let folder = try? CLIFolder(),
      let run = try? start(["--version"], behind: "mount --bind \"$0\" \"$0\"", in: folder)
    else { return false }
    while run.isRunning { usleep(1000) }
    return run.said.isEmpty
  }()

  /// Runs the program, or another one, after `mounts`, a shell script in which `$0` is the test's log. If the
  /// script's last command fails, the run ends with exit code 99.
  static func start(
    _ arguments: [String], behind mounts: String, in folder: CLIFolder,
    adding environment: [String: String] = [:], program: String = CLIProgram.path
  ) throws -> CLIRun {
    let script = "{ \(mounts)\n} || exit 99\nexec \"$@\""
    return try CLIRun(
      ["--mount", "/bin/sh", "-c", script, folder.log, program] + arguments,
      in: folder.path, environment: folder.environment.merging(environment) { $1 },
      program: unshare)
  }
}
