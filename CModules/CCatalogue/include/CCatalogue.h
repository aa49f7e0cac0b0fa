/* Tables that are files in the repository and bytes in the binary: what Headscale logs and what that means. The files say
 * what their columns are. */
#ifndef CCATALOGUE_H
#define CCATALOGUE_H

#include <stddef.h>
#include <stdint.h>

/* The first of `count` bytes that live as long as the process. */
struct ccatalogue_file {
    const uint8_t *bytes;
    size_t count;
};

/* Sources/Headscale/Catalogue/messages.tsv */
struct ccatalogue_file ccatalogue_messages(void);

/* Sources/Headscale/Catalogue/events.tsv */
struct ccatalogue_file ccatalogue_events(void);

/* Sources/Headscale/Coverage/coverage.tsv */
struct ccatalogue_file ccatalogue_coverage(void);

#endif
