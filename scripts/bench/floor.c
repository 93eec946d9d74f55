/*
 * floor - the least that a server over epoll must do: it reads what has come, steps from request
 * to request, and writes. An item is the replies to its set and its get, whole, and is found by
 * the number in its key, as mcload makes it: there is no table, no clock, and what is set again is
 * read and passed over. What memcached and memplug take more than this is what they do themselves;
 * the rest is the kernel's, and the memory's.
 *
 * build: cc -O2 -o floor floor.c
 * usage: floor -p PORT   (any other flag is passed over)
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { IN = 1 << 20, PENDING = 1 << 13, COPIED = 1 << 16, SMALL = 2048, PARTS = 64, HEADER = 24 };
enum { KEY = 20, ITEMS = 1 << 20, FLAGS = 4 };
enum kind { STORED, FOUND, STORED_TEXT, FOUND_TEXT, END_TEXT, KINDS };

/* The replies of each kind, one behind the other: where they start. */
struct item { char *bytes; size_t starts[KINDS + 1]; };
struct reply { unsigned item; enum kind kind; };

struct connection {
  int fd, waits;
  size_t length;           /* of what was read and not served */
  unsigned first, last;    /* replies that are owed, from 0 on again once there are none */
  size_t sent;             /* bytes of the first of them */
  struct reply owed[PENDING];
  char in[IN];
};

static struct item items[ITEMS];

static struct iovec bytes_of (struct reply reply) {
  struct item *item = &items[reply.item];
  size_t start = item->starts[reply.kind], end = item->starts[reply.kind + 1];
  return (struct iovec) { item->bytes + start, end - start };
}

static void owe (struct connection *c, unsigned item, enum kind kind) {
  if (c->last == PENDING) exit(1);
  c->owed[c->last++] = (struct reply) { item, kind };
}

static unsigned number (const char *p) {
  const unsigned char *b = (const unsigned char *) p;
  return (unsigned) b[0] << 24 | b[1] << 16 | b[2] << 8 | b[3];
}

static unsigned item_of (const char *key) {
  unsigned item = 0;
  for (int i = KEY - 7; i < KEY; i++) item = item * 10 + (unsigned) (key[i] - '0');
  return item % ITEMS;
}

static void add (struct item *item, enum kind kind, const void *bytes, size_t length) {
  memcpy(item->bytes + item->starts[kind + 1], bytes, length);
  item->starts[kind + 1] += length;
  if (kind + 2 <= KINDS) item->starts[kind + 2] = item->starts[kind + 1];
}

/* mcload's opaque is the number in the key. */
static void make_item (unsigned number, const char *key, const char *value, unsigned size) {
  struct item *item = &items[number];
  unsigned opaque = htonl(number), body = htonl(size + FLAGS);
  char head[128], frame[HEADER + FLAGS] = { (char) 0x81, 1 };
  if (item->bytes != NULL) return;
  item->bytes = malloc(2 * (size_t) size + 256);
  memcpy(frame + 12, &opaque, 4);
  add(item, STORED, frame, HEADER);
  frame[1] = 0;
  frame[4] = FLAGS;
  memcpy(frame + 8, &body, 4);
  add(item, FOUND, frame, sizeof frame);
  add(item, FOUND, value, size);
  add(item, STORED_TEXT, "STORED\r\n", 8);
  add(item, FOUND_TEXT, head, (size_t) sprintf(head, "VALUE %.20s 0 %u\r\n", key, size));
  add(item, FOUND_TEXT, value, size);
  add(item, FOUND_TEXT, "\r\n", 2);
  add(item, END_TEXT, "END\r\n", 5);
}

/* A frame: its length, or 0 if it has not come whole. */
static size_t serve_frame (struct connection *c, const char *p, size_t length) {
  if (length < HEADER || length < HEADER + number(p + 8)) return 0;
  unsigned extras = (unsigned char) p[4];
  const char *key = p + HEADER + extras;
  unsigned item = item_of(key);
  if (p[1] == 1) make_item(item, key, key + KEY, number(p + 8) - extras - KEY);
  owe(c, item, p[1] == 1 ? STORED : FOUND);
  return HEADER + number(p + 8);
}

