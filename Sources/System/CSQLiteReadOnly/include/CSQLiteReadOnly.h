#ifndef CSQLITEREADONLY_H
#define CSQLITEREADONLY_H

#include <sqlite3.h>

/// Installs SQLite's system calls that the two functions below switch, once for the process.
///
/// Returns SQLITE_OK, or the code of SQLite's unix VFS where it does not let itself be changed.
int hydra_sqlite_read_only_install(void);

/// From here on, SQLite called on this thread creates, changes and removes no file.
///
/// A call that would open for writing or create fails as it does for a user who has no right to write
/// (EACCES): SQLite then opens read-only what is there. Calls nest; other threads are not touched.
void hydra_sqlite_read_only_enter(void);

/// Ends the innermost `hydra_sqlite_read_only_enter` of this thread.
void hydra_sqlite_read_only_leave(void);

/// Opens the database that `uri` names for reading, of a foreign hand: nothing in its schema is run, and
/// closing it tries no checkpoint.
///
/// Like `sqlite3_open_v2`, it gives a handle to close where it fails too.
int hydra_sqlite_read_only_open(const char *uri, sqlite3 **database);

#endif
