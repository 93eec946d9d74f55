/* Sockets and their names, with nothing of Node in it. Failures are answered as -errno. */

#ifndef MEMPLUG_SOCKETS_H
#define MEMPLUG_SOCKETS_H

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>

#define NAME_ROOM (sizeof "unix:" + sizeof ((struct sockaddr_un *) 0)->sun_path)

union address {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
  struct sockaddr_un local;
};

static int close_with (int fd, int error) {
  close(fd);
  return -error;
}

/* Accepted sockets inherit TCP_NODELAY from the listening one. */
static int listen_tcp (const char *host, int port, int backlog) {
  union address address;
  int on = 1;
  bool is_v6 = strchr(host, ':') != NULL;
  int error = is_v6 ? uv_ip6_addr(host, port, &address.v6) : uv_ip4_addr(host, port, &address.v4);
  if (error < 0) return error;
  int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) < 0 ||
      bind(fd, &address.any, is_v6 ? sizeof address.v6 : sizeof address.v4) < 0 ||
      listen(fd, backlog) < 0) return close_with(fd, errno);
  return fd;
}

/* The permission bits are set before anybody can connect; a mode below 0 leaves them alone. */
static int listen_unix (const char *path, int mode, int backlog) {
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  if (strlen(path) >= sizeof address.sun_path) return -ENAMETOOLONG;
  strcpy(address.sun_path, path);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  if (bind(fd, (struct sockaddr *) &address, sizeof address) < 0) return close_with(fd, errno);
  if ((mode >= 0 && chmod(path, (mode_t) mode) < 0) || listen(fd, backlog) < 0) {
    int error = errno;
    unlink(path);
    return close_with(fd, error);
  }
  return fd;
}

/* 'tcp:127.0.0.1:4711', 'tcp6:[::1]:4711', 'unix:/path', or '' for what has no name. */
static void write_name (const union address *address, char *name) {
  char host[INET6_ADDRSTRLEN], zone[IF_NAMESIZE + 1] = "";
  *name = 0;
  if (address->any.sa_family == AF_INET) {
    inet_ntop(AF_INET, &address->v4.sin_addr, host, sizeof host);
    snprintf(name, NAME_ROOM, "tcp:%s:%d", host, ntohs(address->v4.sin_port));
  } else if (address->any.sa_family == AF_INET6) {
    inet_ntop(AF_INET6, &address->v6.sin6_addr, host, sizeof host);
    if (IN6_IS_ADDR_LINKLOCAL(&address->v6.sin6_addr) &&
        if_indextoname(address->v6.sin6_scope_id, zone + 1) != NULL) zone[0] = '%';
    snprintf(name, NAME_ROOM, "tcp6:[%s%s]:%d", host, zone, ntohs(address->v6.sin6_port));
  } else if (address->any.sa_family == AF_UNIX) {
    snprintf(name, NAME_ROOM, "unix:%.*s", (int) sizeof address->local.sun_path,
      address->local.sun_path);
  }
}

static void write_local_name (int fd, char *name) {
  union address address;
  socklen_t length = sizeof address;
  memset(&address, 0, sizeof address);
  address.any.sa_family = AF_UNSPEC;
  if (getsockname(fd, &address.any, &length) < 0) address.any.sa_family = AF_UNSPEC;
  write_name(&address, name);
}

static ssize_t send_parts (int fd, struct iovec *parts, int count) {
  struct msghdr message = { .msg_iov = parts, .msg_iovlen = (size_t) count };
  ssize_t sent;
  do {
    sent = count == 1
      ? send(fd, parts->iov_base, parts->iov_len, MSG_NOSIGNAL)
      : sendmsg(fd, &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent < 0 ? -errno : sent;
}

static ssize_t receive_parts (int fd, struct iovec *parts, int count) {
  ssize_t received;
  do {
    received = count == 1
      ? recv(fd, parts->iov_base, parts->iov_len, 0)
      : readv(fd, parts, count);
  } while (received < 0 && errno == EINTR);
  return received < 0 ? -errno : received;
}

static int socket_error (int fd) {
  int error = 0;
  socklen_t length = sizeof error;
  return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0 ? errno : error;
}

/*
 * A socket that is closed with bytes unread resets the connection, and its peer may lose the last
 * reply: what has come is thrown away first, as far as that is little work.
 */
static void discard_input (int fd) {
  char dump[1 << 14];
  for (int i = 0; i < 16; i++) if (recv(fd, dump, sizeof dump, MSG_TRUNC) <= 0) break;
}

#endif
