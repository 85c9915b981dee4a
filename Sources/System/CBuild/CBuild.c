#include "CBuild.h"

#define TEXT(word) #word
#define TEXT_OF(macro) TEXT(macro)

const char *cbuild_commit(void) {
#ifdef HYDRA_SINKS_COMMIT
  return TEXT_OF(HYDRA_SINKS_COMMIT);
#else
  return "";
#endif
}
