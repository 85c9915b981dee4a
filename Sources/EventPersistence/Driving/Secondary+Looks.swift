/// When the driver last looked at itself from outside, as a watcher does.
struct SelfObservation: Sendable {
  /// Often enough for the rates of a minute; each costs a survey of the log.
  static let each = Duration.seconds(10)

  var machine: LagMachine
  var lookedAt: Duration?
  var noted: SecondaryState?
  var sampledMinute: Int64?
}

extension Secondary {
  /// Looks at the secondary as a watcher would, each ten seconds: a change of its state is noted, and each
  /// minute gets its sample, so that a dashboard that is opened later shows both.
  func lookIfDue() async {
    let now = options.clock.now
    if let last = observation.lookedAt, now - last < SelfObservation.each { return }
    observation.lookedAt = now
    let checkpoint = checkpoint
    let survey = await source.survey()
    let status: Result<PositionStatus, SourceError>?
    do throws(SourceError) {
      status = .success(try await source.status(of: checkpoint?.position))
    } catch {
      status = .failure(error)
    }
    let date = options.clock.date
    let report = observation.machine.observe(
      Look(
        moment: Moment(instant: options.clock.now, at: date), checkpoint: .success(checkpoint),
        survey: survey, status: status, driver: self.report, isLocked: true, replay: replay?.record,
        pause: (try? folder.readPause()) ?? nil))
    if observation.noted != report.state {
      let before = observation.noted
      observation.noted = report.state
      // A journal with a bound is not for what a healthy secondary passes through all day.
      if before.map({ !$0.isEveryday }) ?? true || !report.state.isEveryday {
        note(.state, report.state.rawValue)
      }
    }
    let sample = HistoryRing.Sample(report, headId: survey.head?.eventId, at: date)
    guard sample.minute != observation.sampledMinute else { return }
    observation.sampledMinute = sample.minute
    do throws(StateError) { try folder.history.append(sample) } catch { complain(error) }
  }
}
