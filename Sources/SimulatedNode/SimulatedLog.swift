/// A log that a simulated node appends to. Used by one node, from its thread alone.
protocol SimulatedLog: AnyObject {
  var lastEventId: UInt64? { get }

  /// How many events it holds since its last rotation.
  var eventCount: Int { get }

  /// Appends `count` events in the way and in the portions of a real node.
  ///
  /// `make` writes the JSON of the event with an index of the run, and `didAppend` is told of each portion
  /// once it is in the log; where it answers that it rotated, the rest is left for another call.
  func append(
    _ count: Int, _ make: (Int, inout PayloadWriter) -> Void,
    didAppend: (Int) throws(SimulationError) -> Bool
  ) throws(SimulationError)

  /// Starts the log anew with the JSON of a `Checkpoint`, which has the id of the last event.
  func rotate(checkpoint: UnsafeRawBufferPointer, keepsArchive: Bool) throws(SimulationError)

  func close()
}
