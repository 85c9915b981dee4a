#ifndef CFILE_H
#define CFILE_H

#include <sys/types.h>

// Functions that glibc declares only with _GNU_SOURCE, which Swift's importer does not define.

/// Begins to write what the page cache has of these bytes to the disk, and does not wait for it. It says nothing about
/// what survives a crash: that is what fsync is for. -1 and errno on failure.
int cfile_start_writing(int descriptor, off_t offset, off_t length);

#endif
