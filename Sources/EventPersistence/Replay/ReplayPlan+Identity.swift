extension ReplayPlan {
  /// `CHECKPOINT-DIGEST`: the digest covers everything that must not change between a plan and its
  /// execution. Meanwhile the checkpoint may advance, but not go back.
  static func id(
    _ plan: ReplayPlan, lastReplay: String?, history: String?
  ) -> String {
    var parts = [plan.secondary, plan.kind.rawValue, lastReplay ?? ""]
    if plan.kind != .redrive { parts.append(name(plan.from)) }
    if let lost = plan.lost { parts += [lost, name(plan.from)] }
    if let history { parts.append("history \(history)") }
    if plan.kind == .range { parts.append(name(plan.through)) }
    return "\(plan.checkpoint.map { String($0.eventId) } ?? "none")-"
      + FNV1a.hex(parts.joined(separator: "\u{0}"))
  }

  /// Whether this plan, made now, matches the one agreed to as `expected`.
  func isStill(_ expected: String) -> Bool {
    let (then, now) = (expected.split(separator: "-"), id.split(separator: "-"))
    guard then.count == 2, now.count == 2, then[1] == now[1] else { return false }
    guard let before = UInt64(then[0]) else { return then[0] == "none" }
    return checkpoint.map { $0.eventId >= before } ?? false
  }

  private static func name(_ position: Position?) -> String {
    position.map { "\($0.eventId) \($0.tag ?? "") \($0.time?.description ?? "")" } ?? ""
  }
}
