package import EventPersistence

/// Checks servers and stream without publishing anything.
package enum JetStreamInspection {
  package struct Finding: Sendable, Hashable {
    package var severity: Severity
    package var sentence: String
  }

  /// Whether a drive with `options` could begin: connects, and asks for the stream and its last
  /// message. Blocks.
  static func look(_ options: JetStreamOptions) -> Finding {
    do throws(SinkError) {
      let connection = try JetStreamConnection(options)
      guard let state = try connection.streamState() else {
        guard let creation = options.create else {
          throw .failed(NATSStatus.error, NATSStatus.noStream, "", options)
        }
        return Finding(
          severity: .ok,
          sentence:
            "\(connection.server) · no stream \(options.stream) yet; the first run makes it "
            + "with \(creation.replicas) replica\(creation.replicas == 1 ? "" : "s")")
      }
      if let problem = problem(with: state, options) { throw problem }
      if state.isClustered, state.leader == nil {
        throw .failed(NATSStatus.noResponders, 0, "", options)
      }
      let end = try StreamEnd(of: options, in: state, connection)
      var words = [connection.server, "stream \(options.stream)"]
      if let leader = state.leader, state.isClustered { words.append("leader \(leader)") }
      words.append("\(state.replicas) replica\(state.replicas == 1 ? "" : "s")")
      words.append(
        end.held.last.map { "through \($0)" }
          ?? (end.isUnknown ? "its messages were dropped" : "nothing stored there yet"))
      words.append("the first message will show whether it may be published")
      let isOpen = options.tls == nil && !connection.server.hasPrefix("tls:") && !isLocal(options)
      if isOpen { words.append("events go there unencrypted: set tls") }
      return Finding(severity: isOpen ? .warning : .ok, sentence: words.joined(separator: " · "))
    } catch {
      return Finding(
        severity: error.remedy == .retry ? .unknown : .error,
        sentence: "\(error.code): \(error.message)")
    }
  }

  private static func isLocal(_ options: JetStreamOptions) -> Bool {
    options.servers.allSatisfy { server in
      ["127.0.0.1", "localhost", "[::1]"].contains { server.contains("//\($0)") }
    }
  }

  /// Why events cannot be stored there in order; nil if they can.
  static func problem(with state: StreamState, _ options: JetStreamOptions) -> SinkError? {
    let wildcard = options.subject.wildcard(node: options.node)
    guard state.subjects.contains(where: { SubjectTemplate.covers($0, wildcard) }) else {
      return SinkError(
        .stop, code: "subjects",
        "The \(options.place) takes \(state.subjects.joined(separator: ", ")), and not \(wildcard), "
          + "which the events have. Add it to the stream's subjects, or correct \"subject\".")
    }
    guard state.hasLimitsRetention else {
      return SinkError(
        .stop, code: "retention",
        "The \(options.place) removes messages once they are read (its retention is not limits), so "
          + "that its end does not tell what was stored. Give it retention: limits.")
    }
    return nil
  }
}
