import Testing

@testable import Syslog

@Suite struct MessageRFC3164Tests {
    /// Text behind `<13>`, time, source, host|app|process|text.
    static let table: [(String, String, String, String)] = [
        (
            "Oct 11 22:14:15 mymachine su: 'su root' failed", "2026-10-11T22:14:15+02:00", "guessed-year",
            "mymachine|su|-|'su root' failed"
        ),
        (
            "Nov 23 06:15:00 host headscale[123]: 2026-11-23T06:15:00Z INF x", "2026-11-23T06:15:00+01:00",
            "guessed-year", "host|headscale|123|2026-11-23T06:15:00Z INF x"
        ),
        (
            "Nov 23 06:15:00 10.0.0.99 Use the BFG!", "2026-11-23T06:15:00+01:00", "guessed-year",
            "10.0.0.99|Use|-|the BFG!"
        ),
        ("Nov  3 06:15:00 h a: x", "2026-11-03T06:15:00+01:00", "guessed-year", "h|a|-|x"),
        ("Nov 3 06:15:00 h a: x", "2026-11-03T06:15:00+01:00", "guessed-year", "h|a|-|x"),
        ("Nov 03 06:15:00 h a: x", "2026-11-03T06:15:00+01:00", "guessed-year", "h|a|-|x"),
        ("nov 23 06:15:00 h a: x", "2026-11-23T06:15:00+01:00", "guessed-year", "h|a|-|x"),
        ("NOV 23 6:15:00 h a: x", "2026-11-23T06:15:00+01:00", "guessed-year", "h|a|-|x"),
        ("Nov 23 06:15:00.123 h a: x", "2026-11-23T06:15:00.123+01:00", "guessed-year", "h|a|-|x"),
        ("Nov 23 06:15:00,123456 h a: x", "2026-11-23T06:15:00.123456+01:00", "guessed-year", "h|a|-|x"),
        // Years and zones.
        ("Nov 23 2026 06:15:00 h a: x", "2026-11-23T06:15:00+01:00", "configured-zone", "h|a|-|x"),
        ("Nov 23 06:15:00 2026 h a: x", "2026-11-23T06:15:00+01:00", "configured-zone", "h|a|-|x"),
        ("2026 Nov 23 06:15:00 h a: x", "2026-11-23T06:15:00+01:00", "configured-zone", "h|a|-|x"),
        ("Jul 23 2026 06:15:00 h a: x", "2026-07-23T06:15:00+02:00", "configured-zone", "h|a|-|x"),
        ("Nov 23 06:15:00 UTC h a: x", "2026-11-23T06:15:00Z", "guessed-year", "h|a|-|x"),
        ("Nov 23 2026 06:15:00 EST h a: x", "2026-11-23T06:15:00-05:00", "message", "h|a|-|x"),
        ("Nov 23 06:15:00 CET 2026 h a: x", "2026-11-23T06:15:00+01:00", "message", "h|a|-|x"),
        ("Nov 23 06:15:00 2026 +0530 h a: x", "2026-11-23T06:15:00+05:30", "message", "h|a|-|x"),
        (
            "1990 Oct 22 10:52:01 TZ-6 scapegoat sched[0]: All", "1990-10-22T10:52:01-06:00", "message",
            "scapegoat|sched|0|All"
        ),
        ("Mon Nov 23 06:15:00 h a: x", "2026-11-23T06:15:00+01:00", "guessed-year", "h|a|-|x"),
        ("Mon Nov 23 06:15:00 2026 h a: x", "2026-11-23T06:15:00+01:00", "configured-zone", "h|a|-|x"),
        ("Nov 23 06:15:00. h a: x", "2026-11-23T06:15:00+01:00", "guessed-year", "h|a|-|x"),
        ("Nov 23 06:15:00\th\ta: x", "2026-11-23T06:15:00+01:00", "guessed-year", "h|a|-|x"),
        ("Nov 23 06:15:00 IST a: x", "2026-11-23T06:15:00+01:00", "guessed-year", "IST|a|-|x"),
        // ISO 8601.
        ("2026-11-23T06:15:00Z h a: x", "2026-11-23T06:15:00Z", "message", "h|a|-|x"),
        ("2026-11-23T06:15:00.123456+00:00 h a[1]:  x", "2026-11-23T06:15:00.123456Z", "message", "h|a|1| x"),
        ("2026-11-23 06:15:00 h a: x", "2026-11-23T06:15:00+01:00", "configured-zone", "h|a|-|x"),
        ("2026-11-23 06:15:00,123 +0100 h a: x", "2026-11-23T06:15:00.123+01:00", "message", "h|a|-|x"),
        ("2026-11-23T06:15:00 UTC h a: x", "2026-11-23T06:15:00Z", "message", "h|a|-|x"),
        ("2026-11-23T06:15:00-0800 h a: x", "2026-11-23T06:15:00-08:00", "message", "h|a|-|x"),
        // Cisco.
        (
            "12345: *Mar  1 00:00:01.123: %SYS-5-CONFIG_I: x", "2026-03-01T00:00:01.123+01:00", "guessed-year",
            "-|%SYS-5-CONFIG_I|-|x"
        ),
        (
            "12345: .Nov 23 06:15:00.123 UTC: %SYS-5-CONFIG_I: x", "2026-11-23T06:15:00.123Z", "guessed-year",
            "-|%SYS-5-CONFIG_I|-|x"
        ),
        (
            "000012: 000034: rtr1: Nov 23 06:15:00: %A-1-B: x", "2026-11-23T06:15:00+01:00", "guessed-year",
            "rtr1|%A-1-B|-|x"
        ),
        ("rtr1: *Nov 23 06:15:00: %A-1-B: x", "2026-11-23T06:15:00+01:00", "guessed-year", "rtr1|%A-1-B|-|x"),
        (": Nov 23 06:15:00: %A-1-B:x", "2026-11-23T06:15:00+01:00", "guessed-year", "-|%A-1-B|-|x"),
        (
            "Nov 23 2026 06:15:00: %ASA-6-302013: x", "2026-11-23T06:15:00+01:00", "configured-zone",
            "-|%ASA-6-302013|-|x"
        ),
        (
            "Nov 23 2026 06:15:00 asa1 : %ASA-6-302013: x", "2026-11-23T06:15:00+01:00", "configured-zone",
            "asa1|%ASA-6-302013|-|x"
        ),
        ("Nov 23 06:15:00 10.0.0.1: %SYS-5-X: x", "2026-11-23T06:15:00+01:00", "guessed-year", "10.0.0.1|%SYS-5-X|-|x"),
        ("12345: %SYS-5-CONFIG_I: x", "2026-11-23T06:20:00Z", "received", "-|%SYS-5-CONFIG_I|-|x"),
        ("12345: x", "2026-11-23T06:20:00Z", "received", "-|-|-|x"),
        // Cisco: two numbers around the name, no blanks, zones that only the device knows, a colon apart.
        (
            "30: foo: 6340004: *Mar  4 11:45:20: %SEC-6-IPACCESSLOGP: list", "2026-03-04T11:45:20+01:00",
            "guessed-year", "foo|%SEC-6-IPACCESSLOGP|-|list"
        ),
        (
            "45: router1: 000123: .Mar  1 00:00:29.123 UTC: %LINK-3-UPDOWN: x", "2026-03-01T00:00:29.123Z",
            "guessed-year", "router1|%LINK-3-UPDOWN|-|x"
        ),
        (
            "22191: foo: 022546: Mar  4 11:45:20.123 CDT: %PARSER-5-X: x", "2026-03-04T11:45:20.123-05:00",
            "guessed-year", "foo|%PARSER-5-X|-|x"
        ),
        (
            "45: 2001:db8::1: Nov 23 06:15:00: %A-1-B: x", "2026-11-23T06:15:00+01:00",
            "guessed-year", "2001:db8::1|%A-1-B|-|x"
        ),
        (
            "45: RP/0/RSP0/CPU0:Nov 23 06:15:00 : ifmgr[244]: %A-1-B : x", "2026-11-23T06:15:00+01:00",
            "guessed-year", "RP/0/RSP0/CPU0|ifmgr|244|%A-1-B : x"
        ),
        ("12:Nov 23 06:15:00: %A-1-B: x", "2026-11-23T06:15:00+01:00", "guessed-year", "-|%A-1-B|-|x"),
        (
            "12: *Jul  1 12:00:00.123 IST: %SYS-5-CONFIG_I: x", "2026-07-01T12:00:00.123+02:00",
            "guessed-year", "-|%SYS-5-CONFIG_I|-|x"
        ),
        ("12: Nov 23 2026 06:15:00 BST: %A-1-B: x", "2026-11-23T06:15:00+01:00", "configured-zone", "-|%A-1-B|-|x"),
        ("12: Nov 23 06:15:00 GMT+1: %A-1-B: x", "2026-11-23T06:15:00+01:00", "guessed-year", "-|%A-1-B|-|x"),
        ("12: Nov 23 06:15:00 SGT : %A-1-B: x", "2026-11-23T06:15:00+01:00", "guessed-year", "-|%A-1-B|-|x"),
        ("Nov 23 06:15:00 DST: %A-1-B: x", "2026-11-23T06:15:00+01:00", "guessed-year", "-|%A-1-B|-|x"),
        ("*Nov 23 06:15:00 IST: h a: x", "2026-11-23T06:15:00+01:00", "guessed-year", "h|a|-|x"),
        ("Nov 23 06:15:00 CRON: x", "2026-11-23T06:15:00+01:00", "guessed-year", "-|CRON|-|x"),
        ("Nov 23 06:15:00 ASA : %A-1-B: x", "2026-11-23T06:15:00+01:00", "guessed-year", "ASA|%A-1-B|-|x"),
        ("17: Nov 23 06:15:00 UTC : %A-1-B: x", "2026-11-23T06:15:00Z", "guessed-year", "-|%A-1-B|-|x"),
        (
            "23813: cucm-pub: Jul 05 2016 16:03:01.688 UTC : %UC-2-B: x", "2016-07-05T16:03:01.688Z",
            "message", "cucm-pub|%UC-2-B|-|x"
        ),
        ("Nov 23 06:15:00 : a message", "2026-11-23T06:15:00+01:00", "guessed-year", "-|-|-|a message"),
        ("Nov 23 06:15:00 :", "2026-11-23T06:15:00+01:00", "guessed-year", "-|-|-|"),
        ("Nov 23 06:15:00 h :", "2026-11-23T06:15:00+01:00", "guessed-year", "h|-|-|"),
        ("Nov 23 06:15:00 h : a message", "2026-11-23T06:15:00+01:00", "guessed-year", "h|-|-|a message"),
        (
            "Nov 23 06:15:00 apic1 %LOG-2-X [F0110] Node", "2026-11-23T06:15:00+01:00",
            "guessed-year", "apic1|%LOG-2-X|-|[F0110] Node"
        ),
        // AIX.
        (
            "Nov 23 06:15:00 Message forwarded from aix1: sshd[123]: x", "2026-11-23T06:15:00+01:00", "guessed-year",
            "aix1|sshd|123|x"
        ),
        ("Nov 23 06:15:00 forwarded from aix1: x y", "2026-11-23T06:15:00+01:00", "guessed-year", "aix1|x|-|y"),
        (
            "Nov 23 06:15:00 Message forwarded from aix1: last message repeated 3 times", "2026-11-23T06:15:00+01:00",
            "guessed-year", "aix1|-|-|last message repeated 3 times"
        ),
        (
            "Nov 23 06:15:00 relay1 Message forwarded from aix1: sshd[12]: x", "2026-11-23T06:15:00+01:00",
            "guessed-year", "aix1|sshd|12|x"
        ),
        (
            "Nov 23 06:15:00 h forwarded from aix1: x", "2026-11-23T06:15:00+01:00",
            "guessed-year", "h|forwarded|-|from aix1: x"
        ),
        // Host or not.
        ("Nov 23 06:15:00 tag: x", "2026-11-23T06:15:00+01:00", "guessed-year", "-|tag|-|x"),
        ("Nov 23 06:15:00 tag[1]: x", "2026-11-23T06:15:00+01:00", "guessed-year", "-|tag|1|x"),
        ("Nov 23 06:15:00 fe80::1%eth0 a: x", "2026-11-23T06:15:00+01:00", "guessed-year", "fe80::1%eth0|a|-|x"),
        ("Nov 23 06:15:00 2001:db8::1 a: x", "2026-11-23T06:15:00+01:00", "guessed-year", "2001:db8::1|a|-|x"),
        ("Nov 23 06:15:00 [2001:db8::1] a: x", "2026-11-23T06:15:00+01:00", "guessed-year", "[2001:db8::1]|a|-|x"),
        (
            "Nov 23 06:15:00 ::ffff:192.0.2.1 a: x", "2026-11-23T06:15:00+01:00", "guessed-year",
            "::ffff:192.0.2.1|a|-|x"
        ),
        ("Nov 23 06:15:00 a.b-c_d.example a: x", "2026-11-23T06:15:00+01:00", "guessed-year", "a.b-c_d.example|a|-|x"),
        ("Nov 23 06:15:00 it's text", "2026-11-23T06:15:00+01:00", "guessed-year", "-|-|-|it's text"),
        ("Nov 23 06:15:00 word", "2026-11-23T06:15:00+01:00", "guessed-year", "word|-|-|"),
        ("Nov 23 06:15:00 word ", "2026-11-23T06:15:00+01:00", "guessed-year", "word|-|-|"),
        ("Nov 23 06:15:00 - a: x", "2026-11-23T06:15:00+01:00", "guessed-year", "-|a|-|x"),
        ("Nov 23 06:15:00 - a x", "2026-11-23T06:15:00+01:00", "guessed-year", "-|-|-|- a x"),
        (
            "Nov 23 06:15:00 slot1/bigip1 notice tmsh[1]: x", "2026-11-23T06:15:00+01:00",
            "guessed-year", "slot1/bigip1|notice|-|tmsh[1]: x"
        ),
        ("Nov 23 06:15:00 10.0.0.1/h2 a: x", "2026-11-23T06:15:00+01:00", "guessed-year", "10.0.0.1/h2|a|-|x"),
        (
            "Nov 23 06:15:00 2026/11/23 06:15:00 x", "2026-11-23T06:15:00+01:00",
            "guessed-year", "-|-|-|2026/11/23 06:15:00 x"
        ),
        ("Nov 23 06:15:00", "2026-11-23T06:15:00+01:00", "guessed-year", "-|-|-|"),
        (
            "Nov 23 06:15:00 h last message repeated 3 times", "2026-11-23T06:15:00+01:00", "guessed-year",
            "h|-|-|last message repeated 3 times"
        ),
        (
            "Nov 23 06:15:00 last message repeated 3 times", "2026-11-23T06:15:00+01:00", "guessed-year",
            "-|-|-|last message repeated 3 times"
        ),
        (
            "Nov 23 06:15:00 h message repeated 3 times: [ x]", "2026-11-23T06:15:00+01:00", "guessed-year",
            "h|-|-|message repeated 3 times: [ x]"
        ),
        // Tags.
        ("Nov 23 06:15:00 h postfix/smtpd[12]: x", "2026-11-23T06:15:00+01:00", "guessed-year", "h|postfix/smtpd|12|x"),
        ("Nov 23 06:15:00 h (sd-pam)[12]: x", "2026-11-23T06:15:00+01:00", "guessed-year", "h|(sd-pam)|12|x"),
        ("Nov 23 06:15:00 h app[1] x", "2026-11-23T06:15:00+01:00", "guessed-year", "h|app|1|x"),
        ("Nov 23 06:15:00 h app[]: x", "2026-11-23T06:15:00+01:00", "guessed-year", "h|app|-|x"),
        (
            "Nov 23 06:15:00 h app something happened", "2026-11-23T06:15:00+01:00", "guessed-year",
            "h|app|-|something happened"
        ),
        ("Nov 23 06:15:00 h app", "2026-11-23T06:15:00+01:00", "guessed-year", "h|app|-|"),
        ("Nov 23 06:15:00 h app ", "2026-11-23T06:15:00+01:00", "guessed-year", "h|app|-|"),
        ("Nov 23 06:15:00 h tag:msgnum:3", "2026-11-23T06:15:00+01:00", "guessed-year", "h|tag|-|msgnum:3"),
        ("Nov 23 06:15:00 tag:x y", "2026-11-23T06:15:00+01:00", "guessed-year", "-|tag|-|x y"),
        (
            "Nov 23 06:15:00 h kernel:[12345.678901] foo", "2026-11-23T06:15:00+01:00",
            "guessed-year", "h|kernel|-|[12345.678901] foo"
        ),
        (
            "Nov 23 06:15:00 h CEF:0|Vendor|Product", "2026-11-23T06:15:00+01:00",
            "guessed-year", "h|CEF|-|0|Vendor|Product"
        ),
        ("Nov 23 06:15:00 h LEEF:1.0|V|P", "2026-11-23T06:15:00+01:00", "guessed-year", "h|LEEF|-|1.0|V|P"),
        ("Nov 23 06:15:00 h 06:15 x", "2026-11-23T06:15:00+01:00", "guessed-year", "h|-|-|06:15 x"),
        ("Nov 23 06:15:00 h 10.0.0.1:514 x", "2026-11-23T06:15:00+01:00", "guessed-year", "h|-|-|10.0.0.1:514 x"),
        ("Nov 23 06:15:00 h fd00:1::3 x", "2026-11-23T06:15:00+01:00", "guessed-year", "h|-|-|fd00:1::3 x"),
        ("Nov 23 06:15:00 h fd00:1::3: x", "2026-11-23T06:15:00+01:00", "guessed-year", "h|-|-|fd00:1::3: x"),
        ("Nov 23 06:15:00 h fe80::1%eth0 x", "2026-11-23T06:15:00+01:00", "guessed-year", "h|-|-|fe80::1%eth0 x"),
        ("Nov 23 06:15:00 h std::vector: x", "2026-11-23T06:15:00+01:00", "guessed-year", "h|-|-|std::vector: x"),
        ("Nov 23 06:15:00 h C:\\app.exe x", "2026-11-23T06:15:00+01:00", "guessed-year", "h|-|-|C:\\app.exe x"),
        ("Nov 23 06:15:00 h app:", "2026-11-23T06:15:00+01:00", "guessed-year", "h|app|-|"),
        ("Nov 23 06:15:00 h -: x", "2026-11-23T06:15:00+01:00", "guessed-year", "h|-|-|x"),
        ("Nov 23 06:15:00 h http://x/ y", "2026-11-23T06:15:00+01:00", "guessed-year", "h|-|-|http://x/ y"),
        ("Nov 23 06:15:00 h {\"a\": 1}", "2026-11-23T06:15:00+01:00", "guessed-year", "h|-|-|{\"a\": 1}"),
        ("Nov 23 06:15:00 h a=1 b=2", "2026-11-23T06:15:00+01:00", "guessed-year", "h|-|-|a=1 b=2"),
        ("Nov 23 06:15:00 h ERROR x", "2026-11-23T06:15:00+01:00", "guessed-year", "h|-|-|ERROR x"),
        ("Nov 23 06:15:00 h app[1 x", "2026-11-23T06:15:00+01:00", "guessed-year", "h|-|-|app[1 x"),
        // An application's own line.
        (
            "2026-11-23T06:15:00Z INF node connected", "2026-11-23T06:15:00Z", "message",
            "-|-|-|2026-11-23T06:15:00Z INF node connected"
        ),
        // No time.
        ("Nov 31 06:15:00 h a: x", "2026-11-23T06:20:00Z", "received", "h|a|-|x"),
        ("Feb 30 06:15:00 h a[1]: x", "2026-11-23T06:20:00Z", "received", "h|a|1|x"),
        ("Feb 29 2026 06:15:00 h a: x", "2026-11-23T06:20:00Z", "received", "h|a|-|x"),
        ("Nov 0 06:15:00 h a: x", "2026-11-23T06:20:00Z", "received", "h|a|-|x"),
        ("Nov 23 24:00:00 h a: x", "2026-11-23T06:20:00Z", "received", "h|a|-|x"),
        ("Nov 23 06:60:00 h a: x", "2026-11-23T06:20:00Z", "received", "h|a|-|x"),
        ("Nov 23 06:15:61 h a: x", "2026-11-23T06:20:00Z", "received", "h|a|-|x"),
        ("2026-02-30T06:15:00Z h a: x", "2026-11-23T06:20:00Z", "received", "h|a|-|x"),
        ("2026-11-23 24:00:00,5 h a: x", "2026-11-23T06:20:00Z", "received", "h|a|-|x"),
        ("2026-11-23T06:15:00+24:00 h a: x", "2026-11-23T06:20:00Z", "received", "h|a|-|x"),
        ("2026-02-30T06:15:00Z: %A-1-B: x", "2026-11-23T06:20:00Z", "received", "-|%A-1-B|-|x"),
        // No stamp.
        ("app: x", "2026-11-23T06:20:00Z", "received", "-|app|-|x"),
        ("a:b", "2026-11-23T06:20:00Z", "received", "-|a|-|b"),
        ("CEF:0|Vendor|Product", "2026-11-23T06:20:00Z", "received", "-|CEF|-|0|Vendor|Product"),
        ("app: 2026-11-23 06:15:00 x", "2026-11-23T06:20:00Z", "received", "-|app|-|2026-11-23 06:15:00 x"),
        ("foo: 12: x", "2026-11-23T06:20:00Z", "received", "-|foo|-|12: x"),
        ("0123456789ab[42]: x", "2026-11-23T06:20:00Z", "received", "-|0123456789ab|42|x"),
    ]

