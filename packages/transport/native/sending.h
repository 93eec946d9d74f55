/* What JavaScript has recorded to be answered, and what the kernel had no room for. */

#ifndef MEMPLUG_SENDING_H
#define MEMPLUG_SENDING_H

#include "connections.h"

static void count_unsent (struct transport *t, struct connection *c) {
  size_t unsent = c->outgoing.unsent;
  words_of(t, slot_of(t, c))[UNSENT] = unsent > INT32_MAX ? INT32_MAX : (int32_t) unsent;
}

/*
 * A close with input unread resets the connection, which may overtake the last answer: what has
 * come before it is read first. What comes after it is to be reset: a client that took it would
 * go on waiting.
 */
static void prepare_ending (struct connection *c) {
  if (c->fd >= 0 && !c->ended) discard_input(c->fd);
}

static void finish_ending (struct transport *t, struct connection *c) {
  if (c->ending && c->outgoing.unsent == 0 && c->fd >= 0) close_connection(t, c, 0);
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
  if (c->ending) prepare_ending(c);
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
  if (ends) prepare_ending(c);
  send_answer(t, c, parts, held, count);
  if (ends && c->fd >= 0) {
    c->ending = true;
    watch(t, c);
    finish_ending(t, c);
  }
  return at;
}

#endif
