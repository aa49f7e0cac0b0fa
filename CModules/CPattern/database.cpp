#include "CPattern.h"

#include <hs/hs.h>

#include <climits>
#include <cstdio>
#include <new>
#include <vector>

struct cpattern_database {
    hs_database_t *database;
};

struct cpattern_scratch {
    hs_scratch_t *scratch;
};

namespace {

// If its first pattern asks for the start of the match, and is no pure literal, Vectorscan leaves out the extra
// automaton over all patterns that it would otherwise build for inputs under 70 bytes. That automaton makes compilation
// four times as slow, and batches never use it. No text holds the pattern, and hits of it are dropped.
constexpr char sentinel[] = "\\x00cpattern[\\x00\\x01]";
constexpr unsigned sentinel_id = UINT_MAX;

void describe(char *text, size_t capacity, const char *message) {
    if (text && capacity > 0) std::snprintf(text, capacity, "%s", message);
}

enum cpattern_status status_of(hs_error_t error) {
    switch (error) {
    case HS_SUCCESS: return CPATTERN_OK;
    case HS_NOMEM: return CPATTERN_NO_MEMORY;
    case HS_ARCH_ERROR: return CPATTERN_UNSUPPORTED;
    case HS_INVALID: return CPATTERN_BAD_ARGUMENT;
    default: return CPATTERN_FAILED;
    }
}

struct collector {
    cpattern_hit *hits;
    size_t capacity;
    size_t count;
};

int collect(unsigned id, unsigned long long, unsigned long long end, unsigned, void *context) {
    if (id == sentinel_id) return 0;
    auto *collected = static_cast<collector *>(context);
    if (collected->count == collected->capacity) return 1;
    collected->hits[collected->count++] = {id, static_cast<uint32_t>(end)};
    return 0;
}

int add(unsigned id, unsigned long long, unsigned long long, unsigned, void *context) {
    if (id < 64) *static_cast<uint64_t *>(context) |= uint64_t(1) << id;
    return 0;
}

}  // namespace

enum cpattern_status cpattern_database_create(
    const struct cpattern_gate *gates, size_t count, struct cpattern_database **database, char *text,
    size_t capacity) try {
    *database = nullptr;
    std::vector<const char *> expressions;
    std::vector<unsigned> ids, flags;
    expressions.push_back(sentinel);
    ids.push_back(sentinel_id);
    flags.push_back(HS_FLAG_SOM_LEFTMOST);
    for (size_t index = 0; index < count; index++) {
        expressions.push_back(gates[index].expression);
        ids.push_back(gates[index].id);
        flags.push_back(0);
    }

    hs_database_t *compiled = nullptr;
    hs_compile_error_t *error = nullptr;
    hs_error_t result = hs_compile_multi(
        expressions.data(), flags.data(), ids.data(), static_cast<unsigned>(expressions.size()), HS_MODE_BLOCK, nullptr,
        &compiled, &error);
    if (result == HS_SUCCESS) {
        *database = new (std::nothrow) cpattern_database{compiled};
        if (*database) return CPATTERN_OK;
        hs_free_database(compiled);
        return CPATTERN_NO_MEMORY;
    }
    enum cpattern_status status = status_of(result);
    if (error) {
        // The sentinel comes first.
        bool named = error->expression >= 1 && static_cast<size_t>(error->expression) <= count;
        if (text && capacity > 0)
            std::snprintf(text, capacity, "%s%s%s", error->message, named ? " in " : "",
                          named ? gates[error->expression - 1].expression : "");
        if (named) status = CPATTERN_BAD_PATTERN;
        hs_free_compile_error(error);
    }
    return status;
} catch (const std::bad_alloc &) {
    return CPATTERN_NO_MEMORY;
} catch (...) {
    describe(text, capacity, "the pattern compiler failed");
    return CPATTERN_FAILED;
}

void cpattern_database_free(struct cpattern_database *database) {
    if (!database) return;
    hs_free_database(database->database);
    delete database;
}

enum cpattern_status cpattern_scratch_create(
    const struct cpattern_database *database, struct cpattern_scratch **scratch) {
    *scratch = nullptr;
    hs_scratch_t *allocated = nullptr;
    hs_error_t result = hs_alloc_scratch(database->database, &allocated);
    if (result != HS_SUCCESS) return status_of(result);
    *scratch = new (std::nothrow) cpattern_scratch{allocated};
    if (*scratch) return CPATTERN_OK;
    hs_free_scratch(allocated);
    return CPATTERN_NO_MEMORY;
}

void cpattern_scratch_free(struct cpattern_scratch *scratch) {
    if (!scratch) return;
    hs_free_scratch(scratch->scratch);
    delete scratch;
}

enum cpattern_status cpattern_scan(
    const struct cpattern_database *database, struct cpattern_scratch *scratch, const void *bytes, size_t length,
    struct cpattern_hit *hits, size_t capacity, size_t *count) {
    *count = 0;
    if (length > UINT32_MAX) return CPATTERN_BAD_ARGUMENT;
    if (length == 0) return CPATTERN_OK;
    collector collected{hits, capacity, 0};
    hs_error_t result = hs_scan(
        database->database, static_cast<const char *>(bytes), static_cast<unsigned>(length), 0, scratch->scratch,
        collect, &collected);
    *count = collected.count;
    return result == HS_SCAN_TERMINATED ? CPATTERN_OVERFLOW : status_of(result);
}

enum cpattern_status cpattern_scan_set(
    const struct cpattern_database *database, struct cpattern_scratch *scratch, const void *bytes, size_t length,
    uint64_t *set) {
    *set = 0;
    if (length > UINT32_MAX) return CPATTERN_BAD_ARGUMENT;
    if (length == 0) return CPATTERN_OK;
    return status_of(hs_scan(
        database->database, static_cast<const char *>(bytes), static_cast<unsigned>(length), 0, scratch->scratch, add,
        set));
}
