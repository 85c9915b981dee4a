#ifndef CSQLITEREADONLY_H
#define CSQLITEREADONLY_H
#include <sqlite3.h>
#endif
