/*
 * The native transport. One epoll set holds all sockets of a transport, and libuv watches that
 * set. When it is ready every ready socket is read once, into one buffer; JavaScript is called
 * once, with a table of what has come; what it answers is listed in another table, and each socket
 * gets one send. Node's own sockets cost a call into JavaScript, a Buffer and a write request
 * each.
 *
 * A connection is known by its slot and generation: a descriptor alone may be another socket's by
 * the time an answer is there. There is no state outside struct transport, so that every thread
 * may have transports of its own. epoll-addon.ts names what is shared with JavaScript.
 */

#define _GNU_SOURCE
#define NAPI_VERSION 8
#include <node_api.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include "outgoing.h"
#include "sockets.h"

/* Both sides check that they speak of the same tables. */
#define REVISION 1

#define READY 256 /* sockets asked for at a time */
#define ACCEPTS 64 /* connections accepted from one listening socket per turn */
#define ROWS (READY + ACCEPTS)
#define READ_SIZE (1 << 14) /* bytes read from one socket per turn */
#define PARTS 64 /* of one sendmsg */
#define SEND_SIZE (1 << 20) /* no more parts are added once they hold this many bytes */
#define FILL_SIZE (1 << 18) /* bytes read at a time into memory that JavaScript named */
#define SEND_BUDGET (2 << 20) /* bytes sent per turn; the rest waits until others had theirs */
#define HELD 256
#define ACCEPT_PAUSE 100 /* milliseconds */

/* Input per turn. A turn longer than TURN_MOST halves it, one shorter than TURN_LEAST doubles it. */
#define BUDGET_MOST (1 << 17)
#define BUDGET_LEAST (1 << 12)
#define TURN_MOST 2000000 /* nanoseconds */
#define TURN_LEAST 1000000

/* Four numbers per row: slot, generation, and what follows. */
enum { SLOT, GENERATION, WHAT, VALUE, ROW };

/* What an event row tells in WHAT, unless it is where in the input VALUE bytes start. */
enum { ACCEPTED = -1, TAKEN = -2, ENDED = -3, FILL = -4, SENT = -5, DRAINED = -6, CLOSED = -7 };

/* What an answer row asks for in WHAT, unless it is where in the output bytes start; VALUE: end. */
enum { SEND_HELD = -1, END = -2 };

/* The shared words of a slot, and the bits of its FLAGS. */
enum { FLAGS, UNSENT, SLOT_GENERATION, SLOT_WORDS = 4 };
enum { PAUSED = 1, DISARMED = 2, FILLING = 4 };

#define UNWATCHED UINT32_MAX
#define NOBODY (-1)

struct connection {
  int fd; /* -1: over, but its slot is not free before JavaScript gives it back */
  int32_t generation;
  uint32_t armed; /* what epoll watches for, or UNWATCHED */
  int32_t next; /* in the list of free slots or of those with news */
  uint32_t sent; /* held parts that have gone */
  int error;
  bool used, ended, ending, has_news, drained, closed, abandoned;
  struct outgoing outgoing;
  union { struct sockaddr any; struct sockaddr_in v4; struct sockaddr_in6 v6; } peer;
};

struct listener {
  int fd;
  bool raw; /* accepted descriptors are handed out */
};

struct memory {
  napi_ref reference;
  char *data;
  size_t length;
};

struct transport {
  napi_env env;
  napi_ref turn, resource;
  napi_async_context context;
  napi_async_cleanup_hook_handle hook;
  struct memory input, output, events, answers, slots;
  uv_poll_t poll;
  uv_timer_t timer;
  int epoll;
  int references, handles;
  bool closed, accepting, in_turn;

  struct connection *connections;
  int32_t size, most; /* slots there are, and may be */
  int32_t free, first_news, last_news;
  struct listener *listeners;
  int listener_count;

  struct epoll_event ready[READY];
  int at, ready_count;
  int rows;
  int32_t received;
  size_t budget, sent;

  struct iovec held[HELD];
  int32_t held_count;
};

/* --- connections */

static int32_t *words_of (struct transport *t, int32_t slot) {
  return (int32_t *) t->slots.data + SLOT_WORDS * slot;
}

static struct connection *find (struct transport *t, int32_t slot, int32_t generation) {
  if (t->closed || slot < 0 || slot >= t->size) return NULL;
  struct connection *c = &t->connections[slot];
  return c->used && c->generation == generation ? c : NULL;
}

static int32_t slot_of (struct transport *t, struct connection *c) {
  return (int32_t) (c - t->connections);
}

static void add_row (struct transport *t, int32_t slot, int32_t generation, int what, int value) {
  int32_t *row = (int32_t *) t->events.data + ROW * t->rows++;
  row[SLOT] = slot;
  row[GENERATION] = generation;
  row[WHAT] = what;
  row[VALUE] = value;
}

