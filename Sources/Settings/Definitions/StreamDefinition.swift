// The keys of the sealed stream: property, name, kind and documentation of each in one expression.

extension Object where Value == Settings.Stream {
    static let stream = Object(
        "stream", Settings.Stream(),
        fields: [
            Field(
                optional: \.origin, "origin",
                .text("an origin", allowed: "A-Za-z0-9._/-", limit: 200, example: "relay1.example.net/all"),
                "Name that all signatures carry, like a URL without its scheme; without it, the host name and /waxwing."
            ),
            Field(
                \.key, "key", .signingKey,
                "The Ed25519 key that signs: a PEM file, or a URI for OpenSSL such as pkcs11:token=…; without it, "
                    + "keys/log.pem in the ledger's folder, made at the first start."
            ),
            Field(
                optional: \.keyPassphraseFile, "key_passphrase_file", .path(example: "secrets/passphrase"),
                "File with the passphrase or PIN of the key (mode 0600)."),
            Field(
                optional: \.macKeyFile, "mac_key_file", .path(example: "secrets/mac-key"),
                "File with the first key of the HMAC ratchet, 64 hexadecimal digits (mode 0600); without it, no HMAC."
            ),
            Field(
                optional: \.savedHeadFile, "saved_head_file", .path(example: "/mnt/elsewhere/head.note"),
                "File with a checkpoint of this log (waxwing head) that is kept up to date elsewhere: a ledger that is "
                    + "behind it was restored from an old copy and is refused."
            ),
            Field(
                \.enterpriseNumber, "enterprise_number", .integer(1...4_294_967_295),
                "Private enterprise number in the names of Waxwing's SD-ELEMENTs (waxwing@…)."),
            Field(\.batch, "batch", .object(.batch), "When a batch is sealed: at the first limit it reaches."),
            Field(\.sync, "sync", .object(.sync), "When records are made durable and released: whichever comes first."),
            Field(
                \.segmentBytes, "segment", .size((1 << 20)...(4 << 30)), "Size of one file of the ledger."),
        ])
}

extension Object where Value == Settings.Batch {
    fileprivate static let batch = Object(
        "batch", Settings.Batch(),
        fields: [
            Field(\.records, "records", .integer(1...1_048_576), "Records in a batch."),
            Field(\.bytes, "bytes", .size((64 << 10)...(64 << 20)), "Bytes of the records in a batch."),
            Field(
                \.age, "age", .duration(.milliseconds(10)...(.seconds(3600))), "Time since the batch's first record."),
            Field(
                \.idle, "idle", .duration(.seconds(1)...(.seconds(86_400))),
                "Time after which an empty batch is sealed, so that silence is evidence."),
        ])
}

extension Object where Value == Settings.Sync {
    fileprivate static let sync = Object(
        "sync", Settings.Sync(),
        fields: [
            Field(
                \.interval, "interval", .duration(.milliseconds(1)...(.seconds(10))),
                "Longest time a record waits to be durable."),
            Field(\.bytes, "bytes", .size((4 << 10)...(64 << 20)), "Most bytes that wait to be durable."),
        ])
}
