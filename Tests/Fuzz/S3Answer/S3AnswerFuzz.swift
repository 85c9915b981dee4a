import Compression
import EventArchive
import EventPersistence
import EventPersistenceTesting
import Foundation

@testable import S3Sink

/// Any bytes that a server sends are an answer or none: a listing, an error, the files of an archive,
/// an object, a header.
///
/// The input begins with a letter that tells which.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
  let input = UnsafeRawBufferPointer(start: start, count: count)
  guard let kind = input.first else { return 0 }
  let body = Array(input.dropFirst())
  switch kind {
  case UInt8(ascii: "e"): error(body)
  case UInt8(ascii: "m"): manifest(body)
  case UInt8(ascii: "o"): owner(body)
  case UInt8(ascii: "h"): header(String(decoding: body, as: UTF8.self))
  case UInt8(ascii: "d"): date(String(decoding: body, as: UTF8.self))
  case UInt8(ascii: "j"): object(body, .none)
  case UInt8(ascii: "g"): object(body, .gzip)
  case UInt8(ascii: "z"): object(body, .zstd)
  default: listing(body)
  }
  return 0
}

private func listing(_ body: [UInt8]) {
  let answer = XMLAnswer(body)
  let textBytes = answer.elements.reduce(0) { $0 + $1.text.utf8.count + $1.name.utf8.count }
  precondition(textBytes <= 4 * body.count, "bytes came twice")
  let page = S3Client.page(answer)
  let place = S3Place(prefix: "head/1")
  var entries: [S3Listing.Entry] = []
  for object in page.objects {
    precondition(object.size >= 0)
    if let id = place.eventId(object.key) { precondition(place.event(id) == object.key) }
    guard let batch = place.batch(object.key) else { continue }
    precondition(place.key(day: batch.day, batch.name) == object.key)
    precondition(batch.name.firstId <= batch.name.lastId)
    entries.append(
      S3Listing.Entry(
        day: batch.day, name: batch.name, byteCount: object.size, etag: object.etag))
  }
  let longest = S3Listing.longest(entries)
  precondition(longest.count <= entries.count && longest.isEmpty == entries.isEmpty)
}

/// The first byte tells the status.
private func error(_ body: [UInt8]) {
  let statuses = [200, 301, 400, 403, 404, 409, 412, 500, 501, 503]
  let answer = S3Client.Answer(
    HTTPAnswer(
      status: statuses[Int(body.first ?? 0) % statuses.count], body: Array(body.dropFirst())),
    isContent: false)
  for proof in [AnswerProof.held, .noContent, .stored(checksum: ("a", "b"))] {
    precondition(proof.objection(to: answer)?.isEmpty != true)
  }
  guard let error = S3Error(answer) else {
    precondition(answer.isSuccess)
    return
  }
  let shown = error.sinkError(doing: "PUT of x")
  precondition(shown.message.hasPrefix("PUT of x"))
  // Characters are counted, and one can have many bytes: these are for a person to read.
  precondition(shown.message.count <= 1500 && !shown.code.isEmpty && shown.code.count <= 64)
}

private func manifest(_ body: [UInt8]) {
  do throws(SinkError) {
    let manifest = try S3Manifest(body, of: "head/1/hydra-sinks.json")
    let read = try S3Manifest(manifest.bytes, of: "x")
    precondition(read == manifest)
    _ = try? manifest.followed(by: manifest, at: "s3://b")
    _ = manifest.noting(EventBatch(SampleEvents.make(3)).entries)
  } catch { precondition(error.message.contains("hydra-sinks.json")) }
}

private func owner(_ body: [UInt8]) {
  guard let owner = S3Owner(body) else { return }
  precondition(S3Owner(owner.bytes) == owner)
}

private func header(_ text: String) {
  guard let position = PositionHeader.position(text) else { return }
  let written = PositionHeader.text(position)
  precondition(written.utf8.allSatisfy { (0x21...0x7E).contains($0) })
  precondition(written.utf8.count <= PositionHeader.byteCountMax)
  guard let read = PositionHeader.position(written) else { fatalError("\(written) is not read") }
  precondition(read.agrees(with: position))
}

private func date(_ text: String) {
  let clock = ServerClock { EventTime(seconds: 1_784_109_600) }
  let isAdopted = clock.adopt(date: text)
  precondition(isAdopted == (clock.secondsAhead != nil))
  // The time of a request: a date that a signature can have.
  precondition(clock.now.text(fractionDigits: 0).utf8.count == 20, clock.now.description)
}

private func object(_ body: [UInt8], _ compression: Compression) {
  let unpacked: [UInt8]
  do throws(CompressionError) {
    unpacked = try compression.unpack(body, limit: 1 << 20)
  } catch { return precondition(!error.description.isEmpty) }
  precondition(unpacked.count <= 1 << 20)
  let buffer = EventBuffer(unpacked)
  for lines in [ArchiveLines(buffer), ArchiveLines(buffer, position: ArchivedLine.position)] {
    precondition(lines.lines.reduce(lines.tornBytes) { $0 + $1.range.count + 1 } == unpacked.count)
    for line in lines.lines {
      guard line.position != nil, let made = TransactionLine.line(of: line.bytes) else { continue }
      precondition(!line.isJSON || isJSON(made), "a line that is not JSON")
    }
  }
}

private func isJSON(_ line: [UInt8]) -> Bool {
  (try? JSONSerialization.jsonObject(with: Data(line))) != nil
}
