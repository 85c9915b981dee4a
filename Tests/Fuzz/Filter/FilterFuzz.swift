import EventPersistence

@testable import Dashboard

private let now = EventTime("2026-07-15T15:04:05.5Z")!

/// Any text is a filter or refused with a sentence, any text after `:` is an order or refused, and a
/// search of the log passes over no event whose row matches.
///
/// The input is two lines and the rest: a filter, an order, and an event's JSON.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
  let input = UnsafeRawBufferPointer(start: start, count: count)
  let parts = input.split(separator: 0x0A, maxSplits: 2, omittingEmptySubsequences: false)
  filter(String(decoding: parts[0], as: UTF8.self), parts.count > 2 ? Array(parts[2]) : [])
  if parts.count > 1 { order(String(decoding: parts[1], as: UTF8.self)) }
  return 0
}

private func filter(_ text: String, _ json: [UInt8]) {
  let filter: Filter
  do throws(Filter.Unreadable) {
    guard let read = try Filter.read(text, now: now) else { return }
    filter = read
  } catch {
    precondition(!error.sentence.isEmpty)
    return
  }
  precondition(
    (try? Filter.read(filter.text, now: now))?.map(\.conditions) == filter.conditions)
  let position =
    json.withUnsafeBytes { Position(json: $0) }
    ?? Position(eventId: UInt64(json.count), tag: "TickObserved", time: now)
  let row = EventRow(
    position: position, summary: String(decoding: json, as: UTF8.self), bytes: json.count,
    hashes: json.withUnsafeBytes { HashPrefix.all(in: $0) })
  precondition(row.summary.utf8.count <= 3 * (EventRow.summaryBytesMax + 3))
  let search = LogSearch(id: 1, .backward, from: Position(eventId: .max), filter: filter)
  _ = search.ids
  _ = search.since
  let isFound = json.withUnsafeBytes { search.canMatch(position, $0) } && search.matches(row)
  // A row has only the beginnings of the first hashes, so it alone cannot tell of a transaction.
  let isOfTransaction = filter.conditions.contains {
    if case .transaction = $0.term { true } else { false }
  }
  precondition(isOfTransaction || isFound == filter.matches(row), "the search and the row differ")
}

private func order(_ text: String) {
  do {
    let read = try OrderText.read(text, names: ["cold", "audit"], selected: "cold", now: now)
    precondition(read != nil || text.allSatisfy { $0 == " " })
  } catch let error as OrderText.Unreadable {
    precondition(!error.sentence.isEmpty)
  } catch let error as Filter.Unreadable {
    precondition(!error.sentence.isEmpty)
  } catch {
    fatalError("refused without a sentence: \(error)")
  }
  _ = Completion.complete(text, names: ["cold", "audit"])
}
