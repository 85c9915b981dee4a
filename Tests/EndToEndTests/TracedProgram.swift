import Foundation

/// The program under `strace`: every call that could create, change or remove a file, of all its threads.
enum TracedProgram {
  static let strace = "/usr/bin/strace"

  /// Whether this user may trace here; a container may forbid it.
  static let isPossible: Bool = {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: strace)
    process.arguments = ["-o", "/dev/null", "/bin/true"]
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }()

  private static let calls = [
    "open", "openat", "openat2", "creat", "mkdir", "mkdirat", "mknod", "mknodat", "link", "linkat",
    "symlink", "symlinkat", "unlink", "unlinkat", "rmdir", "rename", "renameat", "renameat2",
    "truncate", "ftruncate", "fallocate", "chmod", "fchmod", "fchmodat", "chown", "fchown",
    "lchown", "fchownat", "utime", "utimes", "utimensat", "futimesat", "setxattr", "fsetxattr",
    "removexattr", "write", "pwrite64", "writev", "pwritev", "pwritev2", "copy_file_range",
    "sendfile", "mmap", "fcntl", "flock",
  ].joined(separator: ",")

  /// Starts the program with `arguments`; its calls go to files that begin with `trace`, one a thread, so
  /// that no call is cut in two by another.
  static func start(_ arguments: [String], in folder: CLIFolder, trace: String) throws -> CLIRun {
    try CLIRun(
      [
        "-ff", "-y", "-qq", "-e", "signal=none", "-e", "trace=\(calls)", "-s", "512", "-o",
        "\(folder.path)/\(trace)", CLIProgram.path,
      ] + arguments, in: folder.path, environment: folder.environment, program: strace)
  }

  /// As `start`, with all calls in one file, in their order.
  static func startInOrder(_ arguments: [String], in folder: CLIFolder, trace: String) throws
    -> CLIRun
  {
    try CLIRun(
      [
        "-f", "-y", "-qq", "-e", "signal=none", "-e", "trace=\(calls),fsync,fdatasync", "-s", "0",
        "-o", "\(folder.path)/\(trace)", CLIProgram.path,
      ] + arguments, in: folder.path, environment: folder.environment, program: strace)
  }

  /// Starts the program, and kills it when one of its threads makes its `count`-th call that changes
  /// a file or a folder, before the call is made.
  static func startCut(_ arguments: [String], at count: Int, in folder: CLIFolder) throws -> CLIRun
  {
    let calls = "pwrite64,fsync,rename,link,unlink,ftruncate,mkdir"
    return try CLIRun(
      [
        "-f", "-qq", "-e", "signal=none", "-e", "trace=\(calls)", "-e",
        "inject=\(calls):signal=KILL:when=\(count)", "-o", "/dev/null", CLIProgram.path,
      ] + arguments, in: folder.path, environment: folder.environment, program: strace)
  }

  /// Starts the program on a disk that takes so long for each call that writes or synchronizes.
  static func startSlowed(_ arguments: [String], by delay: Duration, in folder: CLIFolder) throws
    -> CLIRun
  {
    let calls = "pwrite64,fsync,fdatasync,rename"
    let microseconds = Int(delay / .microseconds(1))
    return try CLIRun(
      [
        "-f", "-qq", "-e", "signal=none", "-e", "trace=\(calls)", "-e",
        "inject=\(calls):delay_enter=\(microseconds)", "-o", "/dev/null", CLIProgram.path,
      ] + arguments, in: folder.path, environment: folder.environment, program: strace)
  }

  /// The calls that a run left in `trace`.
  static func calls(in folder: CLIFolder, trace: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.filter { $0.hasPrefix(trace + ".") }
      .flatMap { folder.text($0).split(separator: "\n").map(String.init) }
  }

  /// Those of `calls` that touch a file below `directory` in a way that a reader does not need.
  static func trespasses(_ calls: [String], into directory: String) -> [String] {
    calls.filter { line in
      // Mentioned by name or, after a descriptor, in angle brackets.
      guard line.contains(directory) else { return false }
      switch line.prefix(while: { $0 != "(" }) {
      case "open", "openat", "openat2":
        return ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC"].contains { line.contains($0) }
      case "mmap": return line.contains("PROT_WRITE") && line.contains("MAP_SHARED")
      // A lock that another writer would have to wait for.
      case "fcntl": return line.contains("F_WRLCK") && !line.contains("F_GETLK")
      case "write", "writev":
        // Text written elsewhere may mention the directory.
        return line.contains("<\(directory)")
      case "copy_file_range", "sendfile": return isTarget(directory, in: line)
      default: return true
      }
    }
  }

  private static func isTarget(_ directory: String, in line: String) -> Bool {
    let parts = line.split(separator: "<")
    return parts.dropFirst(line.contains("sendfile") ? 1 : 2).first?.hasPrefix(directory) ?? false
  }
}
