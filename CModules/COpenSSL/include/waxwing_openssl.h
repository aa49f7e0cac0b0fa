// What Waxwing asks of OpenSSL 3: SHA-256 over trees, HMAC-SHA256, Ed25519, random bytes. EVP interfaces only, but for
// SHA-256, which is OpenSSL's own whatever provider is configured.
//
// Conventions, without exception:
//   * Lengths are in bytes. A pointer whose length is 0 is not read and may be null.
//   * Functions that can fail return 1 for success and another value for failure; OpenSSL's reasons are then on the
//     calling thread's error queue, and waxwing_error_text takes them off it.
//   * What a function named *_new or *_load returns is freed by the caller with the *_free of the same type.
//   * Secrets are erased from every buffer of this shim before it is freed.
#ifndef WAXWING_OPENSSL_H
#define WAXWING_OPENSSL_H

#include <stddef.h>
#include <stdint.h>

enum {
    WAXWING_HASH_LENGTH = 32,
    WAXWING_ED25519_SEED_LENGTH = 32,
    WAXWING_ED25519_PUBLIC_LENGTH = 32,
    WAXWING_ED25519_SIGNATURE_LENGTH = 64,
    // The longest passphrase that OpenSSL's PEM reader takes.
    WAXWING_PASSPHRASE_LIMIT = 1024,
};

// Writes OpenSSL's reasons for the last failure on this thread to `text`, joined by "; ", ended by NUL and cut at
// `capacity`, and empties the queue. Returns the length without the NUL, 0 if OpenSSL gave no reason.
size_t waxwing_error_text(char *text, size_t capacity);

// ---- SHA-256 ------------------------------------------------------------------------------------------------------
//
// A hasher holds the state that every hash begins with. It belongs to one thread at a time.

typedef struct waxwing_hasher waxwing_hasher;

waxwing_hasher *waxwing_hasher_new(void);
void waxwing_hasher_free(waxwing_hasher *hasher);

// SHA-256(data)
int waxwing_hasher_digest(waxwing_hasher *hasher, const uint8_t *data, size_t length, uint8_t *hash);

// SHA-256(0x00 || head || tail), the leaf hash of RFC 6962 section 2.1
int waxwing_hasher_leaf(
    waxwing_hasher *hasher, const uint8_t *head, size_t head_length, const uint8_t *tail, size_t tail_length,
    uint8_t *hash);

// SHA-256(0x01 || left || right), the node hash of RFC 6962 section 2.1
int waxwing_hasher_node(waxwing_hasher *hasher, const uint8_t *left, const uint8_t *right, uint8_t *hash);

// Leaf hashes of `count` leaves that lie in `base`, written to `hashes` one after another (32 * count bytes).
// Leaf k is described by extents[4 * k .. 4 * k + 3]: offset and length of its head, offset and length of its tail.
int waxwing_hasher_leaves(
    waxwing_hasher *hasher, const uint8_t *base, const uint32_t *extents, size_t count, uint8_t *hashes);

// Appends `count` leaf hashes to a frontier. `stack` holds the roots of the perfect subtrees of a tree of `size`
// leaves, largest first, one for each one bit of `size`, and has room for 64 hashes; so it does afterwards for size +
// count, which must be below 2^63.
int waxwing_hasher_append(
    waxwing_hasher *hasher, uint8_t *stack, uint64_t size, const uint8_t *leaves, size_t count);

// ---- HMAC-SHA256 (RFC 2104) ---------------------------------------------------------------------------------------

int waxwing_hmac_sha256(
    const uint8_t *key, size_t key_length, const uint8_t *data, size_t length, uint8_t *mac);

// ---- Ed25519 (RFC 8032) -------------------------------------------------------------------------------------------
//
// A key is immutable once made and may be used by any number of threads.

typedef struct evp_pkey_st waxwing_key;

// How loading a private key ended.
enum {
    WAXWING_LOADED = 1,
    WAXWING_NOT_FOUND = 0,           // nothing there, or it is not a private key
    WAXWING_NOT_ED25519 = -1,        // a private key of another kind
    WAXWING_PASSPHRASE_MISSING = -2, // the key is encrypted and no passphrase was given
    WAXWING_PASSPHRASE_WRONG = -3,   // the key is encrypted and could not be decrypted with the given passphrase
};

waxwing_key *waxwing_key_generate(void);
waxwing_key *waxwing_key_from_seed(const uint8_t *seed);
waxwing_key *waxwing_key_from_public(const uint8_t *public_key);
void waxwing_key_free(waxwing_key *key);

// Loads a private key from PEM text. `passphrase` is null if there is none; it is not kept.
int waxwing_key_load_pem(
    const uint8_t *pem, size_t length, const uint8_t *passphrase, size_t passphrase_length, waxwing_key **key);

// Loads a private key from a URI by OSSL_STORE ("pkcs11:...", "file:..."), with what providers this host has.
int waxwing_key_load_store(
    const char *uri, const uint8_t *passphrase, size_t passphrase_length, waxwing_key **key);

// The private key as PKCS#8 PEM, encrypted with AES-256-CBC if a passphrase is given. The text is in memory of this
// shim; give it back with waxwing_pem_free, which erases it.
int waxwing_key_pem(
    const waxwing_key *key, const uint8_t *passphrase, size_t passphrase_length, char **pem, size_t *length);
void waxwing_pem_free(char *pem, size_t length);

int waxwing_key_public(const waxwing_key *key, uint8_t *public_key);
int waxwing_key_sign(waxwing_key *key, const uint8_t *data, size_t length, uint8_t *signature);

// 1 if the signature is the key's, 0 if not, another value if it could not be checked.
int waxwing_key_verify(waxwing_key *key, const uint8_t *data, size_t length, const uint8_t *signature);

// ---- Bytes --------------------------------------------------------------------------------------------------------

int waxwing_random(uint8_t *bytes, size_t length);

// 1 if the bytes are equal, in a time that depends on the length alone.
int waxwing_equal(const uint8_t *left, const uint8_t *right, size_t length);

// Overwrites bytes with zeros, even if nothing reads them afterwards.
void waxwing_cleanse(void *bytes, size_t length);

#endif