static void add_news (struct transport *t, struct connection *c) {
  if (c->has_news) return;
  int32_t slot = slot_of(t, c);
  c->has_news = true;
  c->next = NOBODY;
  if (t->last_news == NOBODY) t->first_news = slot;
  else t->connections[t->last_news].next = slot;
  t->last_news = slot;
}

static bool control (struct transport *t, int how, int fd, uint32_t events, uint64_t data) {
  struct epoll_event event = { .events = events, .data.u64 = data };
  return epoll_ctl(t->epoll, how, fd, &event) == 0;
}

static void accept_again (struct transport *t);

static void give_up_socket (struct transport *t, struct connection *c) {
  if (c->fd < 0) return;
  close(c->fd);
  c->fd = -1;
  outgoing_clear(&c->outgoing);
  words_of(t, slot_of(t, c))[UNSENT] = 0;
  accept_again(t);
}

static void close_connection (struct transport *t, struct connection *c, int error) {
  if (c->fd < 0) return;
  give_up_socket(t, c);
  c->closed = true;
  c->error = error;
  add_news(t, c);
}

static void free_slot (struct transport *t, struct connection *c) {
  c->used = false;
  c->generation = (int32_t) ((uint32_t) c->generation + 1);
  c->next = t->free;
  t->free = slot_of(t, c);
}

static bool is_reading (struct transport *t, struct connection *c) {
  return !c->ended && !c->ending && !(words_of(t, slot_of(t, c))[FLAGS] & DISARMED);
}

static void watch (struct transport *t, struct connection *c) {
  uint32_t want = (is_reading(t, c) ? EPOLLIN : 0u) | (c->outgoing.unsent > 0 ? EPOLLOUT : 0u);
  if (c->fd < 0 || want == c->armed || (want == 0 && c->armed == UNWATCHED)) return;
  uint64_t data = (uint64_t) (uint32_t) c->generation << 32 | (uint32_t) slot_of(t, c);
  int how = c->armed == UNWATCHED ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  if (control(t, how, c->fd, want, data)) c->armed = want;
  else close_connection(t, c, errno);
}

static bool grow (struct transport *t) {
  int32_t size = t->size == 0 ? 64 : t->size * 2;
  if (size > t->most) size = t->most;
  if (size == t->size) return false;
  struct connection *larger = realloc(t->connections, (size_t) size * sizeof *larger);
  if (larger == NULL) return false;
  memset(larger + t->size, 0, (size_t) (size - t->size) * sizeof *larger);
  t->connections = larger;
  for (int32_t slot = size - 1; slot >= t->size; slot--) {
    larger[slot].next = t->free;
    t->free = slot;
  }
  t->size = size;
  return true;
}

/* Answers its slot, or -errno. */
static int32_t add_connection (struct transport *t, int fd, const union address *peer) {
  if (t->free == NOBODY && !grow(t)) return -EMFILE;
  int32_t slot = t->free;
  struct connection *c = &t->connections[slot];
  uint64_t data = (uint64_t) (uint32_t) c->generation << 32 | (uint32_t) slot;
  if (!control(t, EPOLL_CTL_ADD, fd, EPOLLIN, data)) return -errno;
  t->free = c->next;
  int32_t generation = c->generation;
  memset(c, 0, sizeof *c);
  c->fd = fd;
  c->used = true;
  c->generation = generation;
  c->armed = EPOLLIN;
  memcpy(&c->peer, peer, sizeof c->peer);
  int32_t *words = words_of(t, slot);
  words[FLAGS] = words[UNSENT] = 0;
  words[SLOT_GENERATION] = generation;
  return slot;
}

/* --- sending */

static void count_unsent (struct transport *t, struct connection *c) {
  size_t unsent = c->outgoing.unsent;
  words_of(t, slot_of(t, c))[UNSENT] = unsent > INT32_MAX ? INT32_MAX : (int32_t) unsent;
}

static void finish_ending (struct transport *t, struct connection *c) {
  if (!c->ending || c->outgoing.unsent > 0 || c->fd < 0) return;
  if (!c->ended) discard_input(c->fd);
  close_connection(t, c, 0);
}

static void tell_held (struct transport *t, struct connection *c, uint32_t held) {
  if (held == 0) return;
  c->sent += held;
  add_news(t, c);
}

