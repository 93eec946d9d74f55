/* The tables, and the life of a connection in them. epoll-addon.ts names what is shared. */

#ifndef MEMPLUG_CONNECTIONS_H
#define MEMPLUG_CONNECTIONS_H

#include <node_api.h>
#include <sys/epoll.h>
#include "outgoing.h"
#include "sockets.h"

/* Both sides check that they speak of the same tables. */
#define REVISION 2

#define READY 256 /* sockets asked for at a time */
#define ACCEPTS 64 /* connections accepted from one listening socket per turn */
#define ROWS (READY + ACCEPTS)
#define READ_SIZE (1 << 14) /* bytes read from one socket per turn */
#define PARTS 64 /* of one sendmsg */
#define SEND_SIZE (1 << 20) /* no more parts are added once they hold this many bytes */
#define FILL_SIZE (1 << 18) /* bytes read at a time into memory that JavaScript named */
/* Behind so long a range so little is read: of another long value it would be copied once more. */
#define LONG_RANGE (1 << 15)
#define SHORT_READ (1 << 11)
#define SEND_BUDGET (4 << 20) /* bytes sent per turn; the rest waits until others had theirs */
#define HELD 256
#define ACCEPT_PAUSE 100 /* milliseconds */

/* Input per turn. One longer than TURN_MOST halves it, one shorter than TURN_LEAST doubles it. */
#define BUDGET_MOST (1 << 17)
#define BUDGET_LEAST (1 << 12)
#define TURN_MOST 2000000 /* nanoseconds */
#define TURN_LEAST 1000000
/* Sockets per turn: what the kernel has of more leaves the caches before they are answered. */
#define TURN_ROWS 16
#define BUSY_ROWS 2 /* of a turn: more will be ready by its end */
/* One that sends more than SEND_MOST halves them, one that sends less than SEND_LEAST doubles. */
#define SEND_MOST (2 << 20)
#define SEND_LEAST (1 << 19)

/* Four numbers per row: slot, generation, and what follows. */
enum { SLOT, GENERATION, WHAT, VALUE, ROW };

/* What an event row tells in WHAT, unless it is where in the input VALUE bytes start. */
enum {
  ACCEPTED = -1, TAKEN = -2, ENDED = -3, FILL = -4, SENT = -5, DRAINED = -6, CLOSED = -7,
  NO_MORE = -8 /* accepting has stopped for a while */
};

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
  int rows, rows_most;
  int32_t received;
  size_t budget, sent;

  struct iovec held[HELD];
  int32_t held_count;
};

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

#endif
