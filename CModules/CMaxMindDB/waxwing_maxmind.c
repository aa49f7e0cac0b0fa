#include "waxwing_maxmind.h"

#include <maxminddb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

struct waxwing_maxmind {
    MMDB_s database;
};

waxwing_maxmind *waxwing_maxmind_open(const char *path, const char **reason)
{
    waxwing_maxmind *opened = calloc(1, sizeof *opened);
    if (opened == NULL) {
        *reason = "out of memory";
        return NULL;
    }
    const int status = MMDB_open(path, MMDB_MODE_MMAP, &opened->database);
    if (status != MMDB_SUCCESS) {
        *reason = MMDB_strerror(status);
        free(opened);
        return NULL;
    }
    return opened;
}

void waxwing_maxmind_close(waxwing_maxmind *database)
{
    if (database == NULL) return;
    MMDB_close(&database->database);
    free(database);
}

const char *waxwing_maxmind_type(const waxwing_maxmind *database)
{
    return database->database.metadata.database_type;
}

uint64_t waxwing_maxmind_built_at(const waxwing_maxmind *database)
{
    return database->database.metadata.build_epoch;
}

static void take_text(MMDB_entry_s *entry, const char *const *path, const char **text, size_t *length)
{
    MMDB_entry_data_s data;
    if (*text != NULL || MMDB_aget_value(entry, &data, path) != MMDB_SUCCESS) return;
    if (!data.has_data || data.type != MMDB_DATA_TYPE_UTF8_STRING) return;
    *text = data.utf8_string;
    *length = data.data_size;
}

static void take_number(MMDB_entry_s *entry, const char *const *path, uint32_t *number)
{
    MMDB_entry_data_s data;
    if (*number != 0 || MMDB_aget_value(entry, &data, path) != MMDB_SUCCESS || !data.has_data) return;
    if (data.type == MMDB_DATA_TYPE_UINT32) *number = data.uint32;
    if (data.type == MMDB_DATA_TYPE_UINT16) *number = data.uint16;
}

static MMDB_lookup_result_s find(const MMDB_s *database, const uint8_t *address, size_t length)
{
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    struct sockaddr_in four = {.sin_family = AF_INET};
    const struct sockaddr *name = (const struct sockaddr *)&four;
    if (length == 16) {
        memcpy(&six.sin6_addr, address, 16);
        name = (const struct sockaddr *)&six;
    } else {
        memcpy(&four.sin_addr, address, 4);
    }
    int status = MMDB_SUCCESS;
    MMDB_lookup_result_s result = MMDB_lookup_sockaddr(database, name, &status);
    if (status != MMDB_SUCCESS) result.found_entry = false;
    return result;
}

void waxwing_maxmind_look_up(const waxwing_maxmind *database, const uint8_t *address, size_t length,
                             waxwing_maxmind_facts *facts)
{
    static const char *const country[] = {"country", "iso_code", NULL};
    static const char *const city[] = {"city", "names", "en", NULL};
    static const char *const system[] = {"autonomous_system_number", NULL};
    static const char *const organisation[] = {"autonomous_system_organization", NULL};

    MMDB_lookup_result_s result = find(&database->database, address, length);
    if (!result.found_entry) return;
    take_text(&result.entry, country, &facts->country, &facts->country_length);
    take_text(&result.entry, city, &facts->city, &facts->city_length);
    take_number(&result.entry, system, &facts->autonomous_system);
    take_text(&result.entry, organisation, &facts->organisation, &facts->organisation_length);
}
