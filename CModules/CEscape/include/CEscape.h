// Text as it stands within a JSON string (RFC 8259, section 7).

#ifndef CESCAPE_H
#define CESCAPE_H

#include <stddef.h>
#include <stdint.h>

// Octets that may be written behind those that count.
enum { cescape_slack = 16 };

// Writes base[from, end), which is UTF-8, to `to`: '"', '\' and C0 controls are escaped, all else is copied. Returns how
// many octets that makes, at most six for each; `to` has room for `cescape_slack` more. Reads nothing outside
// base[from, readable), where end <= readable.
size_t cescape_json(uint8_t *to, const uint8_t *base, size_t from, size_t end, size_t readable);

// The same for a PARAM-VALUE of syslog (RFC 5424, section 6.3.3), whose escapes '\"', '\\' and '\]' are undone first; in
// front of anything else a backslash stands for itself.
size_t cescape_parameter(uint8_t *to, const uint8_t *base, size_t from, size_t end, size_t readable);

#endif
