#include "CPattern.h"

#include <re2/re2.h>

#include <cstdio>
#include <memory>
#include <new>

struct cpattern_regex {
    std::unique_ptr<re2::RE2> compiled;
    int group;
};

enum cpattern_status cpattern_regex_create(
    const char *expression, const char *group, size_t memory, struct cpattern_regex **regex, char *text,
    size_t capacity) try {
    *regex = nullptr;
    re2::RE2::Options options;
    options.set_encoding(re2::RE2::Options::EncodingLatin1);
    options.set_never_nl(true);
    options.set_longest_match(false);
    options.set_log_errors(false);
    options.set_max_mem(static_cast<int64_t>(memory));
    auto compiled = std::make_unique<re2::RE2>(expression, options);
    if (!compiled->ok()) {
        if (text && capacity > 0) std::snprintf(text, capacity, "%s in %s", compiled->error().c_str(), expression);
        return CPATTERN_BAD_PATTERN;
    }
    if (compiled->NumberOfCapturingGroups() == 0) {
        if (text && capacity > 0) std::snprintf(text, capacity, "no group in %s", expression);
        return CPATTERN_BAD_PATTERN;
    }
    const auto &names = compiled->NamedCapturingGroups();
    auto named = names.find(group);
    *regex = new cpattern_regex{std::move(compiled), named == names.end() ? 1 : named->second};
    return CPATTERN_OK;
} catch (const std::bad_alloc &) {
    return CPATTERN_NO_MEMORY;
} catch (...) {
    return CPATTERN_FAILED;
}

void cpattern_regex_free(struct cpattern_regex *regex) { delete regex; }

enum cpattern_status cpattern_regex_find(
    const struct cpattern_regex *regex, const void *bytes, size_t length, size_t offset,
    struct cpattern_match *match) try {
    constexpr int group_limit = 8;
    if (length > INT32_MAX || offset > length || regex->group >= group_limit) return CPATTERN_BAD_ARGUMENT;
    auto *base = static_cast<const char *>(bytes);
    re2::StringPiece text(base, length);
    re2::StringPiece groups[group_limit];
    if (!regex->compiled->Match(text, offset, length, re2::RE2::UNANCHORED, groups, regex->group + 1))
        return CPATTERN_NONE;
    const re2::StringPiece &found = groups[regex->group];
    match->start = static_cast<int32_t>(groups[0].data() - base);
    match->end = match->start + static_cast<int32_t>(groups[0].size());
    match->group_start = found.data() ? static_cast<int32_t>(found.data() - base) : -1;
    match->group_end = found.data() ? match->group_start + static_cast<int32_t>(found.size()) : -1;
    return CPATTERN_OK;
} catch (const std::bad_alloc &) {
    return CPATTERN_NO_MEMORY;
} catch (...) {
    return CPATTERN_FAILED;
}
