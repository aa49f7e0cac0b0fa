internal import TransparencyLog

// The report for programs. Ranges are pairs of first and last index; lists hold the first of them, `total` counts all.
extension VerifyReport {
    /// The report as one JSON object, on one line.
    public var json: String {
        var json = JSONText()
        json.object { json in
            json.add("result", outcome.name)
            json.add("exit_code", outcome.exitCode)
            json.add("origin", origin)
            json.add("key", key)
            json.add("subset", isSubset)
            addSources(&json)
            json.object("verified") { json in
                json.add("records", verifiedRecords)
                json.add("batches", verifiedBatches)
                json.add("bridged", bridgedBatches)
                add("ranges", verifiedRanges, &json)
            }
            addTampered(&json)
            addConflicts(&json)
            add("missing", missing, &json)
            add("unverified", unverified, &json)
            add("unsealed_tail", unsealedTail, &json)
            json.add("duplicates", duplicates)
            json.add("unresolved", unresolved)
            add("foreign", foreign, &json) { position, json in json.object { json in add(position, &json) } }
            add("unreadable", unreadable, &json) { unreadable, json in
                json.object { json in
                    json.add("file", sources.indices.contains(unreadable.file) ? sources[unreadable.file].name : "")
                    if let position = unreadable.position { add(position, &json) }
                    json.add("reason", unreadable.reason)
                }
            }
            add("cut", cuts, &json) { cut, json in
                json.object { json in
                    add(cut.position, &json)
                    json.add("kind", cut.kind.rawValue)
                }
            }
            addKeys(&json)
            json.object("unknown_keys") { json in
                json.add("total", unknownKeys.total)
                json.array("items") { json in
                    for item in unknownKeys.items {
                        json.object { json in
                            json.add("key", VerifierKey.text(item.element))
                            json.add("seals", item.count)
                        }
                    }
                }
            }
            addSeals(&json)
            json.array("notes") { json in
                for note in notes { json.add(nil, note) }
            }
        }
        return json.text
    }

    // MARK: - Members

    private func addSources(_ json: inout JSONText) {
        json.array("files") { json in
            for source in sources {
                json.object { json in
                    json.add("name", source.name)
                    if let format = source.format {
                        json.add("format", format.rawValue)
                    } else {
                        json.addNull("format")
                    }
                    json.add("gzip", source.compression == .gzip)
                    json.add("zstd", source.compression == .zstd)
                }
            }
        }
    }

    private func addTampered(_ json: inout JSONText) {
        add("tampered", tampered, &json) { finding, json in
            json.object { json in
                json.add("kind", finding.kind.rawValue)
                if let records = finding.records { add("records", records, &json) }
                if let seal = finding.seal { json.add("seal", seal) }
                if let position = finding.position { add(position, &json) }
                json.add("detail", finding.detail)
            }
        }
    }

    private func addConflicts(_ json: inout JSONText) {
        add("conflicts", conflicts, &json) { conflict, json in
            json.object { json in
                json.add("index", conflict.index)
                json.add("decided", conflict.isDecided)
                if let truth = conflict.truth {
                    json.object("true") { json in add(truth, &json) }
                } else {
                    json.addNull("true")
                }
                json.add("total", conflict.others.total)
                json.array(conflict.isDecided ? "false" : "versions") { json in
                    for other in conflict.others.items { json.object { json in add(other, &json) } }
                }
            }
        }
    }

    private func addKeys(_ json: inout JSONText) {
        json.array("keys") { json in
            for use in keys {
                json.object { json in
                    json.add("key", use.key)
                    json.add("pinned", use.isPinned)
                    json.add("seals", use.seals)
                    if let records = use.records { add("records", records, &json) } else { json.addNull("records") }
                    if let index = use.replacedAt {
                        json.add("replaced_at", index)
                    } else {
                        json.addNull("replaced_at")
                    }
                }
            }
        }
    }

    private func addSeals(_ json: inout JSONText) {
        json.add("dropped", dropped)
        json.add("clock_steps", clockSteps)
        if let codes {
            json.object("mac") { json in
                json.add("valid", codes.valid)
                add("invalid", codes.invalid, &json) { number, json in json.add(nil, number) }
                json.add("absent", codes.absent)
                json.add("unchecked", codes.unchecked)
            }
        } else {
            json.addNull("mac")
        }
        if let newestSeal {
            json.object("newest_seal") { json in
                json.add("number", newestSeal.number)
                json.add("size", newestSeal.size)
                json.add("time", "\(newestSeal.time)")
                json.add("age_ms", newestSeal.age)
            }
        } else {
            json.addNull("newest_seal")
        }
        json.add("stale", isStale)
        if let head {
            json.object("head") { json in
                json.add("size", head.size)
                json.add("result", head.name)
            }
        } else {
            json.addNull("head")
        }
        if let outputFailure { json.add("output_failure", outputFailure) } else { json.addNull("output_failure") }
    }

    // MARK: - Parts

    private func add(_ name: String, _ stretch: Stretch, _ json: inout JSONText) {
        json.object(name) { json in
            json.add("records", stretch.count)
            add("ranges", stretch.ranges, &json)
        }
    }

    private func add(_ name: String, _ ranges: Listing<Range<UInt64>>, _ json: inout JSONText) {
        add(name, ranges, &json) { range, json in add(nil, range, &json) }
    }

    private func add(_ name: String?, _ range: Range<UInt64>, _ json: inout JSONText) {
        json.array(name) { json in
            json.add(nil, range.lowerBound)
            json.add(nil, range.upperBound - 1)
        }
    }

    private func add<Element>(
        _ name: String, _ listing: Listing<Element>, _ json: inout JSONText,
        _ element: (Element, inout JSONText) -> Void
    ) {
        json.object(name) { json in
            json.add("total", listing.total)
            json.array("items") { json in
                for item in listing.items { element(item, &json) }
            }
        }
    }

    private func add(_ position: SourcePosition, _ json: inout JSONText) {
        guard sources.indices.contains(position.file) else { return }
        json.add("file", sources[position.file].name)
        json.add(sources[position.file].format?.unit ?? "line", position.number)
    }
}

extension VerifyReport.Outcome {
    fileprivate var name: String {
        switch self {
        case .complete: "complete"
        case .tampered: "tampered"
        case .incomplete: "incomplete"
        case .unverifiable: "unverifiable"
        }
    }
}

extension VerifyReport.HeadResult {
    fileprivate var name: String {
        switch self {
        case .agrees: "agrees"
        case .notReached: "not_reached"
        case .differs: "differs"
        }
    }
}
