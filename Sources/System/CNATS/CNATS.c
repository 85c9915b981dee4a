#include "CNATS.h"
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct cnats_answers {
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  /// Whose answers count; null: nobody's.
  jsCtx *context;
  bool isDropped;
  /// The waiting thread is woken by more answers than these: each one would cost a switch to it.
  uint64_t awaited;
  cnats_tally tally;
  cnats_answers *next;
};

// The client does not say when the last of its callbacks has ended. So the memory that they use is never
// freed: it waits behind others until it is used again.
enum { dropped_min = 16 };
static pthread_mutex_t dropped_mutex = PTHREAD_MUTEX_INITIALIZER;
static cnats_answers *dropped_first, *dropped_last;
static int dropped_count;

cnats_answers *cnats_answers_make(void) {
  cnats_answers *answers = NULL;
  pthread_mutex_lock(&dropped_mutex);
  if (dropped_count > dropped_min) {
    answers = dropped_first;
    dropped_first = answers->next;
    dropped_count -= 1;
  }
  pthread_mutex_unlock(&dropped_mutex);
  if (answers == NULL) {
    answers = calloc(1, sizeof *answers);
    if (answers == NULL) return NULL;
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&answers->mutex, NULL);
    pthread_cond_init(&answers->changed, &attributes);
    pthread_condattr_destroy(&attributes);
  }
  pthread_mutex_lock(&answers->mutex);
  memset(&answers->tally, 0, sizeof answers->tally);
  answers->context = NULL;
  answers->isDropped = false;
  answers->next = NULL;
  pthread_mutex_unlock(&answers->mutex);
  return answers;
}

void cnats_answers_drop(cnats_answers *answers) {
  pthread_mutex_lock(&answers->mutex);
  answers->context = NULL;
  answers->isDropped = true;
  pthread_mutex_unlock(&answers->mutex);
  pthread_mutex_lock(&dropped_mutex);
  if (dropped_count == 0) dropped_first = answers; else dropped_last->next = answers;
  dropped_last = answers;
  dropped_count += 1;
  pthread_mutex_unlock(&dropped_mutex);
}

static void fail(cnats_answers *answers, natsStatus status, int code, const char *text) {
  if (!answers->tally.hasFailed) {
    answers->tally.hasFailed = true;
    answers->tally.status = status;
    answers->tally.code = code;
    if (text != NULL) {
      strncpy(answers->tally.text, text, CNATS_TEXT_MAX - 1);
      answers->tally.text[CNATS_TEXT_MAX - 1] = 0;
    }
  }
  pthread_cond_signal(&answers->changed);
}

static void take_answer(jsCtx *context, natsMsg *message, jsPubAck *stored, jsPubAckErr *error,
                        void *closure) {
  cnats_answers *answers = closure;
  const char *expected = NULL;
  if (stored != NULL) natsMsgHeader_Get(message, CNATS_EXPECTED, &expected);
  uint64_t before = expected == NULL ? UINT64_MAX : strtoull(expected, NULL, 10);
  pthread_mutex_lock(&answers->mutex);
  if (answers->context == context) {
    cnats_tally *tally = &answers->tally;
    tally->answered += 1;
    if (error != NULL) {
      fail(answers, error->Err, error->ErrCode, error->ErrText);
    } else if (stored != NULL && stored->Sequence == before + 1) {
      if (stored->Sequence > tally->storedThrough) tally->storedThrough = stored->Sequence;
      if (tally->answered > answers->awaited) pthread_cond_signal(&answers->changed);
    } else {
      fail(answers, NATS_ERR, JSStreamWrongLastSequenceErr, "it was stored in another place");
    }
  }
  pthread_mutex_unlock(&answers->mutex);
  natsMsg_Destroy(message);
}

static void take_error(natsConnection *connection, natsSubscription *subscription, natsStatus status,
                       void *closure) {
  (void)subscription;
  cnats_answers *answers = closure;
  const char *text = NULL;
  natsConnection_GetLastError(connection, &text);
  pthread_mutex_lock(&answers->mutex);
  if (!answers->isDropped) fail(answers, status, 0, text);
  pthread_mutex_unlock(&answers->mutex);
}

static void take_close(natsConnection *connection, void *closure) {
  cnats_answers *answers = closure;
  const char *text = NULL;
  natsStatus status = natsConnection_GetLastError(connection, &text);
  pthread_mutex_lock(&answers->mutex);
  if (!answers->isDropped) {
    answers->tally.isClosed = true;
    fail(answers, status == NATS_OK ? NATS_CONNECTION_CLOSED : status, 0, text);
  }
  pthread_mutex_unlock(&answers->mutex);
}

natsStatus cnats_answers_watch(cnats_answers *answers, natsOptions *options) {
  natsStatus status = natsOptions_SetErrorHandler(options, take_error, answers);
  if (status == NATS_OK) status = natsOptions_SetClosedCB(options, take_close, answers);
  return status;
}

natsStatus cnats_context(jsCtx **context, natsConnection *connection, cnats_answers *answers,
                         int64_t pendingMax, int64_t waitMilliseconds) {
  jsOptions options;
  jsOptions_Init(&options);
  options.Wait = waitMilliseconds;
  options.PublishAsync.MaxPending = pendingMax;
  options.PublishAsync.AckHandler = take_answer;
  options.PublishAsync.AckHandlerClosure = answers;
  natsStatus status = natsConnection_JetStream(context, connection, &options);
  if (status != NATS_OK) return status;
  pthread_mutex_lock(&answers->mutex);
  answers->context = *context;
  pthread_mutex_unlock(&answers->mutex);
  return status;
}

cnats_tally cnats_answers_wait(cnats_answers *answers, uint64_t answered, int64_t milliseconds) {
  struct timespec end;
  clock_gettime(CLOCK_MONOTONIC, &end);
  end.tv_sec += milliseconds / 1000;
  end.tv_nsec += (milliseconds % 1000) * 1000000;
  if (end.tv_nsec >= 1000000000) {
    end.tv_sec += 1;
    end.tv_nsec -= 1000000000;
  }
  pthread_mutex_lock(&answers->mutex);
  answers->awaited = answered;
  while (!answers->tally.hasFailed && answers->tally.answered <= answered) {
    if (pthread_cond_timedwait(&answers->changed, &answers->mutex, &end) == ETIMEDOUT) break;
  }
  cnats_tally tally = answers->tally;
  pthread_mutex_unlock(&answers->mutex);
  return tally;
}

natsStatus cnats_publish(natsConnection *connection, jsCtx *context, const char *subject,
                         const char *const *headers, const void *bytes, int count, bool asks) {
  natsMsg *message = NULL;
  natsStatus status = natsMsg_Create(&message, subject, NULL, bytes, count);
  for (; status == NATS_OK && *headers != NULL; headers += 2) {
    status = natsMsgHeader_Set(message, headers[0], headers[1]);
  }
  if (status == NATS_OK) {
    // The context owns a message that it has taken.
    status = asks ? js_PublishMsgAsync(context, &message, NULL)
                  : natsConnection_PublishMsg(connection, message);
  }
  natsMsg_Destroy(message);
  return status;
}
