/// Sorted, different indexes, as ranges.
extension ArraySlice<UInt64> {
    /// Those in `range`.
    func within(_ range: Range<UInt64>) -> ArraySlice<UInt64> {
        self[place(of: range.lowerBound)..<place(of: range.upperBound)]
    }

    /// The stretches without a gap.
    var ranges: [Range<UInt64>] {
        var ranges: [Range<UInt64>] = []
        for index in self {
            if let last = ranges.last, last.upperBound == index {
                ranges[ranges.count - 1] = last.lowerBound..<index + 1
            } else {
                ranges.append(index..<index + 1)
            }
        }
        return ranges
    }

    /// What of `range`, in which they all lie, they leave out.
    func gaps(in range: Range<UInt64>) -> [Range<UInt64>] {
        var gaps: [Range<UInt64>] = []
        var next = range.lowerBound
        for index in self {
            if index > next { gaps.append(next..<index) }
            next = index + 1
        }
        if next < range.upperBound { gaps.append(next..<range.upperBound) }
        return gaps
    }

    /// The first place that has `value` or more.
    func place(of value: UInt64) -> Int {
        var low = startIndex
        var high = endIndex
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
