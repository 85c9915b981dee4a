#define _GNU_SOURCE
#include "CFile.h"

#include <fcntl.h>

int cfile_start_writing(int descriptor, off_t offset, off_t length) {
  return sync_file_range(descriptor, offset, length, SYNC_FILE_RANGE_WRITE);
}
