#ifndef CSPAWN_H
#define CSPAWN_H

#include <spawn.h>
#include <sys/types.h>

// What glibc declares to _GNU_SOURCE alone, which Swift's importer is not.

/// An empty file in memory that can be sealed and closes on exec; -1 and errno where that fails.
int cspawn_memory_file(const char *name);

/// Forbids for good that the file's contents change; -1 and errno where that fails.
int cspawn_seal(int descriptor);

/// Gives the memory of the first `length` bytes back; the file keeps its size. -1 and errno where that fails.
int cspawn_drop_front(int descriptor, off_t length);

/// The started program closes each descriptor from `first` on.
int cspawn_add_close_from(posix_spawn_file_actions_t *actions, int first);

/// A pipe whose ends (to read, to write) close on exec, of `capacity` bytes if the kernel grants that; -1 and
/// errno where there is none.
int cspawn_pipe(int ends[2], int capacity);

#endif