    static func berlin() throws -> TimeZoneRule { try TimeZoneRuleTests.berlin() }

    @Test(arguments: table)
    func reads(text: String, time: String, source: String, summary: String) throws {
        let parsed = Parsed("<13>" + text, zone: try Self.berlin())
        #expect(parsed.message.format == .rfc3164)
        #expect(parsed.time == time)
        #expect(parsed.message.timestampSource.rawValue == source)
        #expect(parsed.summary == summary)
    }

    /// With a stamp, the same holds without a PRI.
    @Test(arguments: table)
    func withoutPriority(text: String, time: String, source: String, summary: String) throws {
        let parsed = Parsed(text, zone: try Self.berlin())
        #expect(parsed.codes.contains("no-priority"))
        #expect(parsed.message.priority == .unknown)
        if parsed.message.timestampText == nil {
            #expect(source == "received")
            #expect(parsed.message.format == .raw)
            #expect(parsed.sequenceNumber == nil)
            #expect(parsed.text == text)
        } else {
            #expect(parsed.time == time)
            #expect(parsed.summary == summary)
        }
    }

    @Test(arguments: [
        "hello world", "Nov 23 06:15:00x h", "Nov 23 06:15:00.x h", "Fri", "Fri ", "Fri x", "Nov 23 06:15 h a: x",
        "Nov23 06:15:00 h", "Foo 23 06:15:00 h",
        "Nov", "Nov ", "Nov 23", "Nov 23 06:15:0",
        "2026-11-23T06:15:00Zx", "2026/11/23 06:15:00 http: x", "", " ", "*", "{\"level\":\"info\"}", "app[1",
        "http://x/ y", "06:15:00 x", "2026-11-23T06:15 x", "12:x", "\u{FEFF}x",
        "key=value: x",
    ])
    func raw(text: String) {
        let parsed = Parsed("<30>" + text)
        #expect(parsed.message.format == .raw)
        #expect(parsed.message.priority.value == 30)
        #expect(parsed.text == text)
        #expect(parsed.message.timestampSource == .received)
        #expect(parsed.message.timestamp == receivedAt)
    }

