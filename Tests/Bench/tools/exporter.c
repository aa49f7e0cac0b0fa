// exporter: writes an export of N records that verifies, as fast as SHA-256 allows: seal.md's format made by a second
// hand, with nothing of Waxwing in it. For measuring `waxwing verify` on sizes no test would wait for.
//
//   exporter COUNT BATCH VKEY_FILE > EXPORT
//
// COUNT data records in batches of BATCH leaves (the seal is the last leaf). The key is made from a fixed seed, so two
// runs write the same bytes.
#define _GNU_SOURCE
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { hash_bytes = 32, tree_height_max = 48, record_bytes_max = 16384 };

typedef struct { unsigned char bytes[hash_bytes]; } hash;

static const char origin[] = "relay1.example.net/all";
static const time_t epoch = 1795413600; // 2026-11-23T06:00:00Z
static EVP_MD *sha256;
static EVP_MD_CTX *digest;
static EVP_PKEY *key;
static unsigned char key_id[4], public_key[hash_bytes];
static char log_id[9], key_id_text[9];

// MARK: - Hashes

static hash hash_of(const void *a, size_t a_length, const void *b, size_t b_length, const void *c, size_t c_length) {
    hash result;
    EVP_DigestInit_ex2(digest, NULL, NULL);
    EVP_DigestUpdate(digest, a, a_length);
    if (b) EVP_DigestUpdate(digest, b, b_length);
    if (c) EVP_DigestUpdate(digest, c, c_length);
    EVP_DigestFinal_ex(digest, result.bytes, NULL);
    return result;
}

static hash leaf_hash(const char *line, size_t length) { return hash_of("\0", 1, line, length, NULL, 0); }

static hash node_hash(hash left, hash right) {
    return hash_of("\1", 1, left.bytes, hash_bytes, right.bytes, hash_bytes);
}

/// The frontier: roots of the full subtrees, the largest first; as many as `size` has bits set.
static struct { hash nodes[tree_height_max]; int count; uint64_t size; } tree;

static void append_leaf(hash leaf) {
    for (uint64_t full = tree.size; full & 1; full >>= 1) leaf = node_hash(tree.nodes[--tree.count], leaf);
    tree.nodes[tree.count++] = leaf;
    tree.size++;
}

static hash root(void) {
    hash result = tree.nodes[tree.count - 1];
    for (int i = tree.count - 2; i >= 0; i--) result = node_hash(tree.nodes[i], result);
    return result;
}

// MARK: - Text

static char *base64(char *to, const void *bytes, size_t length) {
    return to + EVP_EncodeBlock((unsigned char *)to, bytes, (int)length);
}

static void hex(char *to, const unsigned char *bytes, size_t length) {
    for (size_t i = 0; i < length; i++) sprintf(to + 2 * i, "%02x", bytes[i]);
}

/// A clock that ticks one millisecond a leaf.
static int stamp(char *to, uint64_t index) {
    static uint64_t second = UINT64_MAX;
    static char text[32];
    if (index / 1000 != second) {
        time_t now = epoch + (time_t)(second = index / 1000);
        struct tm parts;
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", gmtime_r(&now, &parts));
    }
    return sprintf(to, "%s.%03uZ", text, (unsigned)(index % 1000));
}

static size_t data_record(char *line, uint64_t index) {
    static const char *events[] = {
        "node came online", "node went offline", "map sent to node", "route advertised", "login by single sign-on",
        "policy read again", "node key renewed", "DERP map changed"};
    unsigned i = (unsigned)index;
    char *end = line + sprintf(line, "<%u>1 ", 132 + i % 4);
    end += stamp(end, index);
    end += sprintf(
        end, " hs%u.example.net headscale %u - [waxwing@32473 l=\"%s\" i=\"%lu\"] "
        "{\"level\":\"info\",\"node.id\":%u,\"node.name\":\"laptop-%u\",\"user.name\":\"person%u@example.net\","
        "\"remote\":\"203.0.113.%u:%u\",\"time\":%lu,\"message\":\"%s\"}",
        i % 3, 700 + i % 5, log_id, index, i % 4001, i % 997, i % 61, i % 251, 1024 + i % 60000, epoch + index / 1000,
        events[i % 8]);
    return (size_t)(end - line);
}

// MARK: - Seals

/// What the next seal refers to.
struct seal {
    uint64_t number, from;
    hash frontier[tree_height_max], previous;
    int frontier_count;
    unsigned char mac_key[hash_bytes];
};

static size_t body_of(char *body, uint64_t size, hash tree_root) {
    char *end = body + sprintf(body, "%s\n%lu\n", origin, size);
    end = base64(end, tree_root.bytes, hash_bytes);
    *end++ = '\n';
    return (size_t)(end - body);
}

static void signature_of(const char *body, size_t length, unsigned char *signature) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t signature_length = 64;
    memcpy(signature, key_id, sizeof key_id);
    EVP_DigestSignInit(context, NULL, NULL, NULL, key);
    EVP_DigestSign(context, signature + sizeof key_id, &signature_length, (const unsigned char *)body, length);
    EVP_MD_CTX_free(context);
}

