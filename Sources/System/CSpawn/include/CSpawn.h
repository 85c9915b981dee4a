#ifndef CSPAWN_H
#define CSPAWN_H

#include <spawn.h>
#include <sys/types.h>

// Functions that glibc declares only with _GNU_SOURCE, which Swift's importer does not define.

/// An empty file in memory that can be sealed and closes on exec; -1 and errno on failure.
int cspawn_memory_file(const char *name);

/// Seals the file: its contents can never change again; -1 and errno on failure.
int cspawn_seal(int descriptor);

/// Frees the memory of the first `length` bytes; the file keeps its size. -1 and errno on failure.
int cspawn_drop_front(int descriptor, off_t length);

/// Makes the started program close each descriptor from `first` on.
int cspawn_add_close_from(posix_spawn_file_actions_t *actions, int first);

/// A pipe whose ends (to read, to write) close on exec, of `capacity` bytes if the kernel grants
/// that; -1 and errno on failure.
int cspawn_pipe(int ends[2], int capacity);

/// From now on the kernel writes no core of this process, and lets none but root trace it. A program that it starts
/// is not concerned. -1 and errno on failure.
int cspawn_forbid_core(void);

#endif
