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

#ifndef __linux__

/* There is no epoll elsewhere: an addon without a revision is not used. */
NAPI_MODULE_INIT () {
  (void) env;
  return exports;
}

#else

#include <fcntl.h>
#include "turns.h"

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
  if (length == 0 || strlen(target) != length) return number(env, -EINVAL);
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
  size_t behind = parts[0].iov_len < LONG_RANGE ? READ_SIZE : SHORT_READ;
  if (parts[0].iov_len > FILL_SIZE) parts[0].iov_len = FILL_SIZE;
  parts[1] = (struct iovec) { .iov_base = t->input.data + numbers[5], .iov_len = behind };
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
  t->rows_most = TURN_ROWS;
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

NAPI_MODULE_INIT () {
  napi_value open, revision;
  if (napi_create_function(env, "open", NAPI_AUTO_LENGTH, js_open, NULL, &open) != napi_ok ||
      napi_create_int32(env, REVISION, &revision) != napi_ok ||
      napi_set_named_property(env, exports, "open", open) != napi_ok ||
      napi_set_named_property(env, exports, "revision", revision) != napi_ok) return NULL;
  return exports;
}

#endif
