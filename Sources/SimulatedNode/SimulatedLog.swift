/// A log that a simulated node appends to. Used by one node, from its thread alone.
protocol SimulatedLog: AnyObject {
  var lastEventId: UInt64? { get }

  /// How many events it holds since its last rotation.
  var eventCount: Int { get }

  /// Appends events in the way and in the portions of a real node.
  ///
  /// `make` writes what is stored of the event with the id at an index of `ids`, and `didAppend` is told of
  /// each portion once it is in the log; where it answers that it rotated, the rest is left for another
  /// call.
  func append(
    _ ids: [UInt64], _ make: (Int, inout PayloadWriter) -> Void,
    didAppend: (Int) throws(SimulationError) -> Bool
  ) throws(SimulationError)

  /// Starts the log again with a `Checkpoint`, which has the id of the last event.
  func rotate(checkpoint: UnsafeRawBufferPointer, keepsArchive: Bool) throws(SimulationError)

  /// Loses up to `count` of its last events, as a machine that dies can; one is left.
  func loseTail(_ count: Int) throws(SimulationError)

  func close()
}
