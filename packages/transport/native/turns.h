/* The turns of a transport, and its end. */

#ifndef MEMPLUG_TURNS_H
#define MEMPLUG_TURNS_H

#include "accepting.h"
#include "receiving.h"

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

/* Not while JavaScript is being called in it. */
static void drop_context (struct transport *t) {
  napi_handle_scope scope;
  if (t->context == NULL || napi_open_handle_scope(t->env, &scope) != napi_ok) return;
  napi_async_destroy(t->env, t->context);
  t->context = NULL;
  napi_close_handle_scope(t->env, scope);
}

/* What is answered beyond SEND_BUDGET is kept, watched for and sent by another turn: that costs. */
static void adapt_budget (struct transport *t, uint64_t nanoseconds) {
  if (nanoseconds > TURN_MOST && t->budget > BUDGET_LEAST) t->budget /= 2;
  else if (nanoseconds < TURN_LEAST && t->budget < BUDGET_MOST) t->budget *= 2;
  if (t->sent > SEND_MOST && t->rows_most > 1) t->rows_most /= 2;
  else if (t->sent < SEND_LEAST && t->rows_most < TURN_ROWS) t->rows_most *= 2;
}

/* What was asked for and not served stays for the next turn: so everybody has one in turn. */
static void serve_ready (struct transport *t) {
  if (t->at == t->ready_count) {
    int count = epoll_wait(t->epoll, t->ready, READY, 0);
    t->at = 0;
    t->ready_count = count > 0 ? count : 0;
  }
  while (t->at < t->ready_count && t->rows < t->rows_most && (size_t) t->received < t->budget &&
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

/* Reads and answers once; tells whether there was so much that more will be ready by now. */
static bool take_turn (struct transport *t) {
  t->rows = t->received = 0;
  t->sent = 0;
  uint64_t start = uv_hrtime();
  serve_ready(t);
  if (t->rows == 0 && t->first_news == NOBODY) return false;
  bool is_busy = t->rows >= BUSY_ROWS || t->at < t->ready_count;
  t->in_turn = true;
  call_javascript(t);
  t->in_turn = false;
  adapt_budget(t, uv_hrtime() - start);
  return is_busy;
}

/* Under load it goes on for a while: a way through libuv costs as much as some requests. */
static void on_ready (uv_poll_t *poll, int status, int events) {
  struct transport *t = poll->data;
  (void) status;
  (void) events;
  t->references++;
  uint64_t start = uv_hrtime();
  while (take_turn(t) && !t->closed && uv_hrtime() - start < TURN_LEAST);
  if (t->closed) drop_context(t);
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
  t->turn = t->resource = NULL;
  if (!t->in_turn) drop_context(t);
}

static void end_transport (struct transport *t) {
  if (t->closed) return;
  shut(t);
  drop_references(t);
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

#endif
