internal import EventArchive
import EventPersistence

/// The batches that a bucket holds, by their names.
struct S3Listing: Sendable {
  let client: S3Client
  let place: S3Place

  /// A listed batch.
  struct Entry: Sendable, Hashable {
    var day: String
    var name: BatchName
    var byteCount: Int
    var etag: String
  }

  /// Those of one day (`2026/07/15/`), in the order of the listing. One request for each thousand.
  func batches(day: String) async throws(SinkError) -> [Entry] {
    var entries: [Entry] = []
    try await each(prefix: place.root + day) { object in
      if let entry = entry(object) { entries.append(entry) }
      return true
    }
    return entries
  }

  /// All of them, in the order of the listing. One request for each thousand.
  func batches() async throws(SinkError) -> [Entry] {
    var entries: [Entry] = []
    try await each(prefix: place.root) { object in
      if let entry = entry(object) { entries.append(entry) }
      return isAmongDays(object.key)
    }
    return entries
  }

  /// Whether there is a batch at all. One request.
  func isEmpty() async throws(SinkError) -> Bool { try await days(last: 1).isEmpty }

  /// The last days (`2026/07/15/`) that have any key, the latest first. Three requests for the
  /// first, one for each more.
  func days(last count: Int) async throws(SinkError) -> [String] {
    var days: [String] = []
    try await eachDay { day in
      days.append(day)
      return days.count < count
    }
    return days
  }

  /// The last day before `day` that has a batch. One request for each later month and year.
  func day(before day: String) async throws(SinkError) -> String? {
    var found: String?
    try await eachDay { other throws(SinkError) in
      guard other < day else { return true }
      if try await batches(day: other).isEmpty { return true }
      found = other
      return false
    }
    return found
  }

  /// The days with any key, the latest first, until `body` returns false.
  func eachDay(_ body: (String) async throws(SinkError) -> Bool) async throws(SinkError) {
    for year in try await folders(below: "", digits: 4).reversed() {
      for month in try await folders(below: year, digits: 2).reversed() {
        for day in try await folders(below: month, digits: 2).reversed() {
          guard try await body(day) else { return }
        }
      }
    }
  }

  /// Folders whose name is a number, in ascending order.
  private func folders(below path: String, digits: Int) async throws(SinkError) -> [String] {
    var folders: [String] = []
    var next: String?
    let prefix = place.root + path
    repeat {
      let page = try await client.list(prefix: prefix, delimiter: "/", page: next)
      for folder in page.prefixes where folder.hasPrefix(prefix) {
        let name = folder.dropFirst(prefix.count).dropLast()
        if name.utf8.count == digits, name.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
          folders.append(path + name + "/")
        }
      }
      // Names after the digits in a listing are not ours.
      let last = [page.objects.last?.key, page.prefixes.last].compactMap(\.self).max()
      next = last.map(isAmongDays) ?? true ? page.next : nil
    } while next != nil
    return folders
  }

  private func isAmongDays(_ key: String) -> Bool {
    guard key.hasPrefix(place.root) else { return false }
    return key.utf8.dropFirst(place.root.utf8.count).first.map { $0 <= UInt8(ascii: "9") } ?? true
  }

  private func entry(_ object: S3Client.Object) -> Entry? {
    place.batch(object.key).map {
      Entry(day: $0.day, name: $0.name, byteCount: object.size, etag: object.etag)
    }
  }

  /// Each object below `prefix`, in the order of the listing, until `body` returns false.
  func each(prefix: String, _ body: (S3Client.Object) -> Bool) async throws(SinkError) {
    var next: String?
    repeat {
      if Task.isCancelled {
        throw SinkError(.retry, code: "cancelled", "The listing of \(prefix) was cancelled.")
      }
      let page = try await client.list(prefix: prefix, page: next)
      for object in page.objects {
        guard body(object) else { return }
      }
      next = page.next
    } while next != nil
  }

  /// In log order, without those made superfluous by a longer one with the same first event.
  static func longest(_ entries: [Entry]) -> [Entry] {
    var longest: [Entry] = []
    for entry in entries.sorted(by: { $0.name < $1.name }) {
      if let last = longest.last?.name, last.firstId == entry.name.firstId,
        last.ordinal == entry.name.ordinal
      {
        longest[longest.count - 1] = entry
      } else {
        longest.append(entry)
      }
    }
    return longest
  }
}
