// A consumer that only counts: reads the history of a feed, and prints how many messages came, and how many seconds
// they took from the first byte to the greeting that ends the history.
//
//   consume PORT
#define _GNU_SOURCE
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const char request[] =
    "GET /?history=yes HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
static const char greeting[] = "\"tag\":\"Greetings\"";

static unsigned char room[4 << 20];
static size_t filled, taken;
static int feed;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

// The next `count` bytes, all in one place.
static unsigned char *bytes(size_t count) {
  if (count > sizeof room) fail("a frame is larger than this program's room");
  if (taken + count > sizeof room) {
    memmove(room, room + taken, filled - taken);
    filled -= taken;
    taken = 0;
  }
  while (filled - taken < count) {
    ssize_t got = read(feed, room + filled, sizeof room - filled);
    if (got <= 0) fail("the feed ended");
    filled += (size_t)got;
  }
  taken += count;
  return room + taken - count;
}

// Answers a ping as RFC 6455 asks a client to: masked, here by zeros.
static void pong(const unsigned char *payload, size_t length) {
  unsigned char frame[6 + 125] = {0x8A, (unsigned char)(0x80 | length)};
  memcpy(frame + 6, payload, length);
  if (write(feed, frame, 6 + length) < 0) fail("cannot answer");
}

int main(int count, char **arguments) {
  if (count != 2) return 2;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(arguments[1]))};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  feed = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(feed, (struct sockaddr *)&address, sizeof address) < 0) fail("cannot connect");
  if (write(feed, request, sizeof request - 1) < 0) fail("cannot ask");
  char line[4] = {0};
  while (memcmp(line, "\r\n\r\n", 4) != 0) {
    memmove(line, line + 1, 3);
    line[3] = (char)*bytes(1);
  }
  double began = now();
  for (long messages = 0;;) {
    unsigned char *header = bytes(2);
    int opcode = header[0] & 0x0F, isLast = header[0] & 0x80;
    size_t length = header[1];
    if (length >= 126) {
      size_t digits = length == 126 ? 2 : 8;
      header = bytes(digits);
      length = 0;
      for (size_t digit = 0; digit < digits; digit++) length = length << 8 | header[digit];
    }
    unsigned char *payload = bytes(length);
    if (opcode == 9) pong(payload, length);
    if (opcode > 2) continue;
    messages += isLast != 0;
    if (length < 4096 && memmem(payload, length, greeting, sizeof greeting - 1)) {
      double took = now() - began;
      printf("%ld %.6f\n", messages, took);
      return 0;
    }
  }
}
