internal import CSimdjson
internal import EventPersistence
internal import Foundation
internal import Synchronization

/// The parts of an event's JSON, or of an object or an array in it, each as its original text: nothing is decoded or written again, so
/// that a number of any size and a fraction of twelve digits go out unchanged.
struct EventSlices {
  /// Which object a member belongs to.
  enum Level: Int32 {
    case event, change, inner
  }

  fileprivate let bytes: UnsafeRawBufferPointer
  fileprivate let slices: UnsafeBufferPointer<hydra_slice>

  /// The value at `key`; of several members with that key, the first. Nil if there is none, or it
  /// is `null`.
  func value(_ key: StaticString, _ level: Level = .change) -> UnsafeRawBufferPointer? {
    for slice in slices where slice.level == level.rawValue && slice.isAt(key) {
      let value = UnsafeRawBufferPointer(
        rebasing: bytes[slice.offset..<slice.offset + slice.length])
      return value.equals("null") ? nil : value
    }
    return nil
  }

  /// All values, in order: the elements of an array.
  var values: [UnsafeRawBufferPointer] {
    slices.map { UnsafeRawBufferPointer(rebasing: bytes[$0.offset..<$0.offset + $0.length]) }
  }

  /// The object itself, without its members called `key`, in pieces of its text.
  func object(without key: StaticString) -> [UnsafeRawBufferPointer] {
    var pieces = [UnsafeRawBufferPointer(rebasing: bytes[..<1])]
    var start = 1
    for slice in slices {
      let end = slice.offset + slice.length
      defer { start = end }
      guard !slice.isAt(key) else { continue }
      // The comma in front of it belongs to it, unless it has become the first.
      if pieces.count == 1, start > 1 { start = bytes[start...].firstIndex(of: 0x2C)! + 1 }
      pieces.append(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
    }
    pieces.append(UnsafeRawBufferPointer(rebasing: bytes[start...]))
    return pieces
  }
}

extension UnsafeRawBufferPointer {
  func equals(_ text: StaticString) -> Bool {
    count == text.utf8CodeUnitCount
      && (count == 0 || memcmp(baseAddress!, text.utf8Start, count) == 0)
  }
}

extension hydra_slice {
  fileprivate func isAt(_ name: StaticString) -> Bool {
    UnsafeRawBufferPointer(start: key, count: key_length).equals(name)
  }
}

/// Takes an event apart with simdjson, in one pass.
// One caller at a time: `withSlices` lends a slicer to no other meanwhile.
final class EventSlicer: @unchecked Sendable {
  /// An event, its change and an object in that have a dozen members at most. A snapshot can confirm
  /// thousands of transactions: for these there is more room, given back afterwards.
  private static let slicesUsual = 64

  private let slicer = hydra_slicer_create()!
  private var slices = UnsafeMutableBufferPointer<hydra_slice>.allocate(capacity: slicesUsual)

  deinit {
    hydra_slicer_destroy(slicer)
    slices.deallocate()
  }

  private static let idle = Mutex<[EventSlicer]>([])
  private static let idleMax = 2

  /// The result of `body` for the parts of `event`, after which `EventBuffer.padding` bytes must be
  /// readable; nil if it is neither a JSON object nor an array.
  ///
  /// - Parameter inner: the object in `stateChanged` whose members are wanted, at the level `inner`, in
  ///   its stead.
  static func withSlices<R>(
    of event: UnsafeRawBufferPointer, inner: StaticString?, _ body: (EventSlices) throws -> R
  ) rethrows -> R? {
    let slicer = idle.withLock { $0.popLast() } ?? EventSlicer()
    defer {
      slicer.resize(to: slicesUsual)
      idle.withLock { if $0.count < idleMax { $0.append(slicer) } }
    }
    var count = slicer.slice(event, inner)
    if count > slicer.slices.count {
      slicer.resize(to: count)
      count = slicer.slice(event, inner)
    }
    guard count >= 0 else { return nil }
    let filled = UnsafeBufferPointer(rebasing: slicer.slices[..<count])
    return try body(EventSlices(bytes: event, slices: filled))
  }

  private func slice(_ event: UnsafeRawBufferPointer, _ inner: StaticString?) -> Int {
    hydra_slicer_slice(
      slicer, event.baseAddress?.assumingMemoryBound(to: CChar.self), event.count,
      inner.map { UnsafeRawPointer($0.utf8Start).assumingMemoryBound(to: CChar.self) },
      inner?.utf8CodeUnitCount ?? 0, slices.baseAddress, slices.count)
  }

  private func resize(to count: Int) {
    guard slices.count != count else { return }
    slices.deallocate()
    slices = .allocate(capacity: count)
  }
}