/* The same of a get or set line, and the value behind it. */
static size_t serve_line (struct connection *c, const char *p, size_t length) {
  const char *end = memchr(p, '\n', length);
  if (end == NULL) return 0;
  size_t line = (size_t) (end + 1 - p);
  const char *key = p + 4;
  unsigned item = item_of(key);
  if (*p == 'g') {
    owe(c, item, FOUND_TEXT);
    for (; key[KEY] == ' '; owe(c, item_of(key), FOUND_TEXT)) key += KEY + 1;
    owe(c, item, END_TEXT);
    return line;
  }
  unsigned size = (unsigned) atoi(key + KEY + 5); /* behind " 0 0 " */
  if (length < line + size + 2) return 0;
  make_item(item, key, p + line, size);
  owe(c, item, STORED_TEXT);
  return line + size + 2;
}

/* Small replies are copied together, large ones sent from where they are. */
static size_t gather (struct connection *c, struct iovec *parts, int *count, char *copied) {
  size_t used = 0, total = 0, skip = c->sent;
  for (unsigned at = c->first; at != c->last && *count < PARTS; at++) {
    struct iovec reply = bytes_of(c->owed[at]);
    struct iovec rest = { (char *) reply.iov_base + skip, reply.iov_len - skip };
    skip = 0;
    if (rest.iov_len > SMALL || used + rest.iov_len > COPIED) {
      parts[(*count)++] = rest;
    } else {
      memcpy(copied + used, rest.iov_base, rest.iov_len);
      struct iovec *last = *count > 0 ? &parts[*count - 1] : NULL;
      if (last != NULL && (char *) last->iov_base + last->iov_len == copied + used) {
        last->iov_len += rest.iov_len;
      } else {
        parts[(*count)++] = (struct iovec) { copied + used, rest.iov_len };
      }
      used += rest.iov_len;
    }
    total += rest.iov_len;
  }
  return total;
}

/* Answers false if the socket takes no more for now. */
static int flush (struct connection *c) {
  static char copied[COPIED];
  while (c->first != c->last) {
    struct iovec parts[PARTS];
    int count = 0;
    size_t total = gather(c, parts, &count, copied);
    struct msghdr message = { .msg_iov = parts, .msg_iovlen = (size_t) count };
    ssize_t sent = sendmsg(c->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0) return 0;
    c->sent += (size_t) sent;
    while (c->first != c->last && c->sent >= bytes_of(c->owed[c->first]).iov_len) {
      c->sent -= bytes_of(c->owed[c->first++]).iov_len;
    }
    if ((size_t) sent < total) return 0;
  }
  c->first = c->last = 0;
  return 1;
}

static int serve (struct connection *c) {
  ssize_t got = recv(c->fd, c->in + c->length, IN - c->length, MSG_DONTWAIT);
  if (got <= 0) return got == 0 ? 0 : 1;
  c->length += (size_t) got;
  size_t at = 0, step = 1;
  while (at < c->length && step > 0) {
    const char *p = c->in + at;
    step = *p == (char) 0x80 ? serve_frame(c, p, c->length - at) : serve_line(c, p, c->length - at);
    at += step;
  }
  memmove(c->in, c->in + at, c->length - at);
  c->length -= at;
  return 1;
}

int main (int count, char **words) {
  int port = 11211, on = 1;
  for (int i = 1; i + 1 < count; i++) if (strcmp(words[i], "-p") == 0) port = atoi(words[i + 1]);
  struct sockaddr_in address = {
    .sin_family = AF_INET, .sin_port = htons((unsigned short) port),
    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)
  };
  int listener = socket(AF_INET, SOCK_STREAM, 0), epoll = epoll_create1(0);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, (struct sockaddr *) &address, sizeof address) < 0 ||
      listen(listener, 1024) < 0) return 1;
  epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &(struct epoll_event) { .events = EPOLLIN });
  for (;;) {
    struct epoll_event events[1024];
    int ready = epoll_wait(epoll, events, 1024, -1);
    for (int i = 0; i < ready; i++) {
      struct connection *c = events[i].data.ptr;
      if (c == NULL) {
        c = calloc(1, sizeof *c);
        c->fd = accept(listener, NULL, NULL);
        setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd,
          &(struct epoll_event) { .events = EPOLLIN, .data.ptr = c });
        continue;
      }
      if ((events[i].events & EPOLLIN) != 0 && !serve(c)) {
        close(c->fd);
        free(c);
        continue;
      }
      int waits = !flush(c);
      if (waits == c->waits) continue;
      c->waits = waits;
      epoll_ctl(epoll, EPOLL_CTL_MOD, c->fd, &(struct epoll_event) {
        .events = waits ? EPOLLIN | EPOLLOUT : EPOLLIN, .data.ptr = c
      });
    }
  }
}
