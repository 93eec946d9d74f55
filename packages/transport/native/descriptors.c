/*
 * duplicate(descriptor): another descriptor of the same file, or -errno. With it a thread gives a
 * connection away whose first descriptor belongs to a handle of its own. For every POSIX system.
 */

#define NAPI_VERSION 8
#include <node_api.h>

#define REVISION 1

#ifdef _WIN32

/* Sockets are no descriptors here: an addon without a revision is not used. */
NAPI_MODULE_INIT () {
  (void) env;
  return exports;
}

#else

#include <errno.h>
#include <fcntl.h>

static napi_value duplicate (napi_env env, napi_callback_info info) {
  napi_value argument, result;
  size_t count = 1;
  int32_t descriptor;
  if (napi_get_cb_info(env, info, &count, &argument, NULL, NULL) != napi_ok || count < 1 ||
      napi_get_value_int32(env, argument, &descriptor) != napi_ok) return NULL;
  int copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
  return napi_create_int32(env, copy < 0 ? -errno : copy, &result) == napi_ok ? result : NULL;
}

NAPI_MODULE_INIT () {
  napi_value function, revision;
  if (napi_create_function(
        env, "duplicate", NAPI_AUTO_LENGTH, duplicate, NULL, &function) != napi_ok ||
      napi_set_named_property(env, exports, "duplicate", function) != napi_ok ||
      napi_create_int32(env, REVISION, &revision) != napi_ok ||
      napi_set_named_property(env, exports, "revision", revision) != napi_ok) return NULL;
  return exports;
}

#endif