    @Test(arguments: [
        ("<>x", "<>x", 13, ["no-priority"]), ("<a>x", "<a>x", 13, ["no-priority"]), ("<1", "<1", 13, ["no-priority"]),
        ("<123456789>x", "<123456789>x", 13, ["no-priority"]),
        ("<999>x", "x", 13, ["priority-out-of-range"]), ("<00000014>x", "x", 14, ["priority-form"]),
        ("<014>x", "x", 14, ["priority-form"]),
        ("<0>x", "x", 0, []), ("<191>x", "x", 191, []), ("<9>x", "x", 9, []), ("<00>x", "x", 0, ["priority-form"]),
        (" <14>x", "x", 14, ["leading-octets"]),
        ("<-1>x", "<-1>x", 13, ["no-priority"]), ("", "", 13, ["no-priority"]),
    ])
    func priorities(text: String, message: String, value: UInt8, codes: [String]) {
        let parsed = Parsed(text)
        #expect(parsed.text == message)
        #expect(parsed.message.priority.value == value)
        #expect(parsed.codes == codes)
    }

    @Test func everyPriority() {
        for value in UInt8(0)...191 {
            let priority = Parsed("<\(value)>x").message.priority
            #expect(priority.value == value && priority == Priority(facility: Int(value) / 8, severity: Int(value) % 8))
        }
    }

