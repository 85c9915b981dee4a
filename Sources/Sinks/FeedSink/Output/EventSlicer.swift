internal import CSimdjson
internal import EventPersistence
internal import Synchronization

/// The parts of an event's JSON, each as its original text: nothing is decoded or written again, so
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
    let key = UnsafeRawBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount)
    for slice in slices where slice.level == level.rawValue {
      let name = UnsafeRawBufferPointer(start: slice.key, count: slice.key_length)
      guard name.elementsEqual(key) else { continue }
      let value = UnsafeRawBufferPointer(
        rebasing: bytes[slice.offset..<slice.offset + slice.length])
      return value.elementsEqual("null".utf8) ? nil : value
    }
    return nil
  }
}

/// Takes an event apart with simdjson, in one pass.
// One caller at a time: `withSlices` lends a slicer to no other meanwhile.
final class EventSlicer: @unchecked Sendable {
  /// An event, its change and an object in that have a dozen members at most; further ones are
  /// ignored.
  private static let slicesMax = 64

  private let slicer = hydra_slicer_create()!
  private let slices = UnsafeMutableBufferPointer<hydra_slice>.allocate(capacity: slicesMax)

  deinit {
    hydra_slicer_destroy(slicer)
    slices.deallocate()
  }

  private static let idle = Mutex<[EventSlicer]>([])
  private static let idleMax = 2

  /// The result of `body` for the parts of `event`, after which `EventBuffer.padding` bytes must be
  /// readable; nil if it is not a JSON object.
  ///
  /// - Parameter inner: the object in `stateChanged` whose members are wanted, at the level `inner`, in
  ///   its stead.
  static func withSlices<R>(
    of event: UnsafeRawBufferPointer, inner: StaticString?, _ body: (EventSlices) throws -> R
  ) rethrows -> R? {
    let slicer = idle.withLock { $0.popLast() } ?? EventSlicer()
    defer { idle.withLock { if $0.count < idleMax { $0.append(slicer) } } }
    let count = hydra_slicer_slice(
      slicer.slicer, event.baseAddress?.assumingMemoryBound(to: CChar.self), event.count,
      inner.map { UnsafeRawPointer($0.utf8Start).assumingMemoryBound(to: CChar.self) },
      inner?.utf8CodeUnitCount ?? 0, slicer.slices.baseAddress, slicesMax)
    guard count >= 0 else { return nil }
    let filled = UnsafeBufferPointer(rebasing: slicer.slices[..<min(count, slicesMax)])
    return try body(EventSlices(bytes: event, slices: filled))
  }
}
