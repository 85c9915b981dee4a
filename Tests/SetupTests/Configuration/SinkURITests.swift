import Compression
import EventPersistence
import FileSink
import S3Sink
import Testing
import Wording

@testable import FeedSink
@testable import Setup

@Suite("--sink URI")
struct SinkURITests {
  @Test("a file URI is a file secondary, named by its kind or after #")
  func file() throws {
    let plain = try SinkURI.parse("file:///srv/archive")
    #expect(plain.name == "file")
    #expect(plain.kind == .file(ConfiguredFile(path: "/srv/archive")))
    let named = try SinkURI.parse("file:///srv/my%20archive#cold")
    #expect(named.name == "cold")
    #expect(named.kind == .file(ConfiguredFile(path: "/srv/my archive")))
  }

  @Test("the text after the ? of a file URI holds its options")
  func fileOptions() throws {
    let secondary = try SinkURI.parse(
      "file:///srv/a?compression=zstd&interval=10m&max-events=500&max-bytes=2MB&retain-age=30d"
        + "&retain-bytes=10GB#cold")
    var file = ConfiguredFile(path: "/srv/a")
    file.compression = .zstd
    file.interval = .seconds(600)
    file.retain = FileSink.Retention(age: .seconds(30 * 86_400), bytes: 10 << 30)
    #expect(secondary.name == "cold" && secondary.kind == .file(file))
    #expect(secondary.maxEvents == 500 && secondary.maxBytes == 2 << 20)
    let options = file.options(of: secondary, persistenceDirectory: "/log")
    #expect(options.rule == BatchRule(interval: .seconds(600), maxEvents: 500, maxBytes: 2 << 20))
    #expect(options.retain == file.retain && options.compression == .zstd)
  }

  @Test(
    "a wrong option of a file URI is refused with what was expected",
    arguments: [
      ("compression=gzip", "neither none nor zstd"),
      ("interval=0s", "not a duration of whole seconds"),
      ("interval=soon", "not a duration"), ("interval=1500ms", "not a duration of whole seconds"),
      ("max-events=0", "not a number"), ("max-bytes=many", "not a size"),
      ("retain-age=soon", "not a duration"), ("retain-bytes=", "not a size"),
      ("keep=1", "unknown option \"keep\""),
    ])
  func fileOptionRefused(_ option: String, _ why: String) {
    let refusal = #expect(throws: Refusal.self) { try SinkURI.parse("file:///srv/a?\(option)") }
    #expect(refusal?.message.contains(why) == true, "\(refusal?.message ?? "")")
  }

  @Test("the text after the ? of an s3 URI says what the objects are created with")
  func s3Objects() throws {
    let secondary = try SinkURI.parse(
      "s3://bucket/p?server-side-encryption=aws:kms&kms-key-id=k-1&acl=private&checksum=crc32c"
        + "&storage-class=STANDARD_IA&object-tags=team%3Dops%26stage%3Dtest")
    var s3 = ConfiguredS3(bucket: "bucket")
    s3.prefix = "p"
    s3.objects.encryption = .kms
    s3.objects.kmsKeyId = "k-1"
    s3.objects.acl = "private"
    s3.objects.checksum = .crc32c
    s3.objects.storageClass = "STANDARD_IA"
    s3.objects.tags = ["team": "ops", "stage": "test"]
    #expect(secondary.kind == .s3(s3))
    let options = s3.options(
      of: secondary, in: StateDirectory(path: "/state"), environment: [:])
    #expect(options.objects == s3.objects)
  }

  @Test("a command URI is a program and its arguments")
  func command() throws {
    let audit = try SinkURI.parse("command:audit-loader --db /srv/a.db#audit")
    #expect(audit.name == "audit")
    #expect(
      audit.kind == .command(ConfiguredCommand(["audit-loader", "--db", "/srv/a.db"])))
  }

  @Test("a ws URI is a feed that listens there")
  func feed() throws {
    let feed = try SinkURI.parse("ws://127.0.0.1:4100#scrolls")
    #expect(feed.name == "scrolls")
    #expect(feed.kind == .feed(ConfiguredFeed(address: FeedAddress(port: 4100))))
    #expect(try SinkURI.parse("ws://[::1]:4100/").name == "feed")
    let unix = try SinkURI.parse("ws://unix:/run/feed.sock#scrolls")
    #expect(unix.kind == .feed(ConfiguredFeed(address: .file("/run/feed.sock"))))
  }

  @Test(
    "a user or a password in an address is refused, and not shown",
    arguments: [
      "ws://SECRET@127.0.0.1:4100", "ws://SECRET:SECRET@127.0.0.1:4100", "ws://SECRET@:4100",
      "ws://a:SECRET/x@127.0.0.1:4100",
      "ws://SECRET@[::1]:4100#feed", "s3://bucket?endpoint=http://SECRET:SECRET@127.0.0.1:9000",
      "s3://bucket?endpoint=http%3A%2F%2FSECRET%3ASECRET%40127.0.0.1%3A9000",
      "s3://a:SECRET@bucket/p", "file://SECRET@host/srv",
    ])
  func userInAddress(_ text: String) {
    let refusal = #expect(throws: Refusal.self) { try SinkURI.parse(text) }
    #expect(refusal?.status == .usage)
    #expect(refusal?.message.contains("SECRET") == false, "\(refusal?.message ?? "")")
    #expect(refusal?.message.contains("expected") == true)
  }

  @Test(
    "a wrong URI is refused with what was expected",
    arguments: [
      "archive", "file:archive", "file://host/archive", "command:", "s3://b", "s3://bucket?x=1",
      "s3://bucket?endpoint=ftp://h", "s3://bucket/x/../y", "s3://bucket/x/%2E%2E", "s3://bucket/.",
      "s3://bucket?kms-key-id=k", "s3://bucket?server-side-encryption=AES128",
      "s3://bucket?object-tags=team", "s3://bucket?checksum=crc32",
      "ws://h", "ws://h:0", "ws://unix:feed.sock", "ws://unix:/", "ws:127.0.0.1:4100",
      "ws://127.0.0.1:4100/x",
      "ftp://x", "file:///x#No Name", "file:///x%zz",
    ])
  func refused(_ text: String) {
    let refusal = #expect(throws: Refusal.self) { try SinkURI.parse(text) }
    #expect(refusal?.status == .usage)
    #expect(refusal?.message.contains(text) == true)
    #expect(refusal?.message.contains("expected") == true)
  }
}
