import Testing

@testable import HeadscaleServer

struct UnifiedDiffTests {
    @Test(arguments: [
        ("", "", ""),
        ("a\n", "a\n", ""),
        ("", "a\nb\n", "@@ -0,0 +1,2 @@\n+a\n+b"),
        ("a\nb\n", "", "@@ -1,2 +0,0 @@\n-a\n-b"),
        ("a\nb\nc\n", "a\nB\nc\n", "@@ -1,3 +1,3 @@\n a\n-b\n+B\n c"),
        ("a\nb", "a\nb\nc", "@@ -1,2 +1,3 @@\n a\n b\n+c"),
        (
            "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n",
            "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8"
        ),
        (
            "a\n1\n2\n3\n4\n5\n6\n7\n8\nb\n", "A\n1\n2\n3\n4\n5\n6\n7\n8\nB\n",
            "@@ -1,4 +1,4 @@\n-a\n+A\n 1\n 2\n 3\n@@ -7,4 +7,4 @@\n 6\n 7\n 8\n-b\n+B"
        ),
    ])
    func isThatOfDiff(old: String, new: String, expected: String) {
        #expect(UnifiedDiff(from: old, to: new).text == expected)
    }

    @Test func isCutAtALine() {
        let diff = UnifiedDiff(from: "", to: String(repeating: "0123456789\n", count: 5000))
        #expect(diff.isCut)
        #expect(diff.text.utf8.count <= UnifiedDiff.limit)
        #expect(diff.text.hasSuffix("\n+0123456789"))
        #expect(diff.added == 5000)
    }

    /// Two texts that have nothing in common are not compared line by line.
    @Test func isQuickForLongTexts() {
        let old = (0..<20_000).map { "old \($0)\n" }.joined()
        let new = (0..<20_000).map { "new \($0)\n" }.joined()
        let diff = UnifiedDiff(from: old, to: new)
        #expect(diff.removed == 20_000)
        #expect(diff.added == 20_000)
    }
}
