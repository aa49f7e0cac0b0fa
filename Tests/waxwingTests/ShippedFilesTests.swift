import TestSupport
import Testing

/// What the repository ships is what this build says.
@Suite struct ShippedFilesTests {
    private static let root = "/" + Workplace.sources.split(separator: "/").dropLast(2).joined(separator: "/")

    @Test(arguments: [
        ("schema", "docs/waxwing.schema.json"),
        ("schema --example", "docs/waxwing.example.yaml"),
        ("headscale events", "docs/headscale-events.md"),
    ])
    func schema(_ command: String, _ file: String) throws {
        let outcome = Child(command.split(separator: " ").map(String.init), in: "/").wait()
        #expect(outcome.status == 0)
        #expect(outcome.errors.isEmpty)
        let shipped = try #require(TemporaryDirectory.contents("\(Self.root)/\(file)"))
        #expect(outcome.output == shipped, "\(file) is out of date: run `make schema`")
    }
}
