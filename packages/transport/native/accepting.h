/* New connections, and what to do when there is nothing left to serve them with. */

#ifndef MEMPLUG_ACCEPTING_H
#define MEMPLUG_ACCEPTING_H

#include "connections.h"

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
    if (fd < 0 && !is_passing(errno)) {
      add_row(t, NOBODY, 0, NO_MORE, errno);
      stop_accepting(t);
    }
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

#endif
