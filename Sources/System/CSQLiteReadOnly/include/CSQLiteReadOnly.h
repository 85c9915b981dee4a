#ifndef CSQLITEREADONLY_H
#define CSQLITEREADONLY_H

#include <sqlite3.h>

/// Installs the system calls for SQLite that the two functions below switch, once for the process.
///
/// Returns SQLITE_OK, or the code of SQLite's unix VFS if it refuses the change.
int hydra_sqlite_read_only_install(void);

/// From here on, SQLite called on this thread creates, changes and removes no file.
///
/// A call that would create a file or open one for writing fails as without write permission
/// (EACCES): SQLite then opens existing files read-only. Calls nest; other threads are not touched.
void hydra_sqlite_read_only_enter(void);

/// Ends the innermost `hydra_sqlite_read_only_enter` of this thread.
void hydra_sqlite_read_only_leave(void);

/// From here on, SQLite called on this thread reads more of `database` than it asks for where it reads
/// in the order of the file, and uses that in place, without a copy.
///
/// Only within a transaction that has read already: then nothing changes that it may read. It is for one
/// database at a time, which `hydra_sqlite_read_only_open` opened on this thread.
void hydra_sqlite_read_ahead_begin(sqlite3 *database);

/// Ends `hydra_sqlite_read_ahead_begin`, within the same transaction.
void hydra_sqlite_read_ahead_end(void);

/// Opens the database that `uri` names for reading, as one from an untrusted source: nothing in its
/// schema is run, and closing it tries no checkpoint.
///
/// Like `sqlite3_open_v2`, it returns a handle to close even if it fails.
int hydra_sqlite_read_only_open(const char *uri, sqlite3 **database);

#endif