/* Sends what waits, after the kernel has said that it has room. */
static void send_outgoing (struct transport *t, struct connection *c) {
  struct iovec parts[PARTS];
  if (c->outgoing.unsent == 0) return;
  int count = outgoing_gather(&c->outgoing, parts, PARTS, SEND_SIZE);
  ssize_t sent = send_parts(c->fd, parts, count);
  if (sent == -EAGAIN) return;
  if (sent < 0) {
    close_connection(t, c, (int) -sent);
    return;
  }
  t->sent += (size_t) sent;
  tell_held(t, c, outgoing_drop(&c->outgoing, (size_t) sent));
  count_unsent(t, c);
  if (c->outgoing.unsent > 0) return;
  c->drained = true;
  add_news(t, c);
  watch(t, c);
  finish_ending(t, c);
}

/* Keeps what is behind the first `sent` bytes. */
static bool keep_rest (
  struct transport *t, struct connection *c, struct iovec *parts, const bool *held, int count,
  size_t sent
) {
  uint32_t gone = 0;
  for (int i = 0; i < count; i++) {
    char *bytes = parts[i].iov_base;
    size_t length = parts[i].iov_len;
    if (sent >= length) {
      sent -= length;
      gone += held[i];
      continue;
    }
    bytes += sent;
    length -= sent;
    sent = 0;
    if (held[i] ? !outgoing_add_held(&c->outgoing, bytes, length)
      : !outgoing_add_copy(&c->outgoing, bytes, length)) return false;
  }
  tell_held(t, c, gone);
  return true;
}

static void send_answer (
  struct transport *t, struct connection *c, struct iovec *parts, const bool *held, int count
) {
  if (c->fd < 0 || c->ending || count == 0) return;
  ssize_t sent = 0;
  if (c->outgoing.unsent == 0 && t->sent < SEND_BUDGET) {
    sent = send_parts(c->fd, parts, count);
    if (sent < 0 && sent != -EAGAIN) {
      close_connection(t, c, (int) -sent);
      return;
    }
    if (sent < 0) sent = 0;
    t->sent += (size_t) sent;
  }
  if (!keep_rest(t, c, parts, held, count, (size_t) sent)) {
    close_connection(t, c, ENOMEM);
    return;
  }
  if (c->outgoing.unsent == 0) return;
  count_unsent(t, c);
  watch(t, c);
}

/* Sends the rows of one connection from `at` on; answers where the next one's start. */
static int32_t answer_one (struct transport *t, int32_t at, int32_t rows) {
  const int32_t *row = (const int32_t *) t->answers.data + ROW * at;
  const int32_t slot = row[SLOT], generation = row[GENERATION];
  struct connection *c = find(t, slot, generation);
  struct iovec parts[PARTS];
  bool held[PARTS];
  int count = 0;
  bool ends = false;
  for (; at < rows && count < PARTS && !ends; at++, row += ROW) {
    if (row[SLOT] != slot || row[GENERATION] != generation) break;
    int32_t start = row[WHAT], end = row[VALUE];
    if (start == END) ends = true;
    else if (start == SEND_HELD && end >= 0 && end < t->held_count) {
      parts[count] = t->held[end];
      held[count++] = true;
    } else if (start >= 0 && start < end && (size_t) end <= t->output.length) {
      parts[count] = (struct iovec) {
        .iov_base = t->output.data + start, .iov_len = (size_t) (end - start)
      };
      held[count++] = false;
    }
  }
  if (c == NULL) return at;
  send_answer(t, c, parts, held, count);
  if (ends && c->fd >= 0) {
    c->ending = true;
    watch(t, c);
    finish_ending(t, c);
  }
  return at;
}

/* --- receiving */

static void end_input (struct transport *t, struct connection *c) {
  c->ended = true;
  watch(t, c);
}

static bool receive (struct transport *t, struct connection *c) {
  int32_t slot = slot_of(t, c), at = t->received;
  if (words_of(t, slot)[FLAGS] & FILLING) {
    add_row(t, slot, c->generation, FILL, at);
    t->received += READ_SIZE;
    return true;
  }
  struct iovec part = { .iov_base = t->input.data + at, .iov_len = READ_SIZE };
  ssize_t length = receive_parts(c->fd, &part, 1);
  if (length == -EAGAIN) return false;
  if (length < 0) close_connection(t, c, (int) -length);
  else if (length == 0) {
    end_input(t, c);
    add_row(t, slot, c->generation, ENDED, 0);
  } else {
    add_row(t, slot, c->generation, at, (int) length);
    t->received += (int32_t) length;
  }
  return true;
}

/* The other side is gone, and nobody reads or writes now: epoll would tell it again and again. */
static void hang_up (struct transport *t, struct connection *c, uint32_t events) {
  int error = events & EPOLLERR ? socket_error(c->fd) : 0;
  if (error != 0) {
    close_connection(t, c, error);
    return;
  }
  control(t, EPOLL_CTL_DEL, c->fd, 0, 0);
  c->armed = UNWATCHED;
}

