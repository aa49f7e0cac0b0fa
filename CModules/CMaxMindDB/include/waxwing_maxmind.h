/* Where an address is, out of databases in the MaxMind DB format, by libmaxminddb.
 *
 * A database is mapped into memory and never written to. Nothing is allocated for a look-up, and any number of threads may
 * look up at one time. The file must not be cut or overwritten in its place while it is open: whoever brings a newer one
 * renames it over the old one, as geoipupdate does. */
#ifndef WAXWING_MAXMIND_H
#define WAXWING_MAXMIND_H

#include <stddef.h>
#include <stdint.h>

typedef struct waxwing_maxmind waxwing_maxmind;

/* What is known of an address. Text is UTF-8 without a NUL, lies in the database, and is NULL where nothing is known; the
 * number of an autonomous system is 0 then. */
typedef struct waxwing_maxmind_facts {
    const char *country, *city, *organisation;
    size_t country_length, city_length, organisation_length;
    uint32_t autonomous_system;
} waxwing_maxmind_facts;

/* Opens a database. If it cannot be used, returns NULL and stores why: text that is never freed. */
waxwing_maxmind *waxwing_maxmind_open(const char *path, const char **reason);

/* Closes a database; NULL is fine. */
void waxwing_maxmind_close(waxwing_maxmind *database);

/* What the database says it is: `GeoLite2-City`. */
const char *waxwing_maxmind_type(const waxwing_maxmind *database);

/* When it was made, in seconds since 1970. */
uint64_t waxwing_maxmind_built_at(const waxwing_maxmind *database);

/* Adds what the database knows of an address of `length` 4 or 16 bytes to `facts`; what is known already stays. */
void waxwing_maxmind_look_up(const waxwing_maxmind *database, const uint8_t *address, size_t length,
                             waxwing_maxmind_facts *facts);

#endif
