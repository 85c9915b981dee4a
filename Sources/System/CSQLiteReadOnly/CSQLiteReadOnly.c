#include "CSQLiteReadOnly.h"