static void serve (struct transport *t, struct connection *c, uint32_t events) {
  if (events & EPOLLOUT) send_outgoing(t, c);
  if (c->fd < 0) return;
  bool had_input = true;
  if (is_reading(t, c) && events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
    int32_t *flags = &words_of(t, slot_of(t, c))[FLAGS];
    if (*flags & PAUSED) {
      *flags |= DISARMED;
      watch(t, c);
    } else had_input = receive(t, c);
  }
  if (c->fd < 0 || !(events & (EPOLLHUP | EPOLLERR))) return;
  if (c->armed == 0 || !had_input) hang_up(t, c, events);
}

/* --- accepting */

static void watch_listeners (struct transport *t, uint32_t events) {
  for (int i = 0; i < t->listener_count; i++) {
    control(t, EPOLL_CTL_MOD, t->listeners[i].fd, events, UINT64_MAX - (uint64_t) i);
  }
}

static void accept_again (struct transport *t) {
  if (t->accepting || t->closed) return;
  t->accepting = true;
  uv_timer_stop(&t->timer);
  watch_listeners(t, EPOLLIN);
}

static void on_timer (uv_timer_t *timer) { accept_again(timer->data); }

/* No descriptor is left, or no memory: others may give some back. */
static void stop_accepting (struct transport *t) {
  if (!t->accepting) return;
  t->accepting = false;
  watch_listeners(t, 0);
  uv_timer_start(&t->timer, on_timer, ACCEPT_PAUSE, 0);
}

static bool is_passing (int error) {
  return error == EINTR || error == ECONNABORTED || error == EPROTO || error == EPERM;
}

static void accept_some (struct transport *t, int id) {
  for (int i = 0; i < ACCEPTS && t->accepting; i++) {
    union address peer;
    socklen_t length = sizeof peer;
    memset(&peer, 0, sizeof peer);
    int fd = accept4(t->listeners[id].fd, &peer.any, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0 && errno == EAGAIN) return;
    if (fd < 0 && !is_passing(errno)) stop_accepting(t);
    if (fd < 0) continue;
    if (t->listeners[id].raw) {
      add_row(t, fd, 0, TAKEN, id);
      continue;
    }
    int32_t slot = add_connection(t, fd, &peer);
    if (slot >= 0) add_row(t, slot, t->connections[slot].generation, ACCEPTED, id);
    else close(fd);
  }
}

/* --- turns */

static void release (struct transport *t) { if (--t->references == 0) free(t); }

static void call_javascript (struct transport *t) {
  napi_env env = t->env;
  napi_handle_scope scope;
  napi_value turn, resource, arguments[2], error;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return;
  if (napi_get_reference_value(env, t->turn, &turn) == napi_ok &&
      napi_get_reference_value(env, t->resource, &resource) == napi_ok &&
      napi_create_int32(env, t->rows, &arguments[0]) == napi_ok &&
      napi_create_int32(env, t->first_news != NOBODY, &arguments[1]) == napi_ok) {
    napi_status status = napi_make_callback(
      env, t->context, resource, turn, 2, arguments, NULL);
    if (status == napi_pending_exception &&
        napi_get_and_clear_last_exception(env, &error) == napi_ok) {
      napi_fatal_exception(env, error);
    }
  }
  napi_close_handle_scope(env, scope);
}

static void adapt_budget (struct transport *t, uint64_t nanoseconds) {
  if (nanoseconds > TURN_MOST && t->budget > BUDGET_LEAST) t->budget /= 2;
  else if (nanoseconds < TURN_LEAST && t->budget < BUDGET_MOST) t->budget *= 2;
}

/* What was asked for and not served stays for the next turn: so everybody has one in turn. */
static void serve_ready (struct transport *t) {
  if (t->at == t->ready_count) {
    int count = epoll_wait(t->epoll, t->ready, READY, 0);
    t->at = 0;
    t->ready_count = count > 0 ? count : 0;
  }
  while (t->at < t->ready_count && t->rows < READY && (size_t) t->received < t->budget &&
      t->sent < SEND_BUDGET) {
    const struct epoll_event *ready = &t->ready[t->at++];
    uint64_t id = UINT64_MAX - ready->data.u64;
    if (id < (uint64_t) t->listener_count) {
      accept_some(t, (int) id);
      continue;
    }
    int32_t slot = (int32_t) (uint32_t) ready->data.u64;
    struct connection *c = find(t, slot, (int32_t) (ready->data.u64 >> 32));
    if (c != NULL && c->fd >= 0) serve(t, c, ready->events);
  }
}

static void on_ready (uv_poll_t *poll, int status, int events) {
  struct transport *t = poll->data;
  (void) status;
  (void) events;
  t->rows = t->received = 0;
  t->sent = 0;
  uint64_t start = uv_hrtime();
  serve_ready(t);
  if (t->rows == 0 && t->first_news == NOBODY) return;
  t->references++;
  t->in_turn = true;
  call_javascript(t);
  t->in_turn = false;
  adapt_budget(t, uv_hrtime() - start);
  release(t);
}

