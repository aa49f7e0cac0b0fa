import Testing

@Suite struct KeysTests {
    private func run(_ line: String, in place: Workplace) -> Child.Outcome {
        Child(line.split(separator: " ").map(String.init), in: place.path).wait()
    }

    @Test func everyKeyIsAnother() throws {
        let place = Workplace()
        for file in ["a.pem", "b.pem"] { #expect(run("keys generate \(file)", in: place).status == 0) }
        let keys = ["a.pem", "b.pem", "a.pem"].map { run("keys show \($0) --origin example.net/log", in: place).output }
        #expect(keys[0] != keys[1])
        #expect(keys[0] == keys[2])
        #expect(
            String(decoding: keys[0], as: UTF8.self).contains(/^example\.net\/log\+[0-9a-f]{8}\+A[A-Za-z0-9+\/]{43}\n$/)
        )
    }

    @Test func refusedKeyStaysAsItWas() {
        let place = Workplace()
        for command in ["generate", "mac"] {
            let before = place.read("log.pem")
            #expect(run("keys \(command) log.pem", in: place).status == 69)
            #expect(place.read("log.pem") == before)
        }
    }

    @Test func encryptedKeyIsTheSameKey() {
        let place = Workplace()
        place.write("pass", Array("correct horse\n".utf8))
        #expect(run("keys generate new.pem --passphrase-file pass", in: place).status == 0)
        let shown = run("keys show new.pem --origin example.net/log --passphrase-file pass", in: place)
        #expect(shown.status == 0)
        #expect(String(decoding: place.read("new.pem") ?? [], as: UTF8.self).contains("ENCRYPTED"))
    }

    @Test func macKeyIs64Digits() {
        let place = Workplace()
        for file in ["a.key", "b.key"] {
            #expect(run("keys mac \(file)", in: place).status == 0)
            #expect(String(decoding: place.read(file) ?? [], as: UTF8.self).contains(/^[0-9a-f]{64}\n$/))
        }
        #expect(place.read("a.key") != place.read("b.key"))
    }
}
