import Testing

@testable import Redaction

@Suite struct SurroundingsTests {
    /// For each byte of a head what it lies in: `s` in a PARAM-VALUE, `w` in a word, `.` in neither.
    @Test(arguments: [
        (#"<1>1 - h a p m "#, ".......w.w.w.w."),
        (#"<1>1 - h a p m [i x="v"]"#, ".......w.w.w.w..w.w..ss."),
        (#"<1>1 - h a p m [i x="\"]"][j]"#, ".......w.w.w.w..w.w..ssss..w."),
    ]) func head(_ text: String, _ expected: String) throws {
        let bytes = Array(text.utf8)
        let span = unsafe bytes.span.bytes
        let head = HeadMap(span, 0..<bytes.count)
        var map = try #require(head)
        let forward = bytes.indices.map { letter(map.surroundings(of: $0, span)) }
        #expect(forward.joined() == expected)
        // In any other order the answers are the same.
        let backward = bytes.indices.reversed().map { letter(map.surroundings(of: $0, span)) }
        #expect(backward.reversed() == forward)
    }

    @Test func aHeadNeedsSixSpaces() {
        let bytes = Array("<1>1 - h a p m".utf8)
        let head = HeadMap(unsafe bytes.span.bytes, 0..<bytes.count)
        #expect(head == nil)
    }

    /// The same for a text: `j` in JSON outside of its strings.
    @Test(arguments: [
        (#"a {"b":"c"} "d""#, "..jjssjjssj...."),
        (#"x=[{"a":1}] y={"b":[]}"#, "..jjjssjjjj...jjssjjjj"),
        (#"{not json} {"a":""}"#, "...........jjssjjsj"),
        ("", ""),
    ]) func text(_ text: String, _ expected: String) {
        let bytes = Array(text.utf8)
        let span = unsafe bytes.span.bytes
        var map = TextMap(span, 0..<bytes.count)
        let forward = bytes.indices.map { letter(map.surroundings(of: $0, span)) }
        #expect(forward.joined() == expected)
        let backward = bytes.indices.reversed().map { letter(map.surroundings(of: $0, span)) }
        #expect(backward.reversed() == forward)
    }

    @Test func aRangeIsExtendedOverTheJSONItTouches() {
        let bytes = Array(#"ab {"c":"d"} ef {"g":1}"#.utf8)
        let map = TextMap(unsafe bytes.span.bytes, 0..<bytes.count)
        #expect(map.extended(0..<2) == 0..<2)
        #expect(map.extended(1..<5) == 1..<12)
        #expect(map.extended(5..<14) == 3..<14)
        #expect(map.extended(5..<17) == 3..<23)
    }

    private func letter(_ surroundings: Surroundings) -> String {
        switch surroundings {
        case .string: "s"
        case .word: "w"
        case .json: "j"
        case .text, .structure: "."
        }
    }
}