/* --- beginning and end */

static void on_closed (uv_handle_t *handle) {
  struct transport *t = handle->data;
  if (--t->handles > 0) return;
  close(t->epoll);
  if (t->hook != NULL) napi_remove_async_cleanup_hook(t->hook);
  release(t);
}

static void shut (struct transport *t) {
  if (t->closed) return;
  t->closed = true;
  for (int32_t slot = 0; slot < t->size; slot++) {
    struct connection *c = &t->connections[slot];
    if (c->used && c->fd >= 0) close(c->fd);
    outgoing_clear(&c->outgoing);
  }
  for (int i = 0; i < t->listener_count; i++) close(t->listeners[i].fd);
  free(t->connections);
  free(t->listeners);
  t->connections = NULL;
  t->listeners = NULL;
  t->size = t->listener_count = t->at = t->ready_count = 0;
  t->first_news = t->last_news = t->free = NOBODY;
  uv_poll_stop(&t->poll);
  uv_close((uv_handle_t *) &t->poll, on_closed);
  uv_close((uv_handle_t *) &t->timer, on_closed);
}

static void drop_references (struct transport *t) {
  struct memory *all[] = { &t->input, &t->output, &t->events, &t->answers, &t->slots };
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    if (all[i]->reference != NULL) napi_delete_reference(t->env, all[i]->reference);
    *all[i] = (struct memory) { .reference = NULL };
  }
  if (t->turn != NULL) napi_delete_reference(t->env, t->turn);
  if (t->resource != NULL) napi_delete_reference(t->env, t->resource);
  if (t->context != NULL) napi_async_destroy(t->env, t->context);
  t->turn = t->resource = NULL;
  t->context = NULL;
}

static void end_transport (struct transport *t) {
  napi_handle_scope scope;
  if (t->closed || napi_open_handle_scope(t->env, &scope) != napi_ok) return;
  shut(t);
  drop_references(t);
  napi_close_handle_scope(t->env, scope);
}

/* The thread or the process ends. */
static void on_teardown (napi_async_cleanup_hook_handle hook, void *data) {
  (void) hook;
  end_transport(data);
}

static void on_collected (napi_env env, void *data, void *hint) {
  (void) env;
  (void) hint;
  release(data);
}

/* --- what JavaScript calls */

#define MOST_ARGUMENTS 6

/* The numbers among the first `count` arguments. Answers the transport, or NULL if it is over. */
static struct transport *read_call (
  napi_env env, napi_callback_info info, size_t count, napi_value *values, int64_t *numbers
) {
  struct transport *t = NULL;
  size_t given = MOST_ARGUMENTS;
  if (napi_get_cb_info(env, info, &given, values, NULL, (void **) &t) != napi_ok) return NULL;
  if (t->closed || given < count) return NULL;
  for (size_t i = 0; i < count; i++) {
    numbers[i] = 0;
    (void) napi_get_value_int64(env, values[i], &numbers[i]);
  }
  return t;
}

static struct connection *read_connection_call (
  napi_env env, napi_callback_info info, struct transport **transport
) {
  napi_value values[MOST_ARGUMENTS];
  int64_t numbers[2];
  struct transport *t = *transport = read_call(env, info, 2, values, numbers);
  return t == NULL ? NULL : find(t, (int32_t) numbers[0], (int32_t) numbers[1]);
}

static napi_value number (napi_env env, int64_t value) {
  napi_value result;
  return napi_create_int32(env, (int32_t) value, &result) == napi_ok ? result : NULL;
}

static napi_value text (napi_env env, const char *value) {
  napi_value result;
  napi_status status = napi_create_string_utf8(env, value, NAPI_AUTO_LENGTH, &result);
  return status == napi_ok ? result : NULL;
}

/* Bytes start to end of a Buffer; false if they are not inside it. */
static bool read_range (
  napi_env env, napi_value buffer, int64_t start, int64_t end, struct iovec *range
) {
  napi_typedarray_type type;
  size_t length;
  void *data;
  bool is_typed = false;
  if (napi_is_typedarray(env, buffer, &is_typed) != napi_ok || !is_typed) return false;
  if (napi_get_typedarray_info(env, buffer, &type, &length, &data, NULL, NULL) != napi_ok ||
      type != napi_uint8_array) return false;
  if (start < 0 || start > end || (uint64_t) end > length) return false;
  range->iov_base = (char *) data + start;
  range->iov_len = (size_t) (end - start);
  return true;
}

