import Testing

@Suite struct CompletionTests {
    @Test(arguments: ["bash", "zsh", "fish"])
    func completionsNameEveryCommand(_ shell: String) {
        let outcome = Child(["--generate-completion-script", shell], in: "/").wait()
        let script = String(decoding: outcome.output, as: UTF8.self)
        #expect(outcome.status == 0)
        for word in [
            "run", "check", "explain", "redact", "verify", "head", "prove", "keys", "schema", "config", "time-zone",
        ] {
            #expect(script.contains(word), "\(word) is missing")
        }
    }
}