static void mac_of(struct seal *seal, const char *body, size_t body_length, unsigned char *mac) {
    char text[1024];
    int length = sprintf(text, "waxwing-mac/v1\n%lu\n", seal->number);
    memcpy(text + length, body, body_length);
    HMAC(sha256, seal->mac_key, hash_bytes, (unsigned char *)text, (size_t)length + body_length, mac, NULL);
    unsigned char next[hash_bytes];
    HMAC(sha256, seal->mac_key, hash_bytes, (const unsigned char *)"waxwing-ratchet/v1", 18, next, NULL);
    memcpy(seal->mac_key, next, hash_bytes);
}

static void write_seal(struct seal *seal) {
    char line[record_bytes_max], body[512];
    unsigned char signature[68], mac[hash_bytes];
    uint64_t index = tree.size, size = index + 1;
    char *end = line + sprintf(line, "<110>1 ");
    end += stamp(end, index);
    end += sprintf(
        end, " relay1.example.net waxwing 4242 SEAL [waxwing@32473 l=\"%s\" i=\"%lu\"]"
        "[waxwing-seal@32473 v=\"1\" log=\"%s\" s=\"%lu\" from=\"%lu\" n=\"%lu\" key=\"%s\" why=\"count\" drop=\"0\"]",
        log_id, index, origin, seal->number, seal->from, size, key_id_text);
    char tail[64];
    size_t tail_length = (size_t)sprintf(tail, " sealed records %lu..%lu", seal->from, index);
    hash leaf = hash_of("\0", 1, line, (size_t)(end - line), tail, tail_length);
    append_leaf(leaf);
    hash tree_root = root();
    size_t body_length = body_of(body, size, tree_root);
    signature_of(body, body_length, signature);
    mac_of(seal, body, body_length, mac);
    end = base64(stpcpy(end, "[waxwing-sig@32473 root=\""), tree_root.bytes, hash_bytes);
    end = base64(stpcpy(end, "\" f=\""), seal->frontier, (size_t)seal->frontier_count * hash_bytes);
    end = base64(stpcpy(end, "\" p=\""), seal->previous.bytes, seal->number > 1 ? hash_bytes : 0);
    end = base64(stpcpy(end, "\" sig=\""), signature, sizeof signature);
    end = base64(stpcpy(end, "\" mac=\""), mac, hash_bytes);
    end = stpcpy(stpcpy(stpcpy(end, "\"]"), tail), "\n");
    fwrite(line, 1, (size_t)(end - line), stdout);
    seal->previous = leaf;
    seal->number++;
    seal->from = size;
    seal->frontier_count = tree.count;
    memcpy(seal->frontier, tree.nodes, sizeof tree.nodes);
}

// MARK: - Command line

static void set_up_key(const char *vkey_file) {
    unsigned char seed[hash_bytes], typed[1 + hash_bytes] = {1};
    size_t length = hash_bytes;
    for (int i = 0; i < hash_bytes; i++) seed[i] = (unsigned char)i;
    key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, hash_bytes);
    EVP_PKEY_get_raw_public_key(key, public_key, &length);
    memcpy(typed + 1, public_key, hash_bytes);
    hash id = hash_of(origin, strlen(origin), "\n\1", 2, public_key, hash_bytes);
    memcpy(key_id, id.bytes, sizeof key_id);
    hex(key_id_text, key_id, sizeof key_id);
    hex(log_id, hash_of(origin, strlen(origin), NULL, 0, NULL, 0).bytes, 4);
    char text[64];
    base64(text, typed, sizeof typed);
    FILE *file = fopen(vkey_file, "w");
    if (!file) { perror(vkey_file); exit(1); }
    fprintf(file, "%s+%s+%s\n", origin, key_id_text, text);
    fclose(file);
}

int main(int count, char **values) {
    uint64_t total = count == 4 ? strtoull(values[1], NULL, 10) : 0;
    uint64_t batch = count == 4 ? strtoull(values[2], NULL, 10) : 0;
    if (total == 0 || batch < 2) { fprintf(stderr, "usage: exporter COUNT BATCH VKEY_FILE\n"); return 64; }
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    digest = EVP_MD_CTX_new();
    EVP_DigestInit_ex2(digest, sha256, NULL);
    set_up_key(values[3]);
    setvbuf(stdout, NULL, _IOFBF, 1 << 20);
    struct seal seal = {.number = 1};
    memset(seal.mac_key, 0x4b, hash_bytes);
    for (uint64_t written = 0; written < total; written++) {
        char line[record_bytes_max];
        size_t length = data_record(line, tree.size);
        append_leaf(leaf_hash(line, length));
        line[length] = '\n';
        if (fwrite(line, 1, length + 1, stdout) != length + 1) { perror("write"); return 1; }
        if (tree.size - seal.from == batch - 1 || written + 1 == total) write_seal(&seal);
    }
    return fflush(stdout) == 0 ? 0 : 1;
}
