// CPattern: many patterns over many bytes, in linear time.
//
// Two engines, each for what it does best:
//
//   * A *database* (Vectorscan, block mode) holds a set of patterns and finds in one pass which of them occur and where
//     each occurrence ends. It is the gate: nearly all bytes pass it once and are never looked at again.
//   * A *regex* (RE2) finds the leftmost match of one pattern and the extent of one of its groups. It runs on the few
//     records that the gate let through.
//
// Both take bytes, not characters: a class such as [^"] matches each byte of a multi-byte character. Neither
// backtracks, so no input makes them slow.
//
// Ownership: what a `_create` returns is the caller's until the matching `_free`. A database and a regex never change
// and may be used by any number of threads; a scratch belongs to one thread. Arrays for results are the caller's.
//
// Errors are values. No C++ exception leaves this module. A `text` argument takes a message for the operator, cut to
// `capacity` bytes and always terminated; it may be null when `capacity` is 0.
#ifndef CPATTERN_H
#define CPATTERN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum cpattern_status {
    CPATTERN_OK = 0,
    /// The regex did not match.
    CPATTERN_NONE = 1,
    /// More hits than the caller's array takes; the array is full and the rest of the bytes was not scanned.
    CPATTERN_OVERFLOW = 2,
    /// A pattern that the engine does not take; `text` says why.
    CPATTERN_BAD_PATTERN = 3,
    /// An argument outside its limits.
    CPATTERN_BAD_ARGUMENT = 4,
    CPATTERN_NO_MEMORY = 5,
    /// The processor lacks what Vectorscan needs (SSE4.2 or NEON).
    CPATTERN_UNSUPPORTED = 6,
    /// The engine failed for a reason of its own.
    CPATTERN_FAILED = 7,
};

// MARK: - Database

struct cpattern_database;
struct cpattern_scratch;

/// One pattern of a database: a Vectorscan expression and the number that its hits carry.
/// Several patterns may have the same number.
struct cpattern_gate {
    const char *expression;
    uint32_t id;
};

/// One hit: pattern `id` matched, and its last byte is the one before `end`.
struct cpattern_hit {
    uint32_t id;
    uint32_t end;
};

/// Compiles `count` patterns. Takes about half a millisecond for each.
enum cpattern_status cpattern_database_create(
    const struct cpattern_gate *gates, size_t count, struct cpattern_database **database, char *text, size_t capacity);
void cpattern_database_free(struct cpattern_database *database);

/// Working memory for one thread's scans of `database`.
enum cpattern_status cpattern_scratch_create(
    const struct cpattern_database *database, struct cpattern_scratch **scratch);
void cpattern_scratch_free(struct cpattern_scratch *scratch);

/// Scans `length` bytes (at most UINT32_MAX) and writes every hit, at most `capacity` of them. The order of hits is the
/// engine's and means nothing. `count` is set whatever the result.
enum cpattern_status cpattern_scan(
    const struct cpattern_database *database, struct cpattern_scratch *scratch, const void *bytes, size_t length,
    struct cpattern_hit *hits, size_t capacity, size_t *count);

/// Scans `length` bytes and sets bit `id` of `set` for every pattern that occurs; ids from 64 on are left out.
enum cpattern_status cpattern_scan_set(
    const struct cpattern_database *database, struct cpattern_scratch *scratch, const void *bytes, size_t length,
    uint64_t *set);

// MARK: - Regex

struct cpattern_regex;

/// Where a regex matched, and where the group did; `group_start` is -1 when the group took no part.
struct cpattern_match {
    int32_t start, end;
    int32_t group_start, group_end;
};

/// Compiles an RE2 expression whose group named `group` (or the first one, when none has that name) is to be reported.
/// `memory` bounds, in bytes, what program and automaton take.
enum cpattern_status cpattern_regex_create(
    const char *expression, const char *group, size_t memory, struct cpattern_regex **regex, char *text,
    size_t capacity);
void cpattern_regex_free(struct cpattern_regex *regex);

/// Finds the leftmost match that starts at `offset` or later. `^` and `\b` still see the bytes before `offset`.
/// `length` is at most INT32_MAX.
enum cpattern_status cpattern_regex_find(
    const struct cpattern_regex *regex, const void *bytes, size_t length, size_t offset, struct cpattern_match *match);

#ifdef __cplusplus
}
#endif

#endif
