/*
 * What the kernel had no room for, in order: copies of bytes, and ranges of memory that stay where
 * they are because their owner was asked to keep them ("held").
 */

#ifndef MEMPLUG_OUTGOING_H
#define MEMPLUG_OUTGOING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

/* A copy is made at least this large, so that short ones that follow find room in it. */
#define SMALLEST_COPY 2048

struct part {
  struct part *next;
  const char *at;
  size_t left;
  size_t room; /* of a copy: bytes free behind what is left */
  bool held;
  char copy[];
};

struct outgoing {
  struct part *first, *last;
  size_t unsent;
};

static struct part *outgoing_append (struct outgoing *queue, size_t room) {
  struct part *part = malloc(sizeof *part + room);
  if (part == NULL) return NULL;
  part->next = NULL;
  part->room = room;
  if (queue->last != NULL) queue->last->next = part;
  else queue->first = part;
  queue->last = part;
  return part;
}

/* These two answer whether there was memory for it. */

static bool outgoing_add_copy (struct outgoing *queue, const char *bytes, size_t length) {
  struct part *last = queue->last;
  if (last != NULL && !last->held && last->room >= length) {
    memcpy((char *) last->at + last->left, bytes, length);
    last->left += length;
    last->room -= length;
    queue->unsent += length;
    return true;
  }
  size_t size = length < SMALLEST_COPY ? SMALLEST_COPY : length;
  struct part *part = outgoing_append(queue, size);
  if (part == NULL) return false;
  memcpy(part->copy, bytes, length);
  part->at = part->copy;
  part->left = length;
  part->room = size - length;
  part->held = false;
  queue->unsent += length;
  return true;
}

static bool outgoing_add_held (struct outgoing *queue, const char *bytes, size_t length) {
  struct part *part = outgoing_append(queue, 0);
  if (part == NULL) return false;
  part->at = bytes;
  part->left = length;
  part->held = true;
  queue->unsent += length;
  return true;
}

/* Lists the first parts, `most` at most and no more once they hold `limit` bytes. */
static int outgoing_gather (
  const struct outgoing *queue, struct iovec *parts, int most, size_t limit
) {
  int count = 0;
  size_t bytes = 0;
  for (struct part *part = queue->first; part != NULL && count < most; part = part->next) {
    if (bytes >= limit) break;
    parts[count++] = (struct iovec) { .iov_base = (void *) part->at, .iov_len = part->left };
    bytes += part->left;
  }
  return count;
}

/* The first `length` bytes have gone. Answers how many held parts have gone with them. */
static uint32_t outgoing_drop (struct outgoing *queue, size_t length) {
  uint32_t held = 0;
  queue->unsent -= length;
  for (struct part *part; (part = queue->first) != NULL && part->left <= length;) {
    length -= part->left;
    held += part->held;
    queue->first = part->next;
    if (queue->first == NULL) queue->last = NULL;
    free(part);
  }
  if (length > 0) {
    queue->first->at += length;
    queue->first->left -= length;
  }
  return held;
}

static void outgoing_clear (struct outgoing *queue) {
  for (struct part *part; (part = queue->first) != NULL;) {
    queue->first = part->next;
    free(part);
  }
  queue->last = NULL;
  queue->unsent = 0;
}

#endif
