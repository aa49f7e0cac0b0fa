// SHA256_Init and its like count as deprecated, in favour of EVP. They are what EVP calls, and a tree makes two hashes a
// record, most of them of two blocks: EVP's own work around each, 100 ns, is half of what such a hash costs.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "waxwing_openssl.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/store.h>
#include <openssl/ui.h>
#include <pthread.h>
#include <string.h>

// ---- Errors -------------------------------------------------------------------------------------------------------

size_t waxwing_error_text(char *text, size_t capacity) {
    size_t length = 0;
    if (capacity == 0) return 0;
    text[0] = 0;
    for (unsigned long code; (code = ERR_get_error()) != 0;) {
        char reason[256];
        ERR_error_string_n(code, reason, sizeof reason);
        const char *separator = length > 0 ? "; " : "";
        size_t needed = strlen(separator) + strlen(reason);
        if (needed >= capacity - length) continue;
        memcpy(text + length, separator, strlen(separator));
        memcpy(text + length + strlen(separator), reason, strlen(reason) + 1);
        length += needed;
    }
    return length;
}

// ---- Algorithms, fetched once a process ---------------------------------------------------------------------------

static EVP_MAC *hmac;
static pthread_once_t fetched = PTHREAD_ONCE_INIT;

// Never freed: they live as long as the process, like the library they come from.
static void fetch(void) {
    hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
}

// ---- SHA-256 ------------------------------------------------------------------------------------------------------

struct waxwing_hasher {
    SHA256_CTX fresh;
};

waxwing_hasher *waxwing_hasher_new(void) {
    waxwing_hasher *hasher = OPENSSL_zalloc(sizeof *hasher);
    if (hasher != NULL) SHA256_Init(&hasher->fresh);
    return hasher;
}

void waxwing_hasher_free(waxwing_hasher *hasher) { OPENSSL_free(hasher); }

static int hash_one(const waxwing_hasher *hasher, const uint8_t *data, size_t length, uint8_t *hash) {
    SHA256_CTX context = hasher->fresh;
    return SHA256_Update(&context, data, length) == 1 && SHA256_Final(hash, &context) == 1;
}

int waxwing_hasher_digest(waxwing_hasher *hasher, const uint8_t *data, size_t length, uint8_t *hash) {
    return hash_one(hasher, data, length, hash);
}

// A short leaf is put behind its prefix in one buffer: copying it costs less than a second call into OpenSSL.
enum { SHORT_LEAF = 1024 };

static int hash_leaf(
    const waxwing_hasher *hasher, const uint8_t *head, size_t head_length, const uint8_t *tail,
    size_t tail_length, uint8_t *hash) {
    uint8_t buffer[1 + SHORT_LEAF];
    buffer[0] = 0x00;
    if (head_length <= SHORT_LEAF && tail_length <= SHORT_LEAF - head_length) {
        if (head_length > 0) memcpy(buffer + 1, head, head_length);
        if (tail_length > 0) memcpy(buffer + 1 + head_length, tail, tail_length);
        return hash_one(hasher, buffer, 1 + head_length + tail_length, hash);
    }
    SHA256_CTX context = hasher->fresh;
    return SHA256_Update(&context, buffer, 1) == 1 && SHA256_Update(&context, head, head_length) == 1
        && SHA256_Update(&context, tail, tail_length) == 1 && SHA256_Final(hash, &context) == 1;
}

int waxwing_hasher_leaf(
    waxwing_hasher *hasher, const uint8_t *head, size_t head_length, const uint8_t *tail, size_t tail_length,
    uint8_t *hash) {
    return hash_leaf(hasher, head, head_length, tail, tail_length, hash);
}

int waxwing_hasher_leaves(
    waxwing_hasher *hasher, const uint8_t *base, const uint32_t *extents, size_t count, uint8_t *hashes) {
    for (size_t k = 0; k < count; k++) {
        const uint32_t *leaf = extents + 4 * k;
        uint8_t *hash = hashes + WAXWING_HASH_LENGTH * k;
        if (hash_leaf(hasher, base + leaf[0], leaf[1], base + leaf[2], leaf[3], hash) != 1) return 0;
    }
    return 1;
}

int waxwing_hasher_node(waxwing_hasher *hasher, const uint8_t *left, const uint8_t *right, uint8_t *hash) {
    uint8_t node[1 + 2 * WAXWING_HASH_LENGTH];
    node[0] = 0x01;
    memcpy(node + 1, left, WAXWING_HASH_LENGTH);
    memcpy(node + 1 + WAXWING_HASH_LENGTH, right, WAXWING_HASH_LENGTH);
    return hash_one(hasher, node, sizeof node, hash);
}