static int add_listener (struct transport *t, int fd, bool raw) {
  int id = t->listener_count;
  struct listener *larger = realloc(t->listeners, (size_t) (id + 1) * sizeof *larger);
  if (larger != NULL) t->listeners = larger;
  if (larger == NULL) return close_with(fd, ENOMEM);
  uint32_t events = t->accepting ? EPOLLIN : 0;
  if (!control(t, EPOLL_CTL_ADD, fd, events, UINT64_MAX - (uint64_t) id)) {
    return close_with(fd, errno);
  }
  t->listeners[id] = (struct listener) { .fd = fd, .raw = raw };
  t->listener_count++;
  uv_ref((uv_handle_t *) &t->poll);
  return id;
}

/* listen(host or path, port, mode, backlog, raw): a listener's number, or -errno. Port -1: unix. */
static napi_value js_listen (napi_env env, napi_callback_info info) {
  napi_value values[MOST_ARGUMENTS];
  int64_t numbers[5];
  char target[256];
  size_t length;
  struct transport *t = read_call(env, info, 5, values, numbers);
  if (t == NULL) return number(env, -EBADF);
  if (napi_get_value_string_utf8(env, values[0], target, sizeof target, &length) != napi_ok) {
    return number(env, -EINVAL);
  }
  if (length == sizeof target - 1) return number(env, -ENAMETOOLONG);
  int fd = numbers[1] < 0 ? listen_unix(target, (int) numbers[2], (int) numbers[3])
    : listen_tcp(target, (int) numbers[1], (int) numbers[3]);
  return number(env, fd < 0 ? fd : add_listener(t, fd, numbers[4] != 0));
}

/* listenerName(number) */
static napi_value js_listener_name (napi_env env, napi_callback_info info) {
  napi_value values[MOST_ARGUMENTS];
  int64_t numbers[1];
  char name[NAME_ROOM] = "";
  struct transport *t = read_call(env, info, 1, values, numbers);
  if (t != NULL && numbers[0] >= 0 && numbers[0] < t->listener_count) {
    write_local_name(t->listeners[numbers[0]].fd, name);
  }
  return text(env, name);
}

/* adopt(fd): the slot of a connected socket, or -errno. The descriptor is the transport's now. */
static napi_value js_adopt (napi_env env, napi_callback_info info) {
  napi_value values[MOST_ARGUMENTS];
  int64_t numbers[1];
  struct transport *t = read_call(env, info, 1, values, numbers);
  if (t == NULL) return number(env, -EBADF);
  int fd = (int) numbers[0];
  union address peer;
  socklen_t length = sizeof peer;
  memset(&peer, 0, sizeof peer);
  /* A peer that has gone already has no name; reading tells that it has gone. */
  if (getpeername(fd, &peer.any, &length) < 0 && errno != ENOTCONN) return number(env, -errno);
  if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0) return number(env, close_with(fd, errno));
  int32_t slot = add_connection(t, fd, &peer);
  if (slot < 0) close(fd);
  else uv_ref((uv_handle_t *) &t->poll);
  return number(env, slot);
}

/* name(slot, generation, remote) */
static napi_value js_name (napi_env env, napi_callback_info info) {
  napi_value values[MOST_ARGUMENTS];
  int64_t numbers[3];
  char name[NAME_ROOM] = "";
  struct transport *t = read_call(env, info, 3, values, numbers);
  if (t == NULL) return text(env, name);
  struct connection *c = find(t, (int32_t) numbers[0], (int32_t) numbers[1]);
  if (c != NULL && numbers[2] != 0 && c->peer.any.sa_family != AF_UNIX) {
    union address peer;
    memset(&peer, 0, sizeof peer);
    memcpy(&peer, &c->peer, sizeof c->peer);
    write_name(&peer, name);
  } else if (c != NULL && c->fd >= 0) write_local_name(c->fd, name);
  return text(env, name);
}

/* hold(bytes, start, end): a number for an answer row to name, or -1. Forgotten by send(). */
static napi_value js_hold (napi_env env, napi_callback_info info) {
  napi_value values[MOST_ARGUMENTS];
  int64_t numbers[3];
  struct transport *t = read_call(env, info, 3, values, numbers);
  if (t == NULL || t->held_count == HELD) return number(env, -1);
  if (!read_range(env, values[0], numbers[1], numbers[2], &t->held[t->held_count])) {
    return number(env, -1);
  }
  return number(env, t->held_count++);
}

