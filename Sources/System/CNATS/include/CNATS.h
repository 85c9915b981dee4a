#ifndef CNATS_H
#define CNATS_H
#include <nats/nats.h>
#include <stdbool.h>
#include <stdint.h>

/// What the stream answered to published messages: filled by threads of the client, and waited for by one
/// of ours. Of fixed size: an answer changes numbers in it and allocates nothing.
typedef struct cnats_answers cnats_answers;

/// The longest text of an error that is kept, with its zero.
#define CNATS_TEXT_MAX 240

/// The header that says which sequence the message before has.
#define CNATS_EXPECTED "Nats-Expected-Last-Sequence"

typedef struct {
  /// How many answers came, whatever they say.
  uint64_t answered;
  /// The highest sequence under which a message was stored that expected exactly this one.
  uint64_t storedThrough;
  /// Whether a message failed, or its answer names another sequence than it expected, or the connection
  /// closed. The rest says why, of the first failure.
  bool hasFailed;
  bool isClosed;
  natsStatus status;
  int code;
  char text[CNATS_TEXT_MAX];
} cnats_tally;

cnats_answers *cnats_answers_make(void);
/// Afterwards late answers are ignored. The memory is kept, and used again much later.
void cnats_answers_drop(cnats_answers *answers);
/// The connection's failures are noted in `answers`. To be called before the connection is made.
natsStatus cnats_answers_watch(cnats_answers *answers, natsOptions *options);
/// A context whose answers are counted in `answers`, which has none yet.
natsStatus cnats_context(jsCtx **context, natsConnection *connection, cnats_answers *answers,
                         int64_t pendingMax, int64_t waitMilliseconds);
/// Waits until more than `answered` answers came, or a message has failed, or the time is over.
cnats_tally cnats_answers_wait(cnats_answers *answers, uint64_t answered, int64_t milliseconds);

/// Hands a message to the client, which copies it.
///
/// `headers` are pairs of a name and a value, and a null behind the last. A message that does not ask for an
/// answer gets none, also if it is refused.
natsStatus cnats_publish(natsConnection *connection, jsCtx *context, const char *subject,
                         const char *const *headers, const void *bytes, int count, bool asks);
#endif
