package import SecondaryStatus
internal import EventPersistence
internal import Foundation
internal import Synchronization

/// What a command on another machine tells of its node: the documents of `status --json --watch`, a line
/// each.
///
/// A line of more than `lineMax` bytes, or one that is no such document, ends the command: what it says
/// cannot be trusted. Its memory is one line.
package struct RemoteStatus: Sendable {
  /// A document of 1,000 secondaries has 1 MB.
  package static let lineMax = 4 << 20
  /// How much of what it says on standard error is kept.
  package static let errorMax = 400

  package enum News: Sendable {
    case document(StatusDocument)
    /// The command ended, or could not be started: why.
    case ended(String)
  }

  package let command: [String]

  package init(_ command: [String]) { self.command = command }

  /// Starts the command. The stream ends behind `.ended`; whoever leaves it ends the command.
  package func news() -> AsyncStream<News> {
    // A reader that does not follow wants the newest.
    let (stream, continuation) = AsyncStream.makeStream(
      of: News.self, bufferingPolicy: .bufferingNewest(4))
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["--"] + command
    process.standardInput = FileHandle.nullDevice
    let output = Pipe()
    let errors = Pipe()
    process.standardOutput = output
    process.standardError = errors
    do {
      try process.run()
    } catch {
      continuation.yield(.ended("\(command[0]) could not be started: \(error)"))
      continuation.finish()
      return stream
    }
    let running = Running(process)
    continuation.onTermination = { _ in running.end() }
    let tail = ErrorText()
    let name = command[0]
    let isToldAll = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      defer { isToldAll.signal() }
      while case let data = errors.fileHandleForReading.availableData, !data.isEmpty {
        tail.append(data)
      }
    }
    Thread.detachNewThread {
      let why = Self.read(output.fileHandleForReading) { continuation.yield(.document($0)) }
      running.end()
      let ending = running.wait()
      // What it said last may still be on its way; what it left running may say more, for ever.
      _ = isToldAll.wait(timeout: .now() + 1)
      let said = tail.lastLine.map { ": \($0)" } ?? ""
      continuation.yield(.ended(why ?? "\(name) \(ending)\(said)"))
      continuation.finish()
    }
    return stream
  }

  /// Reads documents until the end of `file`; why it was left before, where it was.
  private static func read(
    _ file: FileHandle, _ tell: (StatusDocument) -> Void
  ) -> String? {
    var line = Data()
    while true {
      let data = file.availableData
      if data.isEmpty { return nil }
      line.append(data)
      while let end = line.firstIndex(of: 0x0A) {
        let text = line[line.startIndex..<end]
        line = Data(line[(end + 1)...])
        guard !text.isEmpty else { continue }
        do {
          tell(try JSONDecoder().decode(StatusDocument.self, from: text))
        } catch {
          let start = String(decoding: text.prefix(60), as: UTF8.self)
          return
            "expected the documents of `status --json --watch`, a line each, found \"\(start)\""
        }
      }
      if line.count > lineMax { return "a line has more than \(lineMax) bytes: no status document" }
    }
  }

  /// The process, which is ended once, by whoever comes first.
  private final class Running: Sendable {
    private let process: Mutex<Process>

    package init(_ process: sending Process) { self.process = Mutex(process) }

    package func end() {
      process.withLock { if $0.isRunning { $0.terminate() } }
    }

    /// How it ended, in words.
    package func wait() -> String {
      process.withLock { process in
        process.waitUntilExit()
        return process.terminationReason == .exit
          ? "ended with exit code \(process.terminationStatus)"
          : "was ended by signal \(process.terminationStatus)"
      }
    }
  }

  /// The end of what the command says on standard error.
  private final class ErrorText: Sendable {
    private let text = Mutex(Data())

    package func append(_ data: Data) {
      text.withLock { $0 = Data(($0 + data).suffix(RemoteStatus.errorMax)) }
    }

    package var lastLine: String? {
      text.withLock { String(decoding: $0, as: UTF8.self) }
        .split(whereSeparator: \.isNewline).last.map(String.init)
    }
  }
}
