import Compression
import EventPersistence
import FileSink
import Foundation
import S3Sink
import SecondaryStatus
import Testing
import Wording

@testable import FeedSink
@testable import Setup

@Suite("the configuration file")
struct ConfigurationFileTests {
  static let whole = """
    persistence-dir: /var/lib/hydra
    persistence-rotate-after: 100000
    state-dir: state
    state-group: hydra-ops
    silent-after: { warn: 5m, error: 1h }
    warn:  { events: 10000, seconds: 120 }
    error: { seconds: 900 }
    secondaries:
      - name: archive
        kind: file
        path: ../srv/archive
        interval: 1h
        select: transactions
        start: 1234
      - name: audit
        kind: command
        command: [audit-loader, --retries, 3]
        timeout: 90s
        mode: stream
        window: 64k
        verify-command: [./list, --ids]
        tags: [SnapshotConfirmed, HeadOpened]
        warn: { events: 5 }
      - name: explorer
        kind: checkpoint
        path: /srv/explorer/checkpoint.json
    """

  @Test(
    "silence is an alarm unless it is turned off",
    arguments: [
      ("", 300, 3600), ("silent-after: off\n", nil, nil),
      ("silent-after: { warn: off }\n", nil, 3600), ("silent-after: { error: off }\n", 300, nil),
      ("silent-after: { warn: 2h }\n", 7200, nil), ("silent-after: { error: 10m }\n", 300, 600),
    ] as [(String, Double?, Double?)])
  func silence(yaml: String, warn: Double?, error: Double?) throws {
    let configuration = try ConfigurationFile.parse(
      "persistence-dir: /var/lib/hydra\n\(yaml)", file: "/etc/c.yaml")
    #expect(configuration.silentAfter == .init(warn: warn, error: error))
  }

