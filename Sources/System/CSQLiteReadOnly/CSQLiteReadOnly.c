#include "CSQLiteReadOnly.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>

// "mode=ro" alone is not enough: SQLite opens -wal and -shm with O_RDWR | O_CREAT before it tries
// to read them, and as root it gives both the owner of the database (fchown). All of that passes
// through its system calls, whatever the SQL. The switch is per thread, not per path, so that a
// writer elsewhere in the process (a simulated node, say) is not affected.

typedef int (*open_call)(const char *, int, int);
typedef int (*unlink_call)(const char *);
typedef int (*fchown_call)(int, uid_t, gid_t);
typedef int (*fchmod_call)(int, mode_t);
typedef int (*lstat_call)(const char *, struct stat *);

static open_call original_open;
static unlink_call original_unlink;
static fchown_call original_fchown;
static fchmod_call original_fchmod;
static lstat_call original_lstat;

static _Thread_local int depth;

void hydra_sqlite_read_only_enter(void) { depth += 1; }

void hydra_sqlite_read_only_leave(void) { depth -= 1; }

static int refuse(void) {
  errno = EACCES;
  return -1;
}

static int guarded_open(const char *path, int flags, int mode) {
  int writes = (flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC)) != 0;
  return depth > 0 && writes ? refuse() : original_open(path, flags, mode);
}

static int guarded_unlink(const char *path) {
  return depth > 0 ? refuse() : original_unlink(path);
}

// SQLite ignores whether these two succeed.
static int guarded_fchown(int file, uid_t user, gid_t group) {
  return depth > 0 ? 0 : original_fchown(file, user, group);
}

static int guarded_fchmod(int file, mode_t mode) {
  return depth > 0 ? 0 : original_fchmod(file, mode);
}

// SQLite looks for links in a path, and puts their texts in their place. The caller has done that as far as it is right:
// /proc/PID/root leads to the root of another process, and its text, "/", to our own.
static int guarded_lstat(const char *path, struct stat *status) {
  return depth > 0 ? stat(path, status) : original_lstat(path, status);
}

/* SQLite reads one page at a time, mostly in the order of the file: a system call each. Within a
   transaction, more is read at once where it does so. No page that the transaction reads from the
   database changes meanwhile: a checkpoint writes only pages that the transaction finds in the
   -wal, and of a database without one the result counts only if it did not change. */
enum { window_bytes = 64 << 10 };
static _Thread_local struct {
  char *bytes;
  int file;
  off_t start, end;
  /* Where the last read ended. */
  off_t next;
} window;

typedef ssize_t (*pread_call)(int, void *, size_t, off_t);
static pread_call original_pread;

static ssize_t windowed_pread(int file, void *bytes, size_t count, off_t offset) {
  if (window.bytes == NULL || count > window_bytes) return original_pread(file, bytes, count, offset);
  if (file != window.file) window.start = window.end = window.next = -1;
  int is_there = offset >= window.start && offset + (off_t)count <= window.end;
  if (!is_there && offset == window.next) {
    ssize_t length = original_pread(file, window.bytes, window_bytes, offset);
    window.start = offset;
    window.end = offset + (length > 0 ? length : 0);
    is_there = length >= (ssize_t)count;
  }
  window.file = file;
  window.next = offset + (off_t)count;
  if (!is_there) return original_pread(file, bytes, count, offset);
  memcpy(bytes, window.bytes + (offset - window.start), count);
  return (ssize_t)count;
}

void hydra_sqlite_read_ahead_begin(void) {
  hydra_sqlite_read_ahead_end();
  window.bytes = malloc(window_bytes);
  window.file = -1;
}

void hydra_sqlite_read_ahead_end(void) {
  free(window.bytes);
  memset(&window, 0, sizeof window);
}

static int installed = SQLITE_ERROR;

/* Pages of all connections, kept from one short transaction to the next: from the heap, the memory
   of each would be given back to the system and taken anew. Pages of other sizes, and those beyond
   the number, still come from the heap. The system gives memory to what was used at least once. */
static void keep_pages(void) {
  enum { page_size = 4096, pages = 512 };
  static void *memory;
  int header = 0;
  if (sqlite3_config(SQLITE_CONFIG_PCACHE_HDRSZ, &header) != SQLITE_OK) return;
  int slot = (page_size + header + 7) / 8 * 8;
  memory = malloc((size_t)slot * pages);
  if (memory == NULL) return;
  /* Refused once SQLite has begun. */
  if (sqlite3_config(SQLITE_CONFIG_PAGECACHE, memory, slot, pages) != SQLITE_OK) {
    free(memory);
    memory = NULL;
  }
}

static void install(void) {
  /* Which one it uses depends on how it was built; the other one is not there then. */
  const char *pread_name = "pread64";
  keep_pages();
  if (sqlite3_initialize() != SQLITE_OK) return;
  sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
  if (vfs == NULL || vfs->iVersion < 3 || vfs->xSetSystemCall == NULL) return;
  original_open = (open_call)vfs->xGetSystemCall(vfs, "open");
  original_unlink = (unlink_call)vfs->xGetSystemCall(vfs, "unlink");
  original_fchown = (fchown_call)vfs->xGetSystemCall(vfs, "fchown");
  original_fchmod = (fchmod_call)vfs->xGetSystemCall(vfs, "fchmod");
  original_lstat = (lstat_call)vfs->xGetSystemCall(vfs, "lstat");
  original_pread = (pread_call)vfs->xGetSystemCall(vfs, pread_name);
  if (original_pread == NULL) {
    pread_name = "pread";
    original_pread = (pread_call)vfs->xGetSystemCall(vfs, pread_name);
  }
  if (!original_lstat || !original_pread) return;
  if (!original_open || !original_unlink || !original_fchown || !original_fchmod) return;
  int code = vfs->xSetSystemCall(vfs, "open", (sqlite3_syscall_ptr)guarded_open);
  if (code == SQLITE_OK)
    code = vfs->xSetSystemCall(vfs, "unlink", (sqlite3_syscall_ptr)guarded_unlink);
  if (code == SQLITE_OK)
    code = vfs->xSetSystemCall(vfs, "fchown", (sqlite3_syscall_ptr)guarded_fchown);
  if (code == SQLITE_OK)
    code = vfs->xSetSystemCall(vfs, "fchmod", (sqlite3_syscall_ptr)guarded_fchmod);
  if (code == SQLITE_OK)
    code = vfs->xSetSystemCall(vfs, "lstat", (sqlite3_syscall_ptr)guarded_lstat);
  if (code == SQLITE_OK)
    code = vfs->xSetSystemCall(vfs, pread_name, (sqlite3_syscall_ptr)windowed_pread);
  installed = code;
}

int hydra_sqlite_read_only_install(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, install);
  return installed;
}

int hydra_sqlite_read_only_open(const char *uri, sqlite3 **database) {
  int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  int code = sqlite3_open_v2(uri, database, flags, NULL);
  if (code != SQLITE_OK) return code;
  sqlite3_db_config(*database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
  sqlite3_db_config(*database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
  /* SQLite refuses all of a database that was cut off, unless this is set: then it refuses only
     what is missing. The defensive mode would undo it, and guards only against writes. */
  sqlite3_db_config(*database, SQLITE_DBCONFIG_WRITABLE_SCHEMA, 1, NULL);
  return SQLITE_OK;
}
