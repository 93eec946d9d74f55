/* What epoll says of a socket that is ready. */

#ifndef MEMPLUG_RECEIVING_H
#define MEMPLUG_RECEIVING_H

#include "sending.h"

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
  size_t room = t->budget - (size_t) at;
  size_t size = room < BUDGET_LEAST ? BUDGET_LEAST : room < READ_SIZE ? room : READ_SIZE;
  struct iovec part = { .iov_base = t->input.data + at, .iov_len = size };
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
  if (error == 0 && c->armed != 0) error = ECONNRESET;
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

#endif