  @Test("every key is read, with paths relative to the file and limits inherited")
  func everyKey() throws {
    let configuration = try ConfigurationFile.parse(Self.whole, file: "/etc/hs/hydra-sinks.yaml")
    #expect(configuration.file == "/etc/hs/hydra-sinks.yaml")
    #expect(configuration.persistenceDir == "/var/lib/hydra")
    #expect(configuration.rotateAfter == 100_000)
    #expect(configuration.stateDir == "/etc/hs/state")
    #expect(configuration.stateGroup == "hydra-ops")
    #expect(configuration.silentAfter == .init(warn: 300, error: 3600))
    #expect(configuration.warn == .init(events: 10_000, seconds: 120))
    #expect(configuration.error == .init(events: nil, seconds: 900))
    let archive = configuration.secondaries[0]
    var file = ConfiguredFile(path: "/etc/srv/archive")
    file.interval = .seconds(3600)
    #expect(archive.kind == .file(file))
    #expect(archive.selection == .transactions)
    #expect(archive.start == .id(1234))
    #expect(archive.warn == configuration.warn)
    let audit = configuration.secondaries[1]
    var command = ConfiguredCommand(["audit-loader", "--retries", "3"])
    command.mode = .stream
    command.timeout = .seconds(90)
    command.window = 65536
    command.verifyCommand = ["/etc/hs/list", "--ids"]
    #expect(audit.kind == .command(command))
    #expect(audit.selection == .tags(["SnapshotConfirmed", "HeadOpened"]))
    #expect(audit.warn == .init(events: 5, seconds: 120))
    #expect(audit.error == .init(events: nil, seconds: 900))
    #expect(
      configuration.secondaries[2].kind == .checkpoint(path: "/srv/explorer/checkpoint.json"))
  }

  @Test("an s3 says what its objects are created with")
  func objects() throws {
    let configuration = try ConfigurationFile.parse(
      """
      persistence-dir: /log
      secondaries:
        - name: cold
          kind: s3
          bucket: bucket
          endpoint: http://localhost:9000
          tags: [HeadOpened]
          server-side-encryption: aws:kms
          storage-class: GLACIER_IR
          object-tags: { team: ops, year: 2026 }
          checksum: none
      """, file: "/etc/hs/hydra-sinks.yaml")
    let cold = try #require(configuration.secondaries.first)
    guard case .s3(let s3) = cold.kind else {
      Issue.record("\(cold.kind)")
      return
    }
    #expect(
      s3.objects.tags == ["team": "ops", "year": "2026"] && cold.selection == .tags(["HeadOpened"]))
    #expect(s3.objects.encryption == .kms && s3.objects.storageClass == "GLACIER_IR")
    #expect(s3.objects.checksum == .none && s3.endpoint?.absoluteString == "http://localhost:9000")
  }

  struct Mistake: Sendable, CustomTestStringConvertible {
    var yaml: String
    var line: Int
    /// The message must contain each of these.
    var words: [String]
    var testDescription: String { words.joined(separator: " · ") }
  }

  static let head = "persistence-dir: /var/lib/hydra\n"

  static let mistakes: [Mistake] = [
    .init(yaml: "", line: 1, words: ["empty", "persistence-dir"]),
    .init(yaml: "- a\n", line: 1, words: ["expected a mapping", "a list"]),
    .init(yaml: "secondaries: []\n", line: 1, words: ["persistence-dir", "missing"]),
    .init(
      yaml: head + "persistance-rotate-after: 5\n", line: 2,
      words: ["unknown key", "did you mean \"persistence-rotate-after\"?"]),
    .init(yaml: head + head, line: 2, words: ["persistence-dir", "is used twice"]),
    .init(yaml: "persistence-dir: [a]\n", line: 1, words: ["expected text", "a list"]),
    .init(yaml: "persistence-dir: 5\n", line: 1, words: ["expected text", "the number 5"]),
    .init(yaml: "persistence-dir:\n", line: 1, words: ["expected text", "nothing"]),
    .init(
      yaml: head + "persistence-rotate-after: many\n", line: 2,
      words: ["a whole number above 0", "the text \"many\""]),
    .init(
      yaml: head + "silent-after: { warn: 5 }\n", line: 2,
      words: ["silent-after", "a duration", "the number 5"]),
    .init(yaml: head + "warn: { evnts: 5 }\n", line: 2, words: ["did you mean \"events\"?"]),
    .init(yaml: head + "secondaries: { name: a }\n", line: 2, words: ["a list of secondaries"]),
    .init(
      yaml: head + "secondaries:\n  - name: a\n    kind: fil\n    path: /x\n", line: 4,
      words: ["secondaries[1]", "unknown kind \"fil\"", "did you mean \"file\"?"]),
    .init(
      yaml: head + "secondaries:\n  - name: a\n    kind: s3\n", line: 3,
      words: ["\"bucket\" is missing", "a bucket's name"]),
    .init(
      yaml: head
        + "secondaries:\n  - name: a\n    kind: s3\n    bucket: b-1\n    endpoint: http://me:secret@h\n",
      line: 6, words: ["\"endpoint\"", "http:// or https://"]),
    .init(
      yaml: head
        + "secondaries:\n  - name: a\n    kind: s3\n    bucket: b-1\n    endpoint: http://::1:9000\n",
      line: 6, words: ["\"endpoint\"", "or http://[::1]:9000"]),
    .init(
      yaml: head + "secondaries:\n  - {name: a, kind: s3, bucket: b-1, prefix: x/../y}\n",
      line: 3, words: ["\"prefix\"", "without . or .. between slashes", "\"x/../y\""]),
    .init(
      yaml: head + "secondaries:\n  - {name: a, kind: s3, bucket: b-1, kms-key-id: k}\n",
      line: 3, words: ["\"kms-key-id\"", "with server-side-encryption: aws:kms"]),
    .init(
      yaml: head + "secondaries:\n  - {name: a, kind: s3, bucket: b-1, object-tags: [a]}\n",
      line: 3, words: ["object-tags", "expected a mapping", "a list"]),
    .init(
      yaml: head + "secondaries:\n  - {name: a, kind: s3, bucket: b-1, acl: all}\n",
      line: 3, words: ["\"acl\"", "bucket-owner-full-control", "\"all\""]),
    .init(
      yaml: head + "secondaries:\n  - name: A b\n    kind: file\n    path: /x\n", line: 3,
      words: ["a name of 1 to 32 characters", "\"A b\""]),
    .init(
      yaml: head + "secondaries:\n  - kind: file\n    path: /x\n", line: 3,
      words: ["\"name\" is missing"]),
    .init(
      yaml: head
        + "secondaries:\n  - {name: a, kind: file, path: /x}\n  - {name: a, kind: file, path: /y}\n",
      line: 4, words: ["secondaries[2]", "\"a\" is used twice"]),
    .init(
      yaml: head + "secondaries:\n  - name: a\n    kind: file\n    pth: /x\n", line: 5,
      words: ["unknown key \"pth\"", "did you mean \"path\"?"]),
    .init(
      yaml: head + "secondaries:\n  - name: a\n    kind: file\n    command: [x]\n", line: 5,
      words: ["unknown key \"command\""]),
    .init(
      yaml: head + "secondaries:\n  - name: a\n    kind: command\n    command: run me\n", line: 5,
      words: ["a list of a program", "the text \"run me\""]),
    .init(
      yaml: head
        + "secondaries:\n  - name: a\n    kind: file\n    path: /x\n    compression: gzip\n",
      line: 6, words: ["none or zstd", "\"gzip\""]),
    .init(
      yaml: head + "secondaries:\n  - name: a\n    kind: file\n    path: /x\n    retain: {}\n",
      line: 6, words: ["{ age: 30d }, { bytes: 10GB }, or both"]),
    .init(
      yaml: head
        + "secondaries:\n  - name: a\n    kind: file\n    path: /x\n    retain: { days: 3 }\n",
      line: 6, words: ["unknown key \"days\""]),
    .init(
      yaml: head + "secondaries:\n  - name: a\n    kind: file\n    path: /x\n    retain: 30d\n",
      line: 6, words: ["\"30d\""]),
    .init(
      yaml: head
        + "secondaries:\n  - name: a\n    kind: file\n    path: /x\n    interval: 1500ms\n",
      line: 6, words: ["whole seconds"]),
    .init(
      yaml: head
        + "secondaries:\n  - name: a\n    kind: command\n    command: [x]\n    mode: pipe\n",
      line: 6, words: ["batch or stream", "\"pipe\""]),
    .init(
      yaml: head
        + "secondaries:\n  - name: a\n    kind: command\n    command: [x]\n    window: 1M\n",
      line: 6, words: ["\"window\"", "expected that mode"]),
    .init(
      yaml: head + "secondaries:\n  - name: a\n    kind: file\n    path: /x\n    start: soon\n",
      line: 6, words: ["first, head, an id", "\"soon\""]),
    .init(
      yaml: head
        + "secondaries:\n  - name: a\n    kind: file\n    path: /x\n    select: events\n    tags: [a]\n",
      line: 7, words: ["either \"select\" or \"tags\""]),
    .init(
      yaml: head + "secondaries:\n  - name: a\n    kind: feed\n    listen: 4100\n", line: 5,
      words: ["an address and a port", "127.0.0.1:4100"]),
    .init(
      yaml: head + "secondaries:\n  - name: a\n    kind: feed\n", line: 3,
      words: ["\"listen\" is missing"]),
    .init(
      yaml: head
        + "secondaries:\n  - name: a\n    kind: feed\n    listen: 127.0.0.1:1\n"
        + "    allow-origin: [scrolls.example]\n",
      line: 6, words: ["a list of origins"]),
    .init(
      yaml: head + "secondaries:\n  - name: a\n    kind: feed\n    listen: unix:feed.sock\n",
      line: 5, words: ["unix:/run/hydra-sinks/feed.sock", "unix:feed.sock"]),
    .init(
      yaml: head + "secondaries:\n  - name: a\n    kind: feed\n    listen: unix:/a\n"
        + "    compression: gzip\n",
      line: 6, words: ["none or deflate"]),
    .init(
      yaml: head + "secondaries:\n  - name: a\n    kind: feed\n    listen: unix:/a\n"
        + "    max-consumers: 10001\n",
      line: 6, words: ["a whole number up to 10000"]),
    .init(yaml: head + "warn: { events: 1\n", line: 3, words: ["expected YAML"]),
  ]

  @Test("a file secondary has compression and retention", arguments: [true, false])
  func fileKeeping(hasAge: Bool) throws {
    let yaml = """
      persistence-dir: /var/lib/hydra
      secondaries:
        - name: archive
          kind: file
          path: /srv/a
          compression: zstd
          retain: { \(hasAge ? "age: 30d, " : "")bytes: 10GB }
      """
    let archive = try ConfigurationFile.parse(yaml, file: "/etc/c.yaml").secondaries[0]
    var expected = ConfiguredFile(path: "/srv/a")
    expected.compression = .zstd
    expected.retain = FileSink.Retention(
      age: hasAge ? .seconds(30 * 86_400) : nil, bytes: 10 << 30)
    #expect(archive.kind == .file(expected))
    let options = expected.options(of: archive, persistenceDirectory: "/log")
    #expect(options.retain == expected.retain && options.compression == .zstd)
  }

  @Test("a feed has an address, and may allow origins")
  func feed() throws {
    let yaml = """
      persistence-dir: /var/lib/hydra
      secondaries:
        - name: scrolls
          kind: feed
          listen: "[::1]:4100"
          allow-origin: [https://scrolls.example, http://localhost:8080]
          max-events: 500
          token-file: feed.token
          compression: deflate
          max-consumers: 1000
      """
    let scrolls = try ConfigurationFile.parse(yaml, file: "/etc/c.yaml").secondaries[0]
    let expected = ConfiguredFeed(
      address: FeedAddress(host: "::1", port: 4100),
      allowedOrigins: ["https://scrolls.example", "http://localhost:8080"],
      token: FeedToken(path: "/etc/feed.token"), compresses: true, consumersMax: 1000)
    #expect(scrolls.kind == .feed(expected))
    #expect(scrolls.maxEvents == 500)
  }

  @Test("a mistake names the file, the line and what was expected", arguments: mistakes)
  func told(_ mistake: Mistake) throws {
    let refusal = try #require(throws: Refusal.self) {
      try ConfigurationFile.parse(mistake.yaml, file: "/etc/c.yaml")
    }
    #expect(refusal.status == .configuration)
    #expect(refusal.message.hasPrefix("/etc/c.yaml:\(mistake.line): "), "\(refusal.message)")
    for word in mistake.words {
      #expect(refusal.message.contains(word), "\(refusal.message)")
    }
  }

  @Test("a missing file is named")
  func missing() {
    let refusal = #expect(throws: Refusal.self) {
      try ConfigurationFile.read("/nowhere/c.yaml", environment: [:])
    }
    #expect(refusal?.status == .configuration)
    #expect(refusal?.message.contains("/nowhere/c.yaml") == true)
    #expect(refusal?.message.contains("no such file") == true)
  }

  @Test("it is searched in the working directory, then the user's, then the machine's")
  func order() {
    #expect(
      ConfigurationFile.candidates(environment: ["HOME": "/h"]) == [
        "hydra-sinks.yaml", "/h/.config/hydra-sinks/hydra-sinks.yaml", "/etc/hydra-sinks.yaml",
      ])
    #expect(
      ConfigurationFile.candidates(environment: ["HOME": "/h", "XDG_CONFIG_HOME": "/x"])[1]
        == "/x/hydra-sinks/hydra-sinks.yaml")
  }
}
