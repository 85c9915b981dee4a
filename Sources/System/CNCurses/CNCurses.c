#include "CNCurses.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

// Declared here: <term.h> defines macros by the hundred.
extern char *tigetstr(const char *);
extern int putp(const char *);

// MARK: - Opening and drawing

bool cnc_use_locale(void) {
  setlocale(LC_CTYPE, "");
  return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

static bool has(const char *capability) {
  const char *text = tigetstr((char *)capability);
  return text != NULL && text != (char *)-1 && *text != 0;
}

static const char paste_on[] = "\033[?2004h";

// What newterm's rmcup and rmkx do not undo: mouse, bracketed paste, hidden cursor, attributes.
static const char leave[] =
    "\033[?1000l\033[?1002l\033[?1003l\033[?1006l\033[?2004l\033[?25h\033[0m";

// Where there is no alternate screen to leave: the shell's prompt must not be in the last frame.
static const char bottom[] = "\033[999;1H";
static const char fresh_line[] = "\r\n";

static bool speaks_ansi = false;

static void learn_restore(void);

static void enter(void) {
  raw();
  noecho();
  nonl();
  intrflush(stdscr, FALSE);
  keypad(stdscr, TRUE);
  // The Linux console's description makes Ctrl-Z a function key (kspd); keypad() has read it.
  define_key("\032", 0);
  nodelay(stdscr, TRUE);
  // A frame is sent whole, in one write: by default ncurses looks for a key before each line.
  typeahead(-1);
  curs_set(0);
  if (speaks_ansi) cnc_write(paste_on, sizeof paste_on - 1);
}

cnc_open_result cnc_open(const char *term) {
  SCREEN *screen = newterm(term, stdout, stdin);
  if (screen == NULL) return CNC_OPEN_UNKNOWN_TERMINAL;
  if (!has("cup")) {
    endwin();
    return CNC_OPEN_NO_CURSOR;
  }
  const char *place = tigetstr((char *)"cup");
  speaks_ansi = place[0] == '\033' && place[1] == '[';
  set_escdelay(25);
  if (has_colors()) {
    start_color();
    use_default_colors();
  }
  if (speaks_ansi) {
    define_key("\033[200~", CNC_KEY_PASTE_BEGIN);
    define_key("\033[201~", CNC_KEY_PASTE_END);
  }
  learn_restore();
  enter();
  return CNC_OPEN_DONE;
}

void cnc_put(int row, int column, const uint32_t *text, int count, uint32_t attributes, int pair) {
  wchar_t copy[CCHARW_MAX + 1];
  if (count > CCHARW_MAX) count = CCHARW_MAX;
  for (int index = 0; index < count; index++) copy[index] = (wchar_t)text[index];
  copy[count] = 0;
  cchar_t cell;
  if (setcchar(&cell, copy, (attr_t)attributes, (short)pair, NULL) == ERR) {
    wchar_t unknown[2] = {L'?', 0};
    setcchar(&cell, unknown, (attr_t)attributes, (short)pair, NULL);
  }
  mvadd_wch(row, column, &cell);
}

void cnc_erase(void) { erase(); }

void cnc_clear_terminal(void) { clearok(curscr, TRUE); }

int cnc_pipe(int *ends) { return pipe2(ends, O_CLOEXEC | O_NONBLOCK); }

void cnc_show(int cursor_row, int cursor_column) {
  if (cursor_row >= 0 && cursor_column >= 0) {
    move(cursor_row, cursor_column);
    curs_set(1);
  } else {
    curs_set(0);
  }
  wnoutrefresh(stdscr);
  doupdate();
}

void cnc_make_pair(int32_t pair, int16_t foreground, int16_t background) {
  init_pair((short)pair, foreground, background);
}

void cnc_bell(void) { beep(); }

bool cnc_speaks_ansi(void) { return speaks_ansi; }

int cnc_available(int descriptor, int32_t *count) { return ioctl(descriptor, FIONREAD, count); }

int cnc_colors(void) { return has_colors() ? COLORS : 0; }
int cnc_pairs(void) { return has_colors() ? COLOR_PAIRS : 0; }

int cnc_key(uint32_t *code) {
  wint_t key = 0;
  int result = get_wch(&key);
  *code = (uint32_t)key;
  if (result == OK) return 1;
  if (result == KEY_CODE_YES) return 2;
  return 0;
}

bool cnc_mouse(int *row, int *column, uint64_t *buttons) {
  MEVENT event;
  if (getmouse(&event) != OK) return false;
  *row = event.y;
  *column = event.x;
  *buttons = event.bstate;
  return true;
}

uint64_t cnc_mouse_mask(bool on) {
  mouseinterval(0);
  return mousemask(on ? BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED : 0, NULL);
}

uint64_t cnc_wheel_up(void) { return BUTTON4_PRESSED; }
uint64_t cnc_wheel_down(void) { return BUTTON5_PRESSED; }

void cnc_write(const char *bytes, size_t count) {
  fflush(stdout);
  while (count > 0) {
    ssize_t written = write(STDOUT_FILENO, bytes, count);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    bytes += written;
    count -= (size_t)written;
  }
}

bool cnc_size(int descriptor, int *rows, int *columns) {
  struct winsize size;
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0) return false;
  *rows = size.ws_row;
  *columns = size.ws_col;
  return true;
}

