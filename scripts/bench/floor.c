/*
 * floor - the least that a server over epoll must do: it reads what has come, steps from request
 * to request, and writes. It keeps one item, whose reply is made when it is set, and neither looks
 * at keys nor at clocks. mcload with one key (-k 1) takes it for a memcached. What memcached and
 * memplug take more than this is what they do themselves; the rest is the kernel's.
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

enum { IN = 1 << 20, PENDING = 1 << 16, COPIED = 1 << 16, SMALL = 2048, PARTS = 64, HEADER = 24 };
enum { FOUND, STORED, FOUND_TEXT, STORED_TEXT, REPLIES };

struct connection {
  int fd, waits;
  size_t length;           /* of what was read and not served */
  unsigned first, last;    /* replies that are owed: `kinds`, a ring */
  size_t sent;             /* bytes of the first of them */
  unsigned char kinds[PENDING];
  char in[IN];
};

static struct iovec replies[REPLIES];

static void keep (int kind, const char *head, size_t head_length, const char *value, size_t length,
                  const char *tail) {
  char *bytes = malloc(head_length + length + strlen(tail));
  memcpy(bytes, head, head_length);
  memcpy(bytes + head_length, value, length);
  memcpy(bytes + head_length + length, tail, strlen(tail));
  free(replies[kind].iov_base);
  replies[kind] = (struct iovec) { bytes, head_length + length + strlen(tail) };
}

static void owe (struct connection *c, int kind) { c->kinds[c->last++ % PENDING] = (char) kind; }

static unsigned number (const char *p) {
  const unsigned char *b = (const unsigned char *) p;
  return (unsigned) b[0] << 24 | b[1] << 16 | b[2] << 8 | b[3];
}

/* A frame: its length, or 0 if it has not come whole. */
static size_t serve_frame (struct connection *c, const char *p, size_t length) {
  if (length < HEADER || length < HEADER + number(p + 8)) return 0;
  if (p[1] == 1) {
    unsigned extras = (unsigned char) p[4], key = (unsigned char) p[3];
    unsigned size = number(p + 8) - extras - key;
    char head[HEADER + 4] = { (char) 0x81, 0, 0, 0, 4 };
    unsigned body = htonl(size + 4);
    memcpy(head + 8, &body, 4);
    memcpy(head + 12, p + 12, 4);
    memcpy(head + HEADER, p + HEADER, 4);
    if (replies[FOUND].iov_len != HEADER + 4 + size) {
      keep(FOUND, head, sizeof head, p + HEADER + extras + key, size, "");
    }
    head[1] = 1;
    head[4] = 0;
    memset(head + 8, 0, 4);
    if (replies[STORED].iov_len == 0) keep(STORED, head, HEADER, "", 0, "");
  }
  owe(c, p[1] == 1 ? STORED : FOUND);
  return HEADER + number(p + 8);
}

/* The same of a get or set line, and the value behind it. */
static size_t serve_line (struct connection *c, const char *p, size_t length) {
  const char *end = memchr(p, '\n', length);
  if (end == NULL) return 0;
  size_t line = (size_t) (end + 1 - p);
  if (*p == 'g') {
    owe(c, FOUND_TEXT);
    return line;
  }
  char key[256], head[320];
  unsigned flags, expiry, size;
  if (sscanf(p, "set %255s %u %u %u", key, &flags, &expiry, &size) != 4) exit(1);
  if (length < line + size + 2) return 0;
  int head_length = snprintf(head, sizeof head, "VALUE %s %u %u\r\n", key, flags, size);
  if (replies[FOUND_TEXT].iov_len != (size_t) head_length + size + 7) {
    keep(FOUND_TEXT, head, (size_t) head_length, p + line, size, "\r\nEND\r\n");
  }
  if (replies[STORED_TEXT].iov_len == 0) keep(STORED_TEXT, "", 0, "", 0, "STORED\r\n");
  owe(c, STORED_TEXT);
  return line + size + 2;
}

/* Small replies are copied together, large ones sent from where they are. */
static size_t gather (struct connection *c, struct iovec *parts, int *count, char *copied) {
  size_t used = 0, total = 0, skip = c->sent;
  for (unsigned at = c->first; at != c->last && *count < PARTS; at++) {
    struct iovec reply = replies[c->kinds[at % PENDING]];
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
    while (c->first != c->last && c->sent >= replies[c->kinds[c->first % PENDING]].iov_len) {
      c->sent -= replies[c->kinds[c->first++ % PENDING]].iov_len;
    }
    if ((size_t) sent < total) return 0;
  }
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
