#include "CCatalogue.h"

/* #embed is of C23, and clang has it in every mode. */
#pragma clang diagnostic ignored "-Wc23-extensions"

static const uint8_t messages[] = {
#embed "../../Sources/Headscale/Catalogue/messages.tsv"
};

static const uint8_t events[] = {
#embed "../../Sources/Headscale/Catalogue/events.tsv"
};

static const uint8_t coverage[] = {
#embed "../../Sources/Headscale/Coverage/coverage.tsv"
};

struct ccatalogue_file ccatalogue_messages(void) {
    return (struct ccatalogue_file){messages, sizeof messages};
}

struct ccatalogue_file ccatalogue_events(void) {
    return (struct ccatalogue_file){events, sizeof events};
}

struct ccatalogue_file ccatalogue_coverage(void) {
    return (struct ccatalogue_file){coverage, sizeof coverage};
}