/* send(rows): does what that many answer rows say. Answers whether there is news. */
static napi_value js_send (napi_env env, napi_callback_info info) {
  napi_value values[MOST_ARGUMENTS];
  int64_t numbers[1];
  struct transport *t = read_call(env, info, 1, values, numbers);
  if (t == NULL) return number(env, 0);
  int32_t rows = (int32_t) numbers[0];
  if (rows < 0 || (size_t) rows * ROW * sizeof(int32_t) > t->answers.length) rows = 0;
  if (!t->in_turn) t->sent = 0;
  for (int32_t at = 0; at < rows;) at = answer_one(t, at, rows);
  t->held_count = 0;
  return number(env, t->first_news != NOBODY);
}

/* news(): makes event rows of what has happened besides input; answers how many. */
static napi_value js_news (napi_env env, napi_callback_info info) {
  napi_value values[MOST_ARGUMENTS];
  struct transport *t = read_call(env, info, 0, values, NULL);
  if (t == NULL) return number(env, 0);
  t->rows = 0;
  while (t->first_news != NOBODY && t->rows <= ROWS - 3) {
    int32_t slot = t->first_news;
    struct connection *c = &t->connections[slot];
    t->first_news = c->next;
    if (t->first_news == NOBODY) t->last_news = NOBODY;
    c->has_news = false;
    if (c->abandoned) {
      free_slot(t, c);
      continue;
    }
    if (c->sent > 0) add_row(t, slot, c->generation, SENT, (int) c->sent);
    if (c->closed) add_row(t, slot, c->generation, CLOSED, c->error);
    else if (c->drained) add_row(t, slot, c->generation, DRAINED, 0);
    c->sent = 0;
    c->drained = false;
  }
  return number(env, t->rows);
}

/* read(slot, generation, bytes, start, end, at): the length, 0 at the end, or -1 for nothing.
 * Fills bytes start to end, and then the input from `at` on. */
static napi_value js_read (napi_env env, napi_callback_info info) {
  napi_value values[MOST_ARGUMENTS];
  int64_t numbers[6];
  struct iovec parts[2];
  struct transport *t = read_call(env, info, 6, values, numbers);
  if (t == NULL) return number(env, -1);
  struct connection *c = find(t, (int32_t) numbers[0], (int32_t) numbers[1]);
  if (c == NULL || c->fd < 0 || c->ended || c->ending) return number(env, -1);
  if (numbers[5] < 0 || (uint64_t) numbers[5] + READ_SIZE > t->input.length ||
      !read_range(env, values[2], numbers[3], numbers[4], &parts[0])) return number(env, -1);
  if (parts[0].iov_len > FILL_SIZE) parts[0].iov_len = FILL_SIZE;
  parts[1] = (struct iovec) { .iov_base = t->input.data + numbers[5], .iov_len = READ_SIZE };
  bool reaches_end = parts[0].iov_len == (size_t) (numbers[4] - numbers[3]);
  ssize_t length = receive_parts(c->fd, parts, reaches_end ? 2 : 1);
  if (length == 0) end_input(t, c);
  else if (length < 0 && length != -EAGAIN) close_connection(t, c, (int) -length);
  return number(env, length < 0 ? -1 : length);
}

/* arm(slot, generation): reads again, after its DISARMED was taken away. */
static napi_value js_arm (napi_env env, napi_callback_info info) {
  struct transport *t;
  struct connection *c = read_connection_call(env, info, &t);
  if (c != NULL) watch(t, c);
  return NULL;
}

/* free(slot, generation): closes the connection at once; the slot may be another one's. */
static napi_value js_free (napi_env env, napi_callback_info info) {
  struct transport *t;
  struct connection *c = read_connection_call(env, info, &t);
  if (c == NULL || c->abandoned) return NULL;
  give_up_socket(t, c);
  if (c->has_news) c->abandoned = true;
  else free_slot(t, c);
  return NULL;
}

static napi_value js_close (napi_env env, napi_callback_info info) {
  napi_value values[MOST_ARGUMENTS];
  struct transport *t = read_call(env, info, 0, values, NULL);
  if (t != NULL) end_transport(t);
  return NULL;
}

/* --- loading */

static const struct { const char *name; napi_callback function; } methods[] = {
  { "listen", js_listen }, { "listenerName", js_listener_name }, { "adopt", js_adopt },
  { "name", js_name }, { "hold", js_hold }, { "send", js_send }, { "news", js_news },
  { "read", js_read }, { "arm", js_arm }, { "free", js_free }, { "close", js_close }
};

static bool share (napi_env env, napi_value array, size_t least, struct memory *memory) {
  napi_typedarray_type type;
  bool is_typed = false;
  void *data;
  if (napi_is_typedarray(env, array, &is_typed) != napi_ok || !is_typed) return false;
  if (napi_get_typedarray_info(env, array, &type, &memory->length, &data, NULL, NULL) != napi_ok ||
      (type != napi_int32_array && type != napi_uint8_array)) return false;
  if (type == napi_int32_array) memory->length *= sizeof(int32_t);
  memory->data = data;
  return memory->length >= least &&
    napi_create_reference(env, array, 1, &memory->reference) == napi_ok;
}