int waxwing_hasher_append(
    waxwing_hasher *hasher, uint8_t *stack, uint64_t size, const uint8_t *leaves, size_t count) {
    uint8_t *top = stack + (size_t)WAXWING_HASH_LENGTH * (size_t)__builtin_popcountll(size);
    for (size_t k = 0; k < count; k++, size++) {
        memcpy(top, leaves + WAXWING_HASH_LENGTH * k, WAXWING_HASH_LENGTH);
        // Each one bit at the end of `size` is a subtree as large as the one on top.
        for (uint64_t bits = size; bits & 1; bits >>= 1) {
            top -= WAXWING_HASH_LENGTH;
            if (waxwing_hasher_node(hasher, top, top + WAXWING_HASH_LENGTH, top) != 1) return 0;
        }
        top += WAXWING_HASH_LENGTH;
    }
    return 1;
}

// ---- HMAC-SHA256 --------------------------------------------------------------------------------------------------

int waxwing_hmac_sha256(
    const uint8_t *key, size_t key_length, const uint8_t *data, size_t length, uint8_t *mac) {
    pthread_once(&fetched, fetch);
    if (hmac == NULL) return 0;
    EVP_MAC_CTX *context = EVP_MAC_CTX_new(hmac);
    if (context == NULL) return 0;
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, "SHA256", 0),
        OSSL_PARAM_construct_end(),
    };
    size_t written = 0;
    int done = EVP_MAC_init(context, key, key_length, parameters) == 1
        && EVP_MAC_update(context, data, length) == 1
        && EVP_MAC_final(context, mac, &written, WAXWING_HASH_LENGTH) == 1 && written == WAXWING_HASH_LENGTH;
    EVP_MAC_CTX_free(context);
    return done;
}

// ---- Ed25519: making and loading keys -----------------------------------------------------------------------------

waxwing_key *waxwing_key_generate(void) { return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"); }

waxwing_key *waxwing_key_from_seed(const uint8_t *seed) {
    return EVP_PKEY_new_raw_private_key_ex(NULL, "ED25519", NULL, seed, WAXWING_ED25519_SEED_LENGTH);
}

waxwing_key *waxwing_key_from_public(const uint8_t *public_key) {
    return EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, public_key, WAXWING_ED25519_PUBLIC_LENGTH);
}

void waxwing_key_free(waxwing_key *key) { EVP_PKEY_free(key); }

struct passphrase {
    const uint8_t *bytes;
    size_t length;
    int asked;
};

static int give_passphrase(char *buffer, int capacity, int writing, void *data) {
    struct passphrase *passphrase = data;
    (void)writing;
    passphrase->asked = 1;
    if (passphrase->bytes == NULL || passphrase->length > (size_t)capacity) return -1;
    memcpy(buffer, passphrase->bytes, passphrase->length);
    return (int)passphrase->length;
}

static int loaded(EVP_PKEY *found, const struct passphrase *passphrase, waxwing_key **key) {
    if (found == NULL) {
        if (!passphrase->asked) return WAXWING_NOT_FOUND;
        return passphrase->bytes == NULL ? WAXWING_PASSPHRASE_MISSING : WAXWING_PASSPHRASE_WRONG;
    }
    if (!EVP_PKEY_is_a(found, "ED25519")) {
        EVP_PKEY_free(found);
        return WAXWING_NOT_ED25519;
    }
    *key = found;
    return WAXWING_LOADED;
}

int waxwing_key_load_pem(
    const uint8_t *pem, size_t length, const uint8_t *passphrase, size_t passphrase_length, waxwing_key **key) {
    struct passphrase secret = {passphrase, passphrase_length, 0};
    ERR_clear_error();
    if (length > INT32_MAX) return WAXWING_NOT_FOUND;
    BIO *bio = BIO_new_mem_buf(pem, (int)length);
    if (bio == NULL) return WAXWING_NOT_FOUND;
    EVP_PKEY *found = PEM_read_bio_PrivateKey_ex(bio, NULL, give_passphrase, &secret, NULL, NULL);
    BIO_free(bio);
    return loaded(found, &secret, key);
}

