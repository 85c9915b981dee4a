internal import CommandSink
internal import EventPersistence
internal import Foundation
package import SecondaryStatus
internal import Synchronization

/// What a command prints about a node on another machine: the documents of `status --json --watch`,
/// one per line.
///
/// A line of more than `lineMax` bytes, or one that is not such a document, ends the command: its
/// output cannot be trusted. At most one line is kept in memory.
package struct RemoteStatus: Sendable {
  /// A document of 1,000 secondaries has 1 MB.
  package static let lineMax = 4 << 20
  /// How much of its standard error is kept.
  package static let errorMax = 400

  package enum News: Sendable {
    case document(StatusDocument)
    /// Why the command ended, or could not be started.
    case ended(String)
  }

  package let command: [String]

  package init(_ command: [String]) { self.command = command }

  /// Starts the command. The stream ends after `.ended`; leaving it earlier ends the command.
  package func news() -> AsyncStream<News> {
    // A slow reader wants the newest document.
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
      try process.start()
    } catch {
      continuation.yield(.ended("\(command[0]) could not be started: \(error)"))
      continuation.finish()
      return stream
    }
    continuation.onTermination = { _ in process.end() }
    let tail = ErrorText()
    let name = command[0]
    let isErrorRead = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      defer { isErrorRead.signal() }
      while case let data = errors.fileHandleForReading.availableData, !data.isEmpty {
        tail.append(data)
      }
    }
    Thread.detachNewThread {
      let why = Self.read(output.fileHandleForReading) { continuation.yield(.document($0)) }
      process.end()
      process.waitForEnd()
      // Its last output may still arrive, but a process that it left running may hold the
      // pipe open for ever.
      _ = isErrorRead.wait(timeout: .now() + 1)
      let said = tail.lastLine.map { ": \($0)" } ?? ""
      continuation.yield(.ended(why ?? "\(name) \(process.ending)\(said)"))
      continuation.finish()
    }
    return stream
  }

  /// Reads documents until the end of `file`; returns why it stopped earlier, if it did.
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
            "expected the documents of `status --json --watch`, one per line, found \"\(start)\""
        }
      }
      if line.count > lineMax { return "a line has more than \(lineMax) bytes" }
    }
  }

  /// The end of the command's standard error.
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

extension Process {
  /// Foundation waits for it, on a thread of its own: process 1 must not do so first.
  fileprivate func start() throws {
    var failure: (any Error)?
    _ = ChildProcesses.spawn { id in
      do { try run() } catch {
        failure = error
        return -1
      }
      id = processIdentifier
      return 0
    }
    if let failure { throw failure }
  }

  fileprivate func waitForEnd() {
    waitUntilExit()
    ChildProcesses.wasWaitedFor(processIdentifier)
  }

  /// Ends it, unless it has already ended: another process may have its id by then.
  fileprivate func end() { if isRunning { terminate() } }

  /// How it ended, in words.
  fileprivate var ending: String {
    terminationReason == .exit
      ? "ended with exit code \(terminationStatus)" : "was stopped by signal \(terminationStatus)"
  }
}