void cnc_fit(int *rows, int *columns) {
  if (cnc_size(STDOUT_FILENO, rows, columns) && *rows > 0 && *columns > 0 &&
      is_term_resized(*rows, *columns)) {
    resizeterm(*rows, *columns);
  }
  getmaxyx(stdscr, *rows, *columns);
}

// MARK: - The guard

static struct {
  volatile sig_atomic_t armed;
  volatile sig_atomic_t asked_to_end;
  int terminal;
  int signal_pipe;
  struct termios before;
  char restore[512];
  size_t restore_count;
  int standard_error;
  int held_error;
} guard = {.standard_error = -1, .held_error = -1};

static const int noted[] = {SIGHUP, SIGINT, SIGTERM, SIGQUIT, SIGWINCH, SIGTSTP, SIGCONT};
static const int deadly[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGABRT, SIGSYS};
enum { NOTED = sizeof noted / sizeof *noted, DEADLY = sizeof deadly / sizeof *deadly };
static struct sigaction noted_before[NOTED], deadly_before[DEADLY];

// A file that collects standard error meanwhile, so that it does not write over the screen.
static void hold_standard_error(void) {
  if (!isatty(STDERR_FILENO)) return;
  int held = memfd_create("standard-error", MFD_CLOEXEC);
  if (held < 0) return;
  int kept = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  if (kept < 0 || dup2(held, STDERR_FILENO) < 0) {
    close(held);
    if (kept >= 0) close(kept);
    return;
  }
  guard.held_error = held;
  guard.standard_error = kept;
}

static void print_held_error(void) {
  if (guard.held_error < 0) return;
  dup2(guard.standard_error, STDERR_FILENO);
  char page[4096];
  off_t at = 0;
  ssize_t count;
  // At most the first 64 KiB: more than a screen is not read.
  while (at < 65536 && (count = pread(guard.held_error, page, sizeof page, at)) > 0) {
    if (write(STDERR_FILENO, page, (size_t)count) < 0) break;
    at += count;
  }
  close(guard.held_error);
  close(guard.standard_error);
  guard.held_error = guard.standard_error = -1;
}

void cnc_guard_release(void) {
  if (!guard.armed) return;
  guard.armed = 0;
  int error = errno;
  if (guard.restore_count > 0) {
    ssize_t ignored = write(guard.terminal, guard.restore, guard.restore_count);
    (void)ignored;
  }
  tcsetattr(guard.terminal, TCSADRAIN, &guard.before);
  print_held_error();
  errno = error;
}

static void note(int signal) {
  int error = errno;
  if (signal == SIGINT || signal == SIGTERM || signal == SIGQUIT) {
    if (guard.asked_to_end) {
      cnc_guard_release();
      struct sigaction plain = {.sa_handler = SIG_DFL};
      sigaction(signal, &plain, NULL);
      raise(signal);
    }
    guard.asked_to_end = 1;
  }
  unsigned char byte = (unsigned char)signal;
  ssize_t ignored = write(guard.signal_pipe, &byte, 1);
  (void)ignored;
  errno = error;
}

