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

/* SQLite reads one page at a time, a system call each, and copies it. Within a transaction, it instead
   uses pages where this file keeps them: in blocks of the file that were read at once. To SQLite, a
   block is a part of the file that is mapped into memory; but unlike a mapping, it stays as it was if
   the file is cut off.

   No page that the transaction takes from a block changes meanwhile: a checkpoint writes only pages
   that the transaction finds in the -wal, and of a database without one the result counts only if it
   did not change. */
enum {
  block_bytes = 64 << 10,
  /* Two are in turn. A cursor keeps the pages from the root of its tree to its row, each perhaps in
     a block of its own. */
  block_count = 8,
  /* SQLite may read over the end of a damaged page. */
  margin_bytes = 256,
};

typedef struct {
  char *bytes;
  /* In the file; -1: none. */
  sqlite3_int64 start;
  /* How many pages of it SQLite uses. */
  int uses;
} block;

static _Thread_local struct {
  /* The file that is read; NULL: none. */
  sqlite3_file *file;
  block blocks[block_count];
  /* The block in which the last page was. */
  sqlite3_int64 last;
} ahead;

static block *block_at(sqlite3_int64 start) {
  for (int i = 0; i < block_count; i++) {
    if (ahead.blocks[i].start == start) return &ahead.blocks[i];
  }
  return NULL;
}

static block *unused_block(void) {
  for (int i = 0; i < block_count; i++) {
    block *block = &ahead.blocks[i];
    if (block->uses > 0 || block->start == ahead.last) continue;
    if (block->bytes == NULL) {
      block->bytes = malloc(block_bytes + margin_bytes);
      if (block->bytes == NULL) return NULL;
      memset(block->bytes + block_bytes, 0, margin_bytes);
    }
    return block;
  }
  return NULL;
}

/* Sets `page` to NULL if SQLite is to read the page itself. */
static int fetch(sqlite3_file *file, sqlite3_int64 offset, int count, void **page) {
  *page = NULL;
  if (file != ahead.file) return SQLITE_OK;
  sqlite3_int64 start = offset - offset % block_bytes;
  if (offset + count > start + block_bytes) return SQLITE_OK;
  block *found = block_at(start);
  if (found == NULL) {
    /* A page alone is not worth it: it is one of the tree's upper ones. */
    int is_next = start == ahead.last || block_at(start - block_bytes) || block_at(start + block_bytes);
    found = is_next ? unused_block() : NULL;
    ahead.last = start;
    if (found == NULL) return SQLITE_OK;
    found->start = start;
    if (file->pMethods->xRead(file, found->bytes, block_bytes, start) != SQLITE_OK) {
      /* The last block of the file has fewer bytes: what SQLite reads now is little. */
      found->start = -1;
      return SQLITE_OK;
    }
  }
  ahead.last = start;
  found->uses++;
  *page = found->bytes + (offset - start);
  return SQLITE_OK;
}

static int unfetch(sqlite3_file *file, sqlite3_int64 offset, void *page) {
  (void)file, (void)offset;
  for (int i = 0; i < block_count; i++) {
    block *block = &ahead.blocks[i];
    if (block->bytes == NULL || (char *)page < block->bytes) continue;
    if ((char *)page < block->bytes + block_bytes) block->uses--;
  }
  return SQLITE_OK;
}

static sqlite3_file *main_file(sqlite3 *database) {
  sqlite3_file *file = NULL;
  int code = sqlite3_file_control(database, "main", SQLITE_FCNTL_FILE_POINTER, &file);
  return code == SQLITE_OK ? file : NULL;
}

/* Has SQLite ask `fetch` for the pages of a database; nothing is mapped then. Files have different
   methods, by how they are locked: those of each kind are changed once. */
static void offer_blocks(sqlite3 *database) {
  enum { kinds_max = 8 };
  static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  static struct { const sqlite3_io_methods *original; sqlite3_io_methods own; } kinds[kinds_max];
  sqlite3_file *file = main_file(database);
  if (file == NULL || file->pMethods == NULL || file->pMethods->iVersion < 3) return;
  pthread_mutex_lock(&mutex);
  int i = 0;
  while (i < kinds_max && kinds[i].original != NULL && kinds[i].original != file->pMethods) i++;
  if (i < kinds_max) {
    if (kinds[i].original == NULL) {
      kinds[i].own = *file->pMethods;
      kinds[i].own.xFetch = fetch;
      kinds[i].own.xUnfetch = unfetch;
      kinds[i].original = file->pMethods;
    }
    file->pMethods = &kinds[i].own;
  }
  pthread_mutex_unlock(&mutex);
  if (file->pMethods->xFetch == fetch) sqlite3_exec(database, "PRAGMA mmap_size = 1", NULL, NULL, NULL);
}

void hydra_sqlite_read_ahead_begin(sqlite3 *database) {
  for (int i = 0; i < block_count; i++) ahead.blocks[i].start = -1;
  ahead.last = -1;
  ahead.file = main_file(database);
}

void hydra_sqlite_read_ahead_end(void) { ahead.file = NULL; }

void hydra_sqlite_read_only_leave(void) {
  depth -= 1;
  if (depth > 0) return;
  for (int i = 0; i < block_count; i++) free(ahead.blocks[i].bytes);
  memset(&ahead, 0, sizeof ahead);
}

static int installed = SQLITE_ERROR;

/* Pages of all connections, kept from one short transaction to the next: from the heap, the memory
   of each would be given back to the system and taken anew. Pages of other sizes, and those beyond
   the number, still come from the heap. The system gives memory to what was used at least once. */
static void keep_pages(void) {
  enum { page_size = 4096, pages = 128 };
  static void *memory;
  int header = 0;
  /* Nobody asks for its statistics, for which each allocation would wait for other threads. */
  sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
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
  keep_pages();
  if (sqlite3_initialize() != SQLITE_OK) return;
  sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
  if (vfs == NULL || vfs->iVersion < 3 || vfs->xSetSystemCall == NULL) return;
  original_open = (open_call)vfs->xGetSystemCall(vfs, "open");
  original_unlink = (unlink_call)vfs->xGetSystemCall(vfs, "unlink");
  original_fchown = (fchown_call)vfs->xGetSystemCall(vfs, "fchown");
  original_fchmod = (fchmod_call)vfs->xGetSystemCall(vfs, "fchmod");
  original_lstat = (lstat_call)vfs->xGetSystemCall(vfs, "lstat");
  if (!original_open || !original_unlink || !original_fchown || !original_fchmod || !original_lstat) return;
  int code = vfs->xSetSystemCall(vfs, "open", (sqlite3_syscall_ptr)guarded_open);
  if (code == SQLITE_OK)
    code = vfs->xSetSystemCall(vfs, "unlink", (sqlite3_syscall_ptr)guarded_unlink);
  if (code == SQLITE_OK)
    code = vfs->xSetSystemCall(vfs, "fchown", (sqlite3_syscall_ptr)guarded_fchown);
  if (code == SQLITE_OK)
    code = vfs->xSetSystemCall(vfs, "fchmod", (sqlite3_syscall_ptr)guarded_fchmod);
  if (code == SQLITE_OK)
    code = vfs->xSetSystemCall(vfs, "lstat", (sqlite3_syscall_ptr)guarded_lstat);
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
  offer_blocks(*database);
  return SQLITE_OK;
}
