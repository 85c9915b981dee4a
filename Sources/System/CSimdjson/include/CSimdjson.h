// The part of simdjson that reads a log of JSON lines, for callers without C++.

#ifndef CSIMDJSON_H
#define CSIMDJSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// How many bytes after an input's end must be readable (whatever they hold).
#define HYDRA_JSON_PADDING 64

// How many tags a scanner numbers before it must start again.
#define HYDRA_TAGS_MAX 1024

// The highest id of an event: an object with a higher one is broken.
#define HYDRA_EVENT_ID_MAX (1ULL << 62)

enum {
  // {"eventId":N,"stateChanged":…}, with or without a time.
  HYDRA_LINE_EVENT = 0,
  // An object with a string `tag` of its own and without the keys of an event.
  HYDRA_LINE_BARE = 1,
  // White space only.
  HYDRA_LINE_BLANK = 2,
  // Neither.
  HYDRA_LINE_BROKEN = 3,
  // Perhaps JSON, but there is no memory to read it.
  HYDRA_LINE_NO_MEMORY = 4,
};

typedef struct hydra_line {
  uint64_t offset;
  // Without the line feed.
  uint64_t length;
  uint64_t event_id;
  // The number of its tag in the scanner's table, or -1 if it has none.
  int32_t tag;
  uint8_t kind;
  // 0 if it has none, or one that is too long.
  uint8_t time_length;
  // The text of its `time`.
  char time[42];
} hydra_line;

// Where the text of its `time` is: of a line that is not copied, which takes longer than to read it.
static inline const void *hydra_line_time(const hydra_line *line) { return line->time; }

typedef struct hydra_scanner hydra_scanner;

// At least one byte.
typedef struct hydra_word {
  const char *bytes;
  size_t length;
} hydra_word;

// How many words one scan looks for at most.
#define HYDRA_WORDS_MAX 8

hydra_scanner *hydra_scanner_create(void);
void hydra_scanner_destroy(hydra_scanner *scanner);

// Reads the whole lines (those with a line feed) of bytes[from..<end] into `lines`, `capacity` at
// most. `next` becomes the offset after the last line that was read. Stops early when the table of
// tags is full: then `hydra_scanner_forget_tags` must be called before the next scan.
size_t hydra_scanner_scan(hydra_scanner *scanner, const char *bytes, size_t from, size_t end,
                          hydra_line *lines, size_t capacity, size_t *next);

// The same, but passes over lines that hold none of the words and no backslash, without reading
// them, except for the last whole line. A word is found as it stands, with its quotes: in JSON, it
// can be spelt otherwise only with a backslash.
size_t hydra_scanner_scan_words(hydra_scanner *scanner, const char *bytes, size_t from, size_t end,
                                const hydra_word *words, size_t word_count, hydra_line *lines,
                                size_t capacity, size_t *next);

// Reads bytes[from..<end] as one line, whatever line feeds it holds.
void hydra_scanner_read(hydra_scanner *scanner, const char *bytes, size_t from, size_t end,
                        hydra_line *line);

// How many tags the table holds, and the text of one: valid until they are forgotten.
size_t hydra_scanner_tag_count(const hydra_scanner *scanner);
const char *hydra_scanner_tag(const hydra_scanner *scanner, size_t number, size_t *length);
void hydra_scanner_forget_tags(hydra_scanner *scanner);

// The offset of the last line feed in bytes[0..<length], or -1.
ptrdiff_t hydra_last_feed(const void *bytes, size_t length);

// A parsed JSON text, to look up values by path.
typedef struct hydra_document hydra_document;

enum {
  HYDRA_VALUE_ABSENT = 0,
  HYDRA_VALUE_NULL = 1,
  HYDRA_VALUE_BOOL = 2,
  HYDRA_VALUE_UNSIGNED = 3,
  HYDRA_VALUE_SIGNED = 4,
  HYDRA_VALUE_DOUBLE = 5,
  HYDRA_VALUE_STRING = 6,
  HYDRA_VALUE_ARRAY = 7,
  HYDRA_VALUE_OBJECT = 8,
};

typedef struct hydra_value {
  int kind;
  bool boolean;
  uint64_t unsigned_number;
  int64_t signed_number;
  double real;
  // Valid until the document parses again.
  const char *text;
  size_t text_length;
  // How many elements or members.
  size_t count;
} hydra_value;

hydra_document *hydra_document_create(void);
void hydra_document_destroy(hydra_document *document);

// Whether bytes[0..<length] is exactly one JSON value.
bool hydra_document_parse(hydra_document *document, const char *bytes, size_t length);

// The value at a JSON pointer (RFC 6901), e.g. "/stateChanged/tag".
hydra_value hydra_document_value(const hydra_document *document, const char *pointer,
                                 size_t pointer_length);

// The key and value of the object's member `index`; absent after the last, or if it is not an
// object.
hydra_value hydra_document_member(const hydra_document *document, const char *pointer,
                                  size_t pointer_length, size_t index, const char **key,
                                  size_t *key_length);

// The members of an event, of its `stateChanged` and of one object in that, each value as its
// original text: a number of any size to the digit, an object to the space.
typedef struct hydra_slicer hydra_slicer;

enum {
  HYDRA_SLICE_EVENT = 0,
  HYDRA_SLICE_CHANGE = 1,
  HYDRA_SLICE_INNER = 2,
};

typedef struct hydra_slice {
  // Without its quotes and escapes; valid until the slicer slices again.
  const char *key;
  size_t key_length;
  // Of the value's text, in the given bytes.
  size_t offset;
  size_t length;
  int level;
} hydra_slice;

hydra_slicer *hydra_slicer_create(void);
void hydra_slicer_destroy(hydra_slicer *slicer);

// Slices the event bytes[0..<length], which was validated before; HYDRA_JSON_PADDING bytes after it
// must be readable. `inner` is the key of the object in `stateChanged` whose members are wanted in
// its stead; it may be NULL. Returns how many slices there are (those beyond `capacity` are not
// written), or -1 if it is not a JSON object. Of an array, the elements are sliced: without keys, at
// the level HYDRA_SLICE_EVENT.
ptrdiff_t hydra_slicer_slice(hydra_slicer *slicer, const char *bytes, size_t length,
                             const char *inner, size_t inner_length, hydra_slice *slices,
                             size_t capacity);

#ifdef __cplusplus
}
#endif
#endif
