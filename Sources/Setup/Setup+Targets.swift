internal import EventPersistence
internal import FeedSink
internal import S3Sink
package import Wording

extension Setup {
  /// Refuses two secondaries, of these nodes, that would store in one place or listen at one
  /// address: the second one would wait for ever.
  package static func checkTargets(_ setups: [Setup]) throws(Refusal) {
    let secondaries = setups.flatMap { setup in
      setup.configuration.secondaries.map { (name: setup.argument($0.name), secondary: $0) }
    }
    for (index, second) in secondaries.enumerated() {
      for first in secondaries[..<index] {
        guard let shared = first.secondary.shared(with: second.secondary) else { continue }
        throw Refusal(
          .configuration,
          "\(first.name) and \(second.name) both \(shared), which only one driver can do: give one "
            + "of them another \(second.secondary.placeKeys), or remove it")
      }
    }
  }
}

extension ConfiguredSecondary {
  /// What both would do that only one can; nil if they do not meet.
  fileprivate func shared(with other: ConfiguredSecondary) -> String? {
    switch (kind, other.kind) {
    case (.file(let own), .file(let theirs)):
      return FilePaths.same(own.path, theirs.path) ? "store in \(own.path)" : nil
    case (.s3(let own), .s3(let theirs)):
      // Where the state is makes no difference to it.
      let state = StateDirectory(path: "")
      let target = own.options(of: self, in: state, environment: [:]).description.target
      let isSame =
        target == theirs.options(of: other, in: state, environment: [:]).description.target
      return isSame ? "store in \(target)" : nil
    case (.feed(let own), .feed(let theirs)):
      return own.address.meets(theirs.address) ? "listen at \(own.address)" : nil
    case (.jetstream(let own), .jetstream(let theirs)):
      let isSame = own.stream == theirs.stream && !Set(own.servers).isDisjoint(with: theirs.servers)
      return isSame ? "publish into the stream \(own.stream)" : nil
    case (.file, _), (.s3, _), (.feed, _), (.command, _), (.jetstream, _), (.checkpoint, _):
      return nil
    }
  }

  /// The keys that say where it stores.
  fileprivate var placeKeys: String {
    switch kind {
    case .file, .checkpoint: "path"
    case .s3: "bucket or prefix"
    case .feed: "listen"
    case .jetstream: "stream"
    case .command: "command"
    }
  }
}
