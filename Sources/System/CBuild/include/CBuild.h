#ifndef CBUILD_H
#define CBUILD_H

// What only the build knows, in a file of its own: another commit compiles no other one anew.

/// The commit that the program was built from, as the environment variable HYDRA_SINKS_COMMIT named
/// it when it was built; an empty text if it did not. It lives as long as the process.
const char *cbuild_commit(void);

#endif
