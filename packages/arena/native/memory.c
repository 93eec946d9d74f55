/*
 * What JavaScript can't tell the operating system about its memory.
 *
 * discard(memory, byteOffset, byteLength): gives the whole OS pages inside that range of a typed
 * array back to the operating system. They read as zero afterwards. Answers the bytes given back.
 *
 * useLargePages(memory): asks for pages of 2 MiB, or what the system has, for a typed array.
 * Answers whether it will try.
 *
 * lockMemory(memory): what of a typed array is used from now on is never swapped out. Answers
 * nothing, or why it can't be done.
 */

#define _GNU_SOURCE
#define NAPI_VERSION 8
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <node_api.h>

static napi_value fail (napi_env env, const char *message) {
  napi_throw_error(env, NULL, message);
  return NULL;
}

static size_t element_size (napi_typedarray_type type) {
  switch (type) {
    case napi_int16_array: case napi_uint16_array: return 2;
    case napi_int32_array: case napi_uint32_array: case napi_float32_array: return 4;
    case napi_float64_array: case napi_bigint64_array: case napi_biguint64_array: return 8;
    default: return 1;
  }
}

/* A whole number from 0 to most; false if it is anything else. */
static bool read_size (napi_env env, napi_value value, size_t most, size_t *size) {
  double number;
  if (napi_get_value_double(env, value, &number) != napi_ok) return false;
  if (!(number >= 0 && number <= (double) most)) return false;
  *size = (size_t) number;
  return (double) *size == number;
}

#ifdef MLOCK_ONFAULT
static int lock_as_used (void *start, size_t size) { return mlock2(start, size, MLOCK_ONFAULT); }
#else
static int lock_as_used (void *start, size_t size) {
  (void) start;
  (void) size;
  errno = ENOSYS;
  return -1;
}
#endif

/* Memory that is locked is unlocked for it, and locked again as far as this is allowed by now. */
static int give_back (void *start, size_t size) {
  if (madvise(start, size, MADV_DONTNEED) == 0) return 0;
  if (errno != EINVAL || munlock(start, size) != 0) return -1;
  int result = madvise(start, size, MADV_DONTNEED), error = errno;
  (void) lock_as_used(start, size);
  errno = error;
  return result;
}

static napi_value discard (napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  size_t count = 3;
  if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok || count < 3) {
    return fail(env, "discard takes a typed array, an offset and a length");
  }
  bool is_typed = false;
  napi_typedarray_type type;
  size_t length = 0, offset, size;
  void *data = NULL;
  if (napi_is_typedarray(env, arguments[0], &is_typed) != napi_ok || !is_typed ||
      napi_get_typedarray_info(env, arguments[0], &type, &length, &data, NULL, NULL) != napi_ok) {
    return fail(env, "discard: the first argument is not a typed array");
  }
  length *= element_size(type);
  if (!read_size(env, arguments[1], length, &offset) ||
      !read_size(env, arguments[2], length - offset, &size)) {
    return fail(env, "discard: the range is not inside the array");
  }
  uintptr_t page = (uintptr_t) sysconf(_SC_PAGESIZE);
  uintptr_t start = ((uintptr_t) data + offset + page - 1) & ~(page - 1);
  uintptr_t end = ((uintptr_t) data + offset + size) & ~(page - 1);
  size_t given = data != NULL && end > start ? end - start : 0;
  if (given > 0 && give_back((void *) start, given) != 0) return fail(env, strerror(errno));
  napi_value result;
  if (napi_create_double(env, (double) given, &result) != napi_ok) return NULL;
  return result;
}

static napi_value use_large_pages (napi_env env, napi_callback_info info) {
  napi_value memory, result;
  size_t count = 1, length = 0;
  napi_typedarray_type type;
  bool is_typed = false, done = false;
  void *data = NULL;
  if (napi_get_cb_info(env, info, &count, &memory, NULL, NULL) != napi_ok || count < 1 ||
      napi_is_typedarray(env, memory, &is_typed) != napi_ok || !is_typed ||
      napi_get_typedarray_info(env, memory, &type, &length, &data, NULL, NULL) != napi_ok) {
    return fail(env, "useLargePages takes a typed array");
  }
#ifdef MADV_HUGEPAGE
  uintptr_t page = (uintptr_t) sysconf(_SC_PAGESIZE);
  uintptr_t start = ((uintptr_t) data + page - 1) & ~(page - 1);
  uintptr_t end = ((uintptr_t) data + length * element_size(type)) & ~(page - 1);
  done = data != NULL && end > start && madvise((void *) start, end - start, MADV_HUGEPAGE) == 0;
#endif
  return napi_get_boolean(env, done, &result) == napi_ok ? result : NULL;
}

static napi_value lock_memory (napi_env env, napi_callback_info info) {
  napi_value memory, result;
  size_t count = 1, length = 0;
  napi_typedarray_type type;
  bool is_typed = false;
  void *data = NULL;
  if (napi_get_cb_info(env, info, &count, &memory, NULL, NULL) != napi_ok || count < 1 ||
      napi_is_typedarray(env, memory, &is_typed) != napi_ok || !is_typed ||
      napi_get_typedarray_info(env, memory, &type, &length, &data, NULL, NULL) != napi_ok) {
    return fail(env, "lockMemory takes a typed array");
  }
  const char *reason = "";
  if (length > 0 && lock_as_used(data, length * element_size(type)) != 0) reason = strerror(errno);
  return napi_create_string_utf8(env, reason, NAPI_AUTO_LENGTH, &result) == napi_ok ? result : NULL;
}

static bool export_function (
  napi_env env, napi_value exports, const char *name, napi_callback callback
) {
  napi_value function;
  return napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, NULL, &function) == napi_ok &&
    napi_set_named_property(env, exports, name, function) == napi_ok;
}

NAPI_MODULE_INIT () {
  if (!export_function(env, exports, "discard", discard) ||
      !export_function(env, exports, "useLargePages", use_large_pages) ||
      !export_function(env, exports, "lockMemory", lock_memory)) return NULL;
  return exports;
}
