// What the C client does alone, for Tests/Benchmarks/run: publishes the lines of a file into a stream of NATS
// JetStream, asynchronously, with at most 4096 messages without an answer at a time. One server or more, with
// commas between them.
//
//   publish make SERVERS STREAM REPLICAS     makes the stream anew, for the subjects hydra.alice.>
//   publish bare SERVERS STREAM FILE         publishes the lines
//   publish headers SERVERS STREAM FILE      the same with the headers of hydra-sinks: which event it is, and which
//                                            sequence the stream is expected to end with (so it must be empty)
#include <nats/nats.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { waiting_max = 4096, servers_max = 8, wait_ms = 60000 };

static void check(natsStatus status, const char *what) {
  if (status == NATS_OK) return;
  fprintf(stderr, "%s: %s (%s)\n", what, natsStatus_GetText(status), nats_GetLastError(NULL));
  exit(1);
}

static void refused(jsCtx *context, jsPubAckErr *error, void *closure) {
  (void)context, (void)closure;
  fprintf(stderr, "a message was refused: %s\n", error->ErrText == NULL ? "?" : error->ErrText);
  exit(1);
}

static natsConnection *connect_to(char *servers) {
  const char *urls[servers_max];
  int count = 0;
  for (char *url = strtok(servers, ","); url != NULL && count < servers_max; url = strtok(NULL, ",")) {
    urls[count++] = url;
  }
  natsOptions *options;
  natsConnection *connection = NULL;
  check(natsOptions_Create(&options), "options");
  check(natsOptions_SetServers(options, urls, count), "servers");
  natsStatus status = NATS_ERR;
  // They have just been started.
  for (int waited = 0; status != NATS_OK && waited < wait_ms; waited += 100) {
    status = natsConnection_Connect(&connection, options);
    if (status != NATS_OK) nats_Sleep(100);
  }
  check(status, "connect");
  natsOptions_Destroy(options);
  return connection;
}

static void make(jsCtx *context, const char *name, int replicas) {
  const char *subjects[] = {"hydra.alice.>"};
  jsStreamConfig config;
  jsStreamConfig_Init(&config);
  config.Name = name;
  config.Subjects = subjects;
  config.SubjectsLen = 1;
  config.Storage = js_FileStorage;
  config.Replicas = replicas;
  natsStatus status = NATS_ERR;
  // A cluster has no leader at first.
  for (int waited = 0; status != NATS_OK && waited < wait_ms; waited += 100) {
    js_DeleteStream(context, name, NULL, NULL);
    status = js_AddStream(NULL, context, &config, NULL, NULL);
    if (status != NATS_OK) nats_Sleep(100);
  }
  check(status, "make the stream");
}

static natsMsg *message_with_headers(const char *line, int length, uint64_t id) {
  char name[64], number[24];
  snprintf(name, sizeof name, "alice/1/%llu/0", (unsigned long long)id);
  snprintf(number, sizeof number, "%llu", (unsigned long long)id);
  const char *const headers[][2] = {
      {"Hydra-Node", "alice"},
      {"Hydra-Generation", "1"},
      {"Nats-Msg-Id", name},
      {"Nats-Expected-Last-Sequence", number},
      {"Hydra-Event-Id", number},
      {"Hydra-Tag", "SnapshotConfirmed"},
      {"Hydra-Time", "2026-01-01T00:00:00.123456Z"},
  };
  natsMsg *message;
  check(natsMsg_Create(&message, "hydra.alice.SnapshotConfirmed", NULL, line, length), "message");
  for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
    check(natsMsgHeader_Set(message, headers[i][0], headers[i][1]), "header");
  }
  return message;
}

static void publish(jsCtx *context, const char *path, bool hasHeaders) {
  FILE *file = fopen(path, "r");
  if (file == NULL) {
    perror(path);
    exit(1);
  }
  char *line = NULL;
  size_t capacity = 0;
  ssize_t length;
  for (uint64_t id = 0; (length = getline(&line, &capacity, file)) > 0; id++) {
    int bytes = (int)length - 1;
    if (hasHeaders) {
      natsMsg *message = message_with_headers(line, bytes, id);
      check(js_PublishMsgAsync(context, &message, NULL), "publish");
    } else {
      check(js_PublishAsync(context, "hydra.alice.SnapshotConfirmed", line, bytes, NULL), "publish");
    }
  }
  free(line);
  fclose(file);
  jsPubOptions end;
  jsPubOptions_Init(&end);
  end.MaxWait = wait_ms;
  check(js_PublishAsyncComplete(context, &end), "the last answers");
}

int main(int count, char **arguments) {
  const char *verb = count == 5 ? arguments[1] : "";
  bool makes = strcmp(verb, "make") == 0, hasHeaders = strcmp(verb, "headers") == 0;
  if (!makes && !hasHeaders && strcmp(verb, "bare") != 0) {
    fprintf(stderr, "publish make SERVERS STREAM REPLICAS, or publish bare|headers SERVERS STREAM FILE\n");
    return 2;
  }
  natsConnection *connection = connect_to(arguments[2]);
  jsCtx *context;
  jsOptions options;
  jsOptions_Init(&options);
  options.PublishAsync.MaxPending = waiting_max;
  options.PublishAsync.StallWait = wait_ms;
  options.PublishAsync.ErrHandler = refused;
  check(natsConnection_JetStream(&context, connection, &options), "JetStream");
  if (makes) {
    make(context, arguments[3], atoi(arguments[4]));
  } else {
    publish(context, arguments[4], hasHeaders);
  }
  jsCtx_Destroy(context);
  natsConnection_Destroy(connection);
  nats_Close();
  return 0;
}