int waxwing_key_load_store(
    const char *uri, const uint8_t *passphrase, size_t passphrase_length, waxwing_key **key) {
    struct passphrase secret = {passphrase, passphrase_length, 0};
    ERR_clear_error();
    UI_METHOD *method = UI_UTIL_wrap_read_pem_callback(give_passphrase, 0);
    if (method == NULL) return WAXWING_NOT_FOUND;
    EVP_PKEY *found = NULL;
    OSSL_STORE_CTX *store = OSSL_STORE_open_ex(uri, NULL, NULL, method, &secret, NULL, NULL, NULL);
    if (store != NULL && OSSL_STORE_expect(store, OSSL_STORE_INFO_PKEY) == 1) {
        // A store says when it is at its end, and may yield nothing for an object it could not read.
        while (found == NULL && !OSSL_STORE_eof(store) && !OSSL_STORE_error(store)) {
            OSSL_STORE_INFO *info = OSSL_STORE_load(store);
            if (info == NULL) continue;
            if (OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY) found = OSSL_STORE_INFO_get1_PKEY(info);
            OSSL_STORE_INFO_free(info);
        }
    }
    OSSL_STORE_close(store);
    UI_destroy_method(method);
    return loaded(found, &secret, key);
}

// ---- Ed25519: using keys ------------------------------------------------------------------------------------------

int waxwing_key_pem(
    const waxwing_key *key, const uint8_t *passphrase, size_t passphrase_length, char **pem, size_t *length) {
    if (passphrase_length > WAXWING_PASSPHRASE_LIMIT) return 0;
    BIO *bio = BIO_new(BIO_s_mem());
    if (bio == NULL) return 0;
    int done = 0;
    const EVP_CIPHER *cipher = passphrase != NULL ? EVP_aes_256_cbc() : NULL;
    if (PEM_write_bio_PKCS8PrivateKey(
            bio, key, cipher, (const char *)passphrase, (int)passphrase_length, NULL, NULL) == 1) {
        char *text;
        long written = BIO_get_mem_data(bio, &text);
        char *copy = written > 0 ? OPENSSL_malloc((size_t)written) : NULL;
        if (copy != NULL) {
            memcpy(copy, text, (size_t)written);
            OPENSSL_cleanse(text, (size_t)written);
            *pem = copy;
            *length = (size_t)written;
            done = 1;
        }
    }
    BIO_free(bio);
    return done;
}

void waxwing_pem_free(char *pem, size_t length) { OPENSSL_clear_free(pem, length); }

int waxwing_key_public(const waxwing_key *key, uint8_t *public_key) {
    size_t length = WAXWING_ED25519_PUBLIC_LENGTH;
    if (EVP_PKEY_get_raw_public_key(key, public_key, &length) == 1 && length == WAXWING_ED25519_PUBLIC_LENGTH) return 1;
    // A key in a token has no raw form, but says what its public half is.
    return EVP_PKEY_get_octet_string_param(
               key, OSSL_PKEY_PARAM_PUB_KEY, public_key, WAXWING_ED25519_PUBLIC_LENGTH, &length) == 1
        && length == WAXWING_ED25519_PUBLIC_LENGTH;
}

int waxwing_key_sign(waxwing_key *key, const uint8_t *data, size_t length, uint8_t *signature) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (context == NULL) return 0;
    size_t written = WAXWING_ED25519_SIGNATURE_LENGTH;
    int done = EVP_DigestSignInit_ex(context, NULL, NULL, NULL, NULL, key, NULL) == 1
        && EVP_DigestSign(context, signature, &written, data, length) == 1
        && written == WAXWING_ED25519_SIGNATURE_LENGTH;
    EVP_MD_CTX_free(context);
    return done;
}

int waxwing_key_verify(waxwing_key *key, const uint8_t *data, size_t length, const uint8_t *signature) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (context == NULL) return -1;
    int valid = -1;
    if (EVP_DigestVerifyInit_ex(context, NULL, NULL, NULL, NULL, key, NULL) == 1) {
        valid = EVP_DigestVerify(context, signature, WAXWING_ED25519_SIGNATURE_LENGTH, data, length);
        // A signature that is not one leaves a reason nobody will ask for.
        if (valid == 0) ERR_clear_error();
    }
    EVP_MD_CTX_free(context);
    return valid;
}

// ---- Bytes --------------------------------------------------------------------------------------------------------

int waxwing_random(uint8_t *bytes, size_t length) { return RAND_bytes_ex(NULL, bytes, length, 0); }

int waxwing_equal(const uint8_t *left, const uint8_t *right, size_t length) {
    return CRYPTO_memcmp(left, right, length) == 0;
}

void waxwing_cleanse(void *bytes, size_t length) { OPENSSL_cleanse(bytes, length); }
