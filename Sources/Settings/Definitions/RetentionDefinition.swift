// The keys of retention: property, name, kind and documentation of each in one expression.

extension Object where Value == Settings.Retention {
    static let retention = Object(
        "retention", Settings.Retention(),
        fields: [
            Field(
                \.age, "age", .timeout(.seconds(60)...(.seconds(36_500 * 86_400))),
                "Age at which records are deleted; a tenth of it later at the most, since whole files go."),
            Field(
                optional: \.sizeBytes, "size", .size((4 << 20)...(1 << 46), example: "200GiB"),
                "Bytes of records, as they lie on the disk, beyond which the oldest are deleted; without it, no limit."
            ),
            Field(
                \.hashes, "hashes", .duration(.zero...(.seconds(36_500 * 86_400))),
                "How long leaf hashes are kept after their records were deleted: with them, an export of the records can "
                    + "still be proven. They may take up to a quarter of the disk budget."),
            Field(
                optional: \.diskBytes, "disk", .size((4 << 20)...(1 << 46), example: "300GiB"),
                "Bytes that everything in the ledger's folder may take. From 95 % on, the oldest records that all "
                    + "destinations have are deleted. Without it, all that the disk has, and nothing is deleted."),
            Field(
                \.whenFull, "when_full", .word,
                "What happens when the disk budget is used up by what destinations still need: records are not taken until "
                    + "there is room (stop), or the oldest are deleted, which is counted and sealed (drop-oldest)."),
            Field(
                \.compresses, "compress", .boolean,
                "Whether files of the ledger are compressed (zstd) once they are closed and delivered."),
        ])
}
