/// A log that a simulated node appends to. Used by one node, from its thread alone.
protocol SimulatedLog: AnyObject {
  var lastEventId: UInt64? { get }

  /// How many events it holds since its last rotation.
  var eventCount: Int { get }

  /// Appends events as a real node does, in the same portions.
  ///
  /// `make` writes the event with the id at an index of `ids`. The log calls `didAppend` after each
  /// portion; if that returns that it rotated, the rest is left for another call.
  func append(
    _ ids: [UInt64], _ make: (Int, inout PayloadWriter) -> Void,
    didAppend: (Int) throws(SimulationError) -> Bool
  ) throws(SimulationError)

  /// Starts a new log with a `Checkpoint` that has the id of the last event.
  func rotate(checkpoint: UnsafeRawBufferPointer, keepsArchive: Bool) throws(SimulationError)

  /// Loses up to `count` of its last events, as a crash of the machine can; keeps at least one.
  func loseTail(_ count: Int) throws(SimulationError)

  func close()
}