    @Test func sequenceNumbersAndMarks() {
        let parsed = Parsed("<189>12345: *Nov 23 06:15:00: %A-1-B: x")
        #expect(parsed.sequenceNumber == "12345")
        #expect(parsed.codes == ["clock-not-synchronised", "no-hostname"])
        #expect(Parsed("<189>12345678901: x").sequenceNumber == nil)
        #expect(Parsed("<189>45: router1: 000123: *Nov 23 06:15:00: %A-1-B: x").sequenceNumber == "45")
        #expect(Parsed("<189>router1: 000123: *Nov 23 06:15:00: %A-1-B: x").sequenceNumber == "000123")
        let bare = Parsed("000123: *Nov 23 06:15:00: %A-1-B: x")
        #expect(bare.sequenceNumber == "000123")
        #expect(bare.codes == ["no-priority", "clock-not-synchronised", "no-hostname"])
        // Without a stamp, only the first number is taken away.
        let numbers = Parsed("<189>1: 2: 3: x")
        #expect(numbers.sequenceNumber == "1" && numbers.summary == "-|2|-|3: x")
    }

    @Test func problemsOfTime() {
        #expect(Parsed("<13>Dec 31 23:59:60 h a: x").codes == ["timestamp-leap-second"])
        #expect(Parsed("<13>2026-11-23T06:15:00.1234567Z h a: x").codes == ["timestamp-fraction-too-long"])
        #expect(Parsed("<13>a: x").codes == ["no-timestamp", "no-hostname"])
        let invalid = Parsed("<13>Nov 31 06:15:00 h a: x")
        #expect(invalid.codes == ["timestamp-invalid"] && invalid.timestampText == "Nov 31 06:15:00")
        #expect(Parsed("<13>*2026-02-30T06:15:00Z h a: x").codes == ["timestamp-invalid", "clock-not-synchronised"])
    }