static void die(int signal) {
  cnc_guard_release();
  // The failed instruction fails again, now with the previous handler of the signal.
  for (int index = 0; index < DEADLY; index++) {
    if (deadly[index] == signal) sigaction(signal, &deadly_before[index], NULL);
  }
  raise(signal);
}

static void append_restore(const char *text) {
  if (text == NULL || text == (char *)-1) return;
  // Padding (`$<5>`) is only for old hardware terminals.
  while (*text != 0 && guard.restore_count < sizeof guard.restore) {
    if (text[0] == '$' && text[1] == '<') {
      const char *end = strchr(text, '>');
      if (end != NULL) {
        text = end + 1;
        continue;
      }
    }
    guard.restore[guard.restore_count++] = *text++;
  }
}

static void learn_restore(void) {
  if (speaks_ansi) append_restore(leave);
  append_restore(tigetstr((char *)"sgr0"));
  append_restore(tigetstr((char *)"op"));
  append_restore(tigetstr((char *)"rmkx"));
  append_restore(tigetstr((char *)"rmcup"));
  append_restore(tigetstr((char *)"cnorm"));
  if (!has("rmcup")) {
    if (speaks_ansi) append_restore(bottom);
    append_restore(fresh_line);
  }
}

void cnc_guard_append(const char *text) { append_restore(text); }

int cnc_guard_arm(int terminal, int signal_pipe) {
  static bool at_exit = false;
  guard.terminal = terminal;
  guard.signal_pipe = signal_pipe;
  guard.asked_to_end = 0;
  guard.restore_count = 0;
  if (tcgetattr(terminal, &guard.before) != 0) return -1;
  for (int index = 0; index < NOTED; index++) {
    struct sigaction action = {.sa_handler = note, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(noted[index], &action, &noted_before[index]);
  }
  for (int index = 0; index < DEADLY; index++) {
    struct sigaction action = {.sa_handler = die, .sa_flags = SA_ONSTACK | SA_NODEFER};
    sigemptyset(&action.sa_mask);
    sigaction(deadly[index], &action, &deadly_before[index]);
  }
  if (!at_exit) atexit(cnc_guard_release);
  at_exit = true;
  guard.armed = 1;
  hold_standard_error();
  return 0;
}

static void ignore(int signal) { (void)signal; }

void cnc_guard_disarm(void) {
  for (int index = 0; index < NOTED; index++) sigaction(noted[index], &noted_before[index], NULL);
  for (int index = 0; index < DEADLY; index++) {
    sigaction(deadly[index], &deadly_before[index], NULL);
  }
  // When a terminal vanishes, both the kernel and the shell send a hang-up; the second must not
  // kill the process that the first asks to end. A handler function, so that child processes begin
  // with the default.
  struct sigaction action = {.sa_handler = ignore, .sa_flags = SA_RESTART};
  sigaction(SIGHUP, &action, NULL);
}

// MARK: - Leaving and suspending

static void leave_screen(void) {
  if (speaks_ansi) cnc_write(leave, sizeof leave - 1);
  endwin();
  // endwin has moved the cursor to the last line.
  if (!has("rmcup")) cnc_write(fresh_line, sizeof fresh_line - 1);
}

void cnc_close(void) {
  leave_screen();
  // ncurses has left the screen: leaving it again would move the cursor.
  guard.restore_count = 0;
  cnc_guard_release();
}

void cnc_resume(void) {
  reset_prog_mode();
  enter();
  clearok(curscr, TRUE);
}

void cnc_suspend(void) {
  leave_screen();
  struct sigaction plain = {.sa_handler = SIG_DFL}, before;
  sigset_t stop, mask;
  sigaction(SIGTSTP, &plain, &before);
  sigemptyset(&stop);
  sigaddset(&stop, SIGTSTP);
  // A thread that a pool's thread made inherits its mask, which blocks most signals.
  pthread_sigmask(SIG_UNBLOCK, &stop, &mask);
  // To this thread, so that the process has stopped when the call returns.
  raise(SIGTSTP);
  pthread_sigmask(SIG_SETMASK, &mask, NULL);
  sigaction(SIGTSTP, &before, NULL);
  tcgetattr(guard.terminal, &guard.before);
  def_shell_mode();
  cnc_resume();
}
