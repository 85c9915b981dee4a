#ifndef CNCURSES_H
#define CNCURSES_H

// ncursesw, with what Swift cannot import (macros, global variables, opaque structs), and the guard
// that restores the terminal however the process ends.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wchar.h>

// MARK: - Opening and drawing

typedef enum {
  CNC_OPEN_DONE = 0,
  /// The terminfo database does not have the terminal.
  CNC_OPEN_UNKNOWN_TERMINAL,
  /// The terminal is known, but its cursor cannot be placed.
  CNC_OPEN_NO_CURSOR,
} cnc_open_result;

/// Takes the character set from the environment; returns whether it is UTF-8.
bool cnc_use_locale(void);

/// Takes the screen over, of a terminal with this name: raw keys, no echo, no wait for the rest of an
/// escape beyond 25 ms.
cnc_open_result cnc_open(const char *term);

/// Leaves the screen and restores the terminal. Without an alternate screen, the cursor is on an
/// empty line below the last frame.
void cnc_close(void);

/// Restores the terminal and stops this process as Ctrl-Z does; returns when it continues.
void cnc_suspend(void);

/// Sets the terminal's modes again, after another process stopped and continued this one.
void cnc_resume(void);

/// Draws one cell: `count` wide characters, the first with a width, the rest combining.
void cnc_put(int row, int column, const uint32_t *text, int count, uint32_t attributes, int pair);

/// Clears the frame.
void cnc_erase(void);

/// The next `cnc_show` sends everything, not only changes.
void cnc_clear_terminal(void);

/// Sends the changes to the terminal, with the cursor at a place or hidden (-1).
void cnc_show(int cursor_row, int cursor_column);

void cnc_make_pair(int32_t pair, int16_t foreground, int16_t background);
void cnc_bell(void);

/// Whether the terminal understands `ESC [ …`.
bool cnc_speaks_ansi(void);

/// A pipe whose ends close on exec and never block.
int cnc_pipe(int *ends);

/// How many bytes wait to be read; non-zero if the descriptor cannot tell.
int cnc_available(int descriptor, int32_t *count);

/// The terminal's colours: 0 (none), 8, 16, 256; and how many pairs there can be.
int cnc_colors(void);
int cnc_pairs(void);

/// The next key, without waiting. 0: none. 1: a character. 2: a function key.
int cnc_key(uint32_t *code);

/// A mouse event that `KEY_MOUSE` announced.
bool cnc_mouse(int *row, int *column, uint64_t *buttons);
uint64_t cnc_mouse_mask(bool on);

/// Writes bytes to the terminal outside of what ncurses knows (title, clipboard), in order with its own.
void cnc_write(const char *bytes, size_t count);

static inline uint32_t cnc_bold(void) { return (uint32_t)A_BOLD; }
static inline uint32_t cnc_dim(void) { return (uint32_t)A_DIM; }
static inline uint32_t cnc_reverse(void) { return (uint32_t)A_REVERSE; }
static inline uint32_t cnc_underline(void) { return (uint32_t)A_UNDERLINE; }

// Beyond what ncurses numbers the extended keys of terminfo by (from KEY_MAX on).
enum {
  CNC_KEY_PASTE_BEGIN = KEY_MAX + 4096,
  CNC_KEY_PASTE_END = KEY_MAX + 4097,
};

uint64_t cnc_wheel_up(void);
uint64_t cnc_wheel_down(void);

// MARK: - The guard

/// Saves the state of the terminal on `terminal`, and restores it when the process exits or
/// crashes.
///
/// Signals that concern the screen (HUP, INT, TERM, QUIT, WINCH, TSTP, CONT) are written to
/// `signal_pipe`, a byte each; a second INT, TERM or QUIT ends the process at once. Standard error,
/// if it is a terminal, is held back while the screen is up, and printed after the terminal is
/// restored.
int cnc_guard_arm(int terminal, int signal_pipe);

/// Adds `text` to the sequence that restores the terminal after a crash.
void cnc_guard_append(const char *text);

/// Restores the terminal. Safe in a signal handler, and when called again.
void cnc_guard_release(void);

/// Stops handling signals, after the terminal was restored; ignores a hang-up from then on.
void cnc_guard_disarm(void);

/// The size of the terminal on a descriptor; false if it is not a terminal.
bool cnc_size(int descriptor, int *rows, int *columns);

/// Fits the screen to the terminal's current size.
void cnc_fit(int *rows, int *columns);

#endif