    @Test func byteOrderMark() {
        for priority in ["", "<13>"] {
            let parsed = Parsed(priority + "\u{FEFF}Nov 23 06:15:00 h a: x")
            #expect(parsed.summary == "h|a|-|x")
            #expect(parsed.codes == (priority.isEmpty ? ["no-priority"] : []) + ["leading-octets"])
        }
        #expect(Parsed("<13>\u{FEFF}a: x").codes == ["leading-octets", "no-timestamp", "no-hostname"])
        #expect(Parsed("<13>Nov 23 06:15:00 h a: \u{FEFF}x").text == "\u{FEFF}x")
    }

    // MARK: - Years

    @Test(arguments: [
        ("Dec 31 23:59:58", "2027-01-01T00:00:05Z", "2026-12-31T23:59:58Z"),
        ("Jan  1 00:00:02", "2026-12-31T23:59:59Z", "2027-01-01T00:00:02Z"),
        ("Dec 31 23:59:58", "2026-12-31T23:59:59Z", "2026-12-31T23:59:58Z"),
        ("Jan  1 00:00:02", "2027-01-01T00:00:05Z", "2027-01-01T00:00:02Z"),
        ("Jun 15 12:00:00", "2026-01-01T00:00:00Z", "2025-06-15T12:00:00Z"),
        ("Aug 15 12:00:00", "2026-01-01T00:00:00Z", "2025-08-15T12:00:00Z"),
        ("Feb 29 12:00:00", "2024-03-01T00:00:00Z", "2024-02-29T12:00:00Z"),
        ("Feb 29 12:00:00", "2025-01-15T00:00:00Z", "2024-02-29T12:00:00Z"),
        ("Feb 29 12:00:00", "2023-12-31T00:00:00Z", "2020-02-29T12:00:00Z"),
        ("Feb 29 12:00:00", "2026-11-23T00:00:00Z", "2024-02-29T12:00:00Z"),
        ("Feb 28 12:00:00", "2026-11-23T00:00:00Z", "2026-02-28T12:00:00Z"),
        ("Dec 23 12:00:00", "2026-11-23T00:00:00Z", "2026-12-23T12:00:00Z"),
        ("Dec 25 12:00:00", "2026-11-23T00:00:00Z", "2025-12-25T12:00:00Z"),
        ("Jan  1 00:00:00", "0000-06-01T00:00:00Z", "0000-01-01T00:00:00Z"),
        ("Jan  1 00:00:00", "9999-12-31T00:00:00Z", "9999-01-01T00:00:00Z"),
    ])
    func guessedYear(stamp: String, received: String, expected: String) {
        let parsed = Parsed("<13>\(stamp) h a: x", at: Timestamp(rfc3339: received)!)
        #expect(parsed.time == expected)
        #expect(parsed.message.timestampSource == .guessedYear)
    }

    /// On the listener's clock the year has already changed.
    @Test func newYearOnTheListenersClock() {
        let zone = TimeZoneRule(offsetSeconds: 9 * 3600)
        let parsed = Parsed("<13>Jan  1 00:30:00 h a: x", at: Timestamp(rfc3339: "2026-12-31T15:30:05Z")!, zone: zone)
        #expect(parsed.time == "2027-01-01T00:30:00+09:00")
    }

    @Test func everyDayLiesInTheYearBeforeOrTheMonthAhead() {
        let now = Timestamp(rfc3339: "2026-11-23T06:20:00Z")!
        for day in 0..<365 {
            var guess = CivilTime(localSeconds: 1_767_225_600 + Int64(day) * 86_400)
            guess.year = YearGuess.year(for: guess, now, .utc)
            #expect(((now.seconds - 335 * 86_400)...(now.seconds + 31 * 86_400)).contains(guess.localSeconds))
        }
    }
}
