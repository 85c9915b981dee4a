extension Model {
  /// The screen: a pure function of the model and its size.
  public func view() -> Grid {
    Grid(width: width, height: height)
  }
}
