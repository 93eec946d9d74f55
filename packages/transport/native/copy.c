/*
 * Copies bytes between memories that have been made known, faster than JavaScript can: a call
 * without arguments costs less than a loop over some 16 bytes, and the copying of shared memory is
 * several times slower from within JavaScript. What to copy stands in an array of five numbers.
 * copier.ts is the other side.
 */

#define NAPI_VERSION 8
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <node_api.h>

/* Both sides check that they speak of the same array. */
#define REVISION 1

#define MEMORIES 64

enum { FROM, START, TO, AT, LENGTH, WORDS };

struct memory {
  char *data;
  double length;
};

/* One per thread. JavaScript keeps every memory alive that it has made known. */
struct copier {
  const double *what;
  struct memory memories[MEMORIES];
};

static bool read_bytes (
  napi_env env, napi_value array, napi_typedarray_type wanted, struct memory *memory
) {
  napi_typedarray_type type;
  bool is_typed = false;
  size_t length;
  void *data;
  if (napi_is_typedarray(env, array, &is_typed) != napi_ok || !is_typed) return false;
  if (napi_get_typedarray_info(env, array, &type, &length, &data, NULL, NULL) != napi_ok ||
      type != wanted) return false;
  *memory = (struct memory) { .data = data, .length = (double) length };
  return true;
}

/* start(what): the array of WORDS numbers that copy() reads. */
static napi_value start (napi_env env, napi_callback_info info) {
  struct copier *copier;
  struct memory what;
  napi_value array;
  size_t count = 1;
  if (napi_get_instance_data(env, (void **) &copier) == napi_ok &&
      napi_get_cb_info(env, info, &count, &array, NULL, NULL) == napi_ok && count == 1 &&
      read_bytes(env, array, napi_float64_array, &what) && what.length >= WORDS) {
    copier->what = (const double *) (const void *) what.data;
  }
  return NULL;
}

/* remember(number, bytes) */
static napi_value remember (napi_env env, napi_callback_info info) {
  struct copier *copier;
  struct memory memory;
  napi_value arguments[2];
  size_t count = 2;
  int32_t number;
  if (napi_get_instance_data(env, (void **) &copier) == napi_ok &&
      napi_get_cb_info(env, info, &count, arguments, NULL, NULL) == napi_ok && count == 2 &&
      napi_get_value_int32(env, arguments[0], &number) == napi_ok &&
      number >= 0 && number < MEMORIES &&
      read_bytes(env, arguments[1], napi_uint8_array, &memory)) {
    copier->memories[number] = memory;
  }
  return NULL;
}

/* Whether start to start + length lies inside. */
static bool holds (const struct memory *memory, double start, double length) {
  return start >= 0 && length >= 0 && start + length <= memory->length;
}

/* copy(): does nothing if any of the numbers makes no sense. */
static napi_value copy (napi_env env, napi_callback_info info) {
  struct copier *copier;
  (void) info;
  if (napi_get_instance_data(env, (void **) &copier) != napi_ok || copier->what == NULL) {
    return NULL;
  }
  const double *what = copier->what;
  double from = what[FROM], to = what[TO], length = what[LENGTH];
  if (!(from >= 0 && from < MEMORIES && to >= 0 && to < MEMORIES)) return NULL;
  const struct memory *source = &copier->memories[(int) from];
  const struct memory *target = &copier->memories[(int) to];
  if (!holds(source, what[START], length) || !holds(target, what[AT], length)) return NULL;
  memmove(target->data + (size_t) what[AT], source->data + (size_t) what[START], (size_t) length);
  return NULL;
}

static void on_teardown (napi_env env, void *data, void *hint) {
  (void) env;
  (void) hint;
  free(data);
}

static bool define (napi_env env, napi_value exports, const char *name, napi_callback call) {
  napi_value function;
  return napi_create_function(env, name, NAPI_AUTO_LENGTH, call, NULL, &function) == napi_ok &&
    napi_set_named_property(env, exports, name, function) == napi_ok;
}

NAPI_MODULE_INIT () {
  napi_value revision;
  struct copier *copier = calloc(1, sizeof *copier);
  if (copier == NULL) return NULL;
  if (napi_set_instance_data(env, copier, on_teardown, NULL) != napi_ok) {
    free(copier);
    return NULL;
  }
  if (!define(env, exports, "start", start) || !define(env, exports, "remember", remember) ||
      !define(env, exports, "copy", copy) ||
      napi_create_int32(env, REVISION, &revision) != napi_ok ||
      napi_set_named_property(env, exports, "revision", revision) != napi_ok) return NULL;
  return exports;
}
