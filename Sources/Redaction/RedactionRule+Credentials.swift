// How the expressions are written:
//
// - Bytes, not characters, and `[^…]` never runs over LF, because a record has none.
// - A gate ends at a fixed place, soon after its literal: every occurrence is one hit.
// - Quotes may be escaped any number of times: `\\*"` is a quote with any backslashes before it.
// - Secrets do not contain `<`, so that `<redacted>` is not found again.

extension RedactionRule {
    static let credentials: [RedactionRule] = [
        headscaleKey, headscaleAuthID, tailscaleKey, noisePrivateKey, headscaleLegacyKey, privateKey, jsonWebToken,
        authorization,
        cookie, urlPassword, oidcParameter, pkceVerifier, queryParameter, passwordHash, namedSecret,
    ]

    // MARK: - Headscale and Tailscale

    private static let headscaleKey = RedactionRule(
        "headscale-key", .credentials,
        "Headscale pre-auth keys, API keys, OAuth secrets (hskey-auth-, -api-, -client-, -oauthtok-); the prefix stays",
        .secret(
            gates: #"hskey-(?:auth|api|client|oauthtok)-[A-Za-z0-9_-]"#,
            expression: #"hskey-(?:auth|api|client|oauthtok)-[A-Za-z0-9_-]{12}-(?P<secret>[A-Za-z0-9_-]+)"#),
        // A key of the wrong length, which has no prefix that could stay.
        .secret(
            gates: #"hskey-(?:auth|api|client|oauthtok)-[A-Za-z0-9_-]{12}[A-Za-z0-9_]"#,
            expression:
                #"hskey-(?:auth|api|client|oauthtok)-(?P<secret>[A-Za-z0-9_-]{12}[A-Za-z0-9_][A-Za-z0-9_-]*)"#))

    private static let headscaleAuthID = RedactionRule(
        "headscale-auth-id", .credentials,
        "ids of pending registrations and logins: hskey-authreq-, and what older versions had in their place",
        .secret(
            gates: #"hskey-authreq-[A-Za-z0-9_-]"#,
            expression: #"hskey-authreq-(?P<secret>[A-Za-z0-9_-]+)"#),
        .secret(
            gates:
                #"(?i)(?:(?:registration|auth)_id|using (?:key|auth id))[\\"' ]*[:=][\\"' ]*[a-z0-9_-]{24}(?:[^a-z0-9_-]|$)"#,
            expression:
                #"""
                (?i)(?:(?:registration|auth)_id|using (?:key|auth id))[\\"' ]*[:=][\\"' ]*(?P<secret>[a-z0-9_-]{24})\#
                (?:[^a-z0-9_-]|$)
                """#),
        .secret(
            gates: #"/register/(?:confirm/)?(?:mkey:|nodekey:)?[A-Za-z0-9_-]{16}"#,
            expression:
                #"""
                /register/(?:confirm/)?(?P<secret>(?:mkey:|nodekey:)[0-9a-f]{64}|[A-Za-z0-9_-]{24})\#
                (?:[^A-Za-z0-9_-]|$)
                """#))

    private static let tailscaleKey = RedactionRule(
        "tailscale-key", .credentials, "Tailscale keys (tskey-KIND-ID-SECRET); kind and id stay",
        .secret(
            gates: #"tskey-[A-Za-z0-9]"#,
            expression: #"tskey-[a-z]{2,7}-[A-Za-z0-9]+-(?P<secret>[A-Za-z0-9_-]+)"#),
        .secret(
            gates: #"tskey-[A-Za-z0-9]"#,
            expression: #"tskey-[A-Za-z0-9]{8,}-(?P<secret>[A-Za-z0-9_-]{8,})"#))

    private static let noisePrivateKey = RedactionRule(
        "noise-private-key", .credentials, "private keys of Headscale, Tailscale and DERP (privkey:HEX)",
        .secret(gates: #"privkey:[0-9a-fA-F]"#, expression: #"privkey:(?P<secret>[0-9a-fA-F]{8,})"#))

    private static let headscaleLegacyKey = RedactionRule(
        "headscale-legacy-key", .credentials,
        "keys of Headscale up to 0.27 (48 hex digits, or PREFIX.SECRET), where the text says that it is a key",
        // Not `mkey:`, `nodekey:` and `discokey:`, which are public.
        .secret(
            gates: #"(?i)(?:^|[^eom])key[\\"' \t:=]+[0-9a-f]{16}"#,
            expression: #"(?i)(?:^|[^eom])key[\\"' \t:=]+(?P<secret>[0-9a-f]{48})(?:[^0-9a-z]|$)"#),
        .secret(
            gates: #"(?i)(?:^|[^eom])key[\\"' \t:=]+[a-z0-9_-]{7,10}\.[a-z0-9_-]{8}"#,
            expression:
                #"""
                (?i)(?:^|[^eom])key[\\"' \t:=]+[a-z0-9_-]{7,10}\.(?P<secret>[a-z0-9_-]{32,43})(?:[^0-9a-z_-]|$)
                """#,
            random: true),
        .secret(
            gates: #"pre_auth_keys"#,
            expression: #"["'](?P<secret>[0-9a-f]{48})\\*["']"#))

    // MARK: - Keys and tokens

    private static let privateKey = RedactionRule(
        "private-key", .credentials, "PEM private keys, on one line, whole or cut off; the BEGIN and END marks stay",
        .secret(
            gates: #"-----BEGIN [A-Z0-9 ]*PRIVATE KEY"#,
            expression:
                #"-----BEGIN [A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?-----(?P<secret>[^<"']+?)(?:-----END|["'<]|$)"#))

    private static let jsonWebToken = RedactionRule(
        "jwt", .credentials, "JSON Web Tokens, signed or encrypted (RFC 7515, RFC 7516)",
        .secret(
            gates: #"eyJ[A-Za-z0-9_-]{8}"#,
            expression:
                #"""
                (?P<secret>eyJ[A-Za-z0-9_-]{8,}\.(?:[A-Za-z0-9_-]{4,}|\.[A-Za-z0-9_-]{4,})\#
                (?:\.[A-Za-z0-9_-]*){0,3})
                """#))

    private static let passwordHash = RedactionRule(
        "password-hash", .credentials, "bcrypt and Argon2 password hashes",
        .secret(
            gates: #"\$2[abxy]\$[0-9][0-9]\$"#,
            expression: #"\$2[abxy]\$[0-9]{2}\$(?P<secret>[./A-Za-z0-9]{20,})"#),
        .secret(
            gates: #"\$argon2"#,
            expression: #"\$argon2(?:id|i|d)\$(?P<secret>(?:[A-Za-z0-9+/=$.-]|,[a-z])+)"#))

    // MARK: - HTTP

    private static let authorization = RedactionRule(
        "authorization", .credentials,
        "Authorization and Proxy-Authorization in any quoting, and Bearer and Basic credentials anywhere",
        .value(
            gates: #"(?i)authorization[0-9\\"'\] \t]*[:=]"#,
            expression: #"(?i)authorization\\*["'`]?\]?[ \t]*(?::=|=>|[:=])(?P<secret>)"#, style: .credentials),
        .secret(
            gates: #"(?i)bearer[ \t]+[a-z0-9._~+/=-]{8}"#,
            expression: #"(?i)bearer[ \t]+(?P<secret>[a-z0-9._~+/=-]{8,})"#, random: true),
        .secret(
            gates: #"[Bb]asic [A-Za-z0-9+/]{8}"#,
            expression: #"[Bb]asic (?P<secret>[A-Za-z0-9+/]{8,}={0,2})"#, random: true))

    private static let cookie = RedactionRule(
        "cookie", .credentials, "Cookie and Set-Cookie in any quoting, and dumped cookie objects",
        .value(
            gates: #"(?i)cookie[0-9\\"'\] \t]*[:=]"#,
            expression: #"(?i)cookie\\*["'`]?\]?[ \t]*(?::=|=>|[:=])(?P<secret>)"#, style: .cookies),
        .value(
            gates: #"HttpOnly[\\"]+:"#,
            expression: #"\\*"Value\\*"[ \t]*:(?P<secret>)"#))

    private static let urlPassword = RedactionRule(
        "url-password", .credentials, "the password in scheme://user:password@host; the user stays",
        .secret(
            gates: #"://[^\s/"'<>@:]*:[^\s/"'<>?]*@"#, #":\\+/\\+/[^\s/"'<>@:]*:[^\s/"'<>?]*@"#,
            expression:
                #"[A-Za-z][A-Za-z0-9+.-]*:(?:\\*/){2}[^\s/"'<>@:]*:(?P<secret>[^\s/"'<>?]+)@"#))

    private static let oidcParameter = RedactionRule(
        "oidc-parameter", .credentials, "OpenID Connect state, nonce and code, where the value is long and random",
        .secret(
            gates: #"(?:state|nonce|code)[\\"' \t]*(?:=|:|%3[Dd])[\\"' \t]*[A-Za-z0-9_/-]{14}"#,
            expression:
                #"""
                (?:^|[^A-Za-z0-9]|%3F|%26|%3f|\\u0026)(?:state|nonce|code)\\*["']?[ \t]*(?:=|:|\#
                %3[Dd])[ \t]*\\*["']?(?P<secret>[A-Za-z0-9_/.~+-]{16,}=*)
                """#,
            minimum: 16, random: true))

    private static let pkceVerifier = RedactionRule(
        "pkce-verifier", .credentials, "PKCE verifiers, and the challenge where the method is plain (RFC 7636)",
        .secret(
            gates: #"code_challenge_method(?:=|%3[Dd])plain"#,
            expression:
                #"""
                code_challenge(?:=|%3[Dd])(?P<secret>[A-Za-z0-9_.~-]+)[^\s"']*?code_challenge_method(?:=|\#
                %3[Dd])plain
                """#),
        .secret(
            gates: #"code_verifier(?:=|%3[Dd])"#,
            expression: #"code_verifier(?:=|%3[Dd])(?P<secret>[A-Za-z0-9_.~-]+)"#))

    private static let queryParameter = RedactionRule(
        "query-parameter", .credentials, "secret parameters of URLs and forms: code, key, sig, session, assertion, …",
        .secret(
            gates: #"[?&;6](?:code|key|auth|sig|sid)="#,
            #"(?i)(?:signature|session|session_?id|ticket|assertion|samlresponse|samlrequest)="#,
            expression:
                #"""
                (?i)(?:[?&;]|\\u0026)(?:code|key|auth|sig|sid|(?:x-[a-z]+-)?signature|session|session_?id|\#
                ticket|(?:client_)?assertion|samlresponse|samlrequest)=(?P<secret>[^&\s"'<>\\;#]+)
                """#,
            minimum: 6),
        // Inside another parameter, percent-encoded.
        .secret(
            gates: #"(?i)(?:code|key|token|secret|password|sig)%3d"#,
            expression:
                #"""
                (?i)(?:code|key|token|secret|password|sig)%3d(?P<secret>(?:[^&\s"'<>\\;#%]|%\#
                (?:[013-9a-f][0-9a-f]|2[0-57-9a-f]))+)
                """#,
            minimum: 6))

    // MARK: - Anything that is called a secret

    private static let namedSecret = RedactionRule(
        "named-secret", .credentials,
        "values whose name ends in secret, token, password, passphrase, api key, auth key, private key, …",
        .value(
            gates: #"(?i)(?:secret|token|passwo?r?d|passphrase|passcode|pwd|psk|pass)[0-9\\"'\] \t]*[:=]"#,
            #"(?i)(?:i|h|s|ivate|ret|ed|ing|ion|er)[-_. ]?key[0-9\\"'\] \t]*[:=]"#,
            expression:
                #"""
                (?i)(?:secret|token|passw(?:or)?d|passphrase|passcode|(?:api|auth|access|private|secret|shared|\#
                signing|encryption|session|master)[-_. ]?key|(?:^|[^a-z])(?:pass|pwd|psk)|(?-i:[a-z](?:Pass|Pwd|\#
                PWD|Psk|PSK)))[0-9]{0,2}\\*["'`]?\]?[ \t]*(?::=|=>|[:=])(?P<secret>)
                """#
        ),
        // --password VALUE
        .value(
            gates: #"--[a-z-]*(?:secret|token|passw[or]*d|passphrase|key)[ \t]"#,
            expression:
                #"""
                --[a-z-]*(?:secret|token|passw(?:or)?d|passphrase|(?:api|auth|access|private)-?key)[ \t]+\#
                (?P<secret>)
                """#),
        // {"name":"DB_PASSWORD","value":"…"}
        .value(
            gates: #"(?i)(?:secret|token|passwo?r?d|api_?key)[\\"]+,[ \t]*[\\"]+value[\\"]+:"#,
            expression:
                #"(?i)(?:secret|token|passw(?:or)?d|api_?key)\\*",[ \t]*\\*"value\\*":(?P<secret>)"#))
}
