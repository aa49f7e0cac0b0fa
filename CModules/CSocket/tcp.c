#include "CSocket.h"

#include <linux/tcp.h>
#include <string.h>

_Static_assert(sizeof(struct tcp_info) <= sizeof(waxwing_tcp_info), "TCP_INFO fits");

int waxwing_tcp_is_drained(const waxwing_tcp_info *info)
{
    struct tcp_info values;

    memcpy(&values, info, sizeof values);
    return values.tcpi_unacked == 0 && values.tcpi_notsent_bytes == 0;
}
