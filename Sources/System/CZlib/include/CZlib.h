#ifndef CZLIB_H
#define CZLIB_H
#include <zlib.h>

// deflateInit2 and inflateInit2 are macros, which Swift does not see.
static inline int hydra_gzip_deflate_init(z_stream *stream, int level) {
  return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}
static inline int hydra_gzip_inflate_init(z_stream *stream) { return inflateInit2(stream, 15 + 16); }

// Without a header and a checksum: a negative size of the window says so.
static inline int hydra_raw_deflate_init(z_stream *stream, int level, int window_bits, int memory_level) {
  return deflateInit2(stream, level, Z_DEFLATED, -window_bits, memory_level, Z_DEFAULT_STRATEGY);
}
static inline int hydra_raw_inflate_init(z_stream *stream) { return inflateInit2(stream, -15); }
#endif