/* Everything that can't be undone by end_transport() comes last. */
static bool prepare (napi_env env, struct transport *t, napi_value *given) {
  napi_value name, resource;
  uv_loop_t *loop;
  if (!share(env, given[1], BUDGET_MOST + READ_SIZE, &t->input) ||
      !share(env, given[2], 1, &t->output) ||
      !share(env, given[3], ROWS * ROW * sizeof(int32_t), &t->events) ||
      !share(env, given[4], ROW * sizeof(int32_t), &t->answers) ||
      !share(env, given[5], SLOT_WORDS * sizeof(int32_t), &t->slots)) return false;
  t->most = (int32_t) (t->slots.length / (SLOT_WORDS * sizeof(int32_t)));
  if (napi_create_reference(env, given[0], 1, &t->turn) != napi_ok ||
      napi_create_object(env, &resource) != napi_ok ||
      napi_create_reference(env, resource, 1, &t->resource) != napi_ok ||
      napi_create_string_utf8(env, "memplug", NAPI_AUTO_LENGTH, &name) != napi_ok ||
      napi_async_init(env, resource, name, &t->context) != napi_ok ||
      napi_get_uv_event_loop(env, &loop) != napi_ok) return false;
  t->epoll = epoll_create1(EPOLL_CLOEXEC);
  if (t->epoll < 0 || uv_poll_init(loop, &t->poll, t->epoll) < 0) return false;
  uv_timer_init(loop, &t->timer);
  uv_unref((uv_handle_t *) &t->timer);
  uv_unref((uv_handle_t *) &t->poll);
  t->poll.data = t->timer.data = t;
  t->handles = 2;
  return true;
}

static napi_value fail (napi_env env, const char *message) {
  napi_throw_error(env, NULL, message);
  return NULL;
}

/* turn(rows, has_news) is called with the number of event rows, and 1 if there is news.
 * open(turn, input, output, events, answers, slots): an object with the methods above. */
static napi_value js_open (napi_env env, napi_callback_info info) {
  napi_value given[MOST_ARGUMENTS], object, function;
  size_t count = MOST_ARGUMENTS;
  if (napi_get_cb_info(env, info, &count, given, NULL, NULL) != napi_ok || count < MOST_ARGUMENTS ||
      napi_create_object(env, &object) != napi_ok) return fail(env, "open takes six arguments");
  struct transport *t = calloc(1, sizeof *t);
  if (t == NULL) return fail(env, strerror(ENOMEM));
  t->env = env;
  t->epoll = -1;
  t->accepting = true;
  t->budget = BUDGET_MOST;
  t->free = t->first_news = t->last_news = NOBODY;
  t->references = 1;
  if (!prepare(env, t, given)) {
    drop_references(t);
    if (t->epoll >= 0) close(t->epoll);
    free(t);
    return fail(env, "the native transport can't be opened");
  }
  napi_add_async_cleanup_hook(env, on_teardown, t, &t->hook);
  uv_poll_start(&t->poll, UV_READABLE, on_ready);
  for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
    const char *name = methods[i].name;
    napi_callback call = methods[i].function;
    if (napi_create_function(env, name, NAPI_AUTO_LENGTH, call, t, &function) != napi_ok ||
        napi_set_named_property(env, object, name, function) != napi_ok) return NULL;
    t->references++;
    if (napi_add_finalizer(env, function, t, on_collected, NULL, NULL) != napi_ok) return NULL;
  }
  return object;
}

/* closeDescriptor(fd): for one that was handed out and that nobody adopts. */
static napi_value js_close_descriptor (napi_env env, napi_callback_info info) {
  napi_value value;
  size_t count = 1;
  int32_t fd;
  if (napi_get_cb_info(env, info, &count, &value, NULL, NULL) == napi_ok && count == 1 &&
      napi_get_value_int32(env, value, &fd) == napi_ok && fd > 2) close(fd);
  return NULL;
}

NAPI_MODULE_INIT () {
  napi_value open, close_descriptor, revision;
  if (napi_create_function(env, "open", NAPI_AUTO_LENGTH, js_open, NULL, &open) != napi_ok ||
      napi_create_function(env, "closeDescriptor", NAPI_AUTO_LENGTH, js_close_descriptor, NULL,
        &close_descriptor) != napi_ok ||
      napi_create_int32(env, REVISION, &revision) != napi_ok ||
      napi_set_named_property(env, exports, "open", open) != napi_ok ||
      napi_set_named_property(env, exports, "closeDescriptor", close_descriptor) != napi_ok ||
      napi_set_named_property(env, exports, "revision", revision) != napi_ok) return NULL;
  return exports;
}
