/// The names of functions that templates of ACR Tasks have: Go's own and those of the Sprig library, version 2.22.
enum TemplateFunctions {
    /// Those that are left out on purpose are not here: `env`, `expandenv` and `getHostByName` tell of the agent.
    static let names: Set<String> = Set(
        """
        and call html index slice js len not or print printf println urlquery eq ge gt le lt ne
        date date_in_zone date_modify now htmlDate htmlDateInZone dateInZone dateModify ago toDate unixEpoch
        must_date_modify mustDateModify mustToDate duration durationRound
        abbrev abbrevboth trunc trim upper lower title untitle substr repeat trimall trimAll trimSuffix trimPrefix nospace
        initials randAlphaNum randAlpha randAscii randNumeric swapcase shuffle snakecase camelcase kebabcase wrap wrapWith
        contains hasPrefix hasSuffix quote squote cat indent nindent replace plural sha1sum sha256sum adler32sum toString
        atoi int64 int float64 toDecimal split splitList splitn toStrings until untilStep add1 add sub div mod mul max min
        biggest ceil floor round join sortAlpha default empty coalesce compact mustCompact deepEqual ternary toJson
        toPrettyJson mustToJson mustToPrettyJson
        typeOf typeIs typeIsLike kindOf kindIs base dir clean ext isAbs b64enc b64dec b32enc b32dec tuple list dict get
        set unset hasKey pluck keys pick omit merge mergeOverwrite mustMerge mustMergeOverwrite values append push
        mustAppend mustPush prepend mustPrepend first mustFirst rest mustRest last mustLast initial mustInitial reverse
        mustReverse uniq mustUniq without mustWithout has mustHas mustSlice concat dig chunk
        genPrivateKey derivePassword buildCustomCert genCA genSelfSignedCert genSignedCert encryptAES decryptAES htpasswd
        bcrypt uuidv4 semver semverCompare fail regexMatch mustRegexMatch regexFindAll mustRegexFindAll regexFind
        mustRegexFind regexReplaceAll mustRegexReplaceAll regexReplaceAllLiteral mustRegexReplaceAllLiteral regexSplit
        mustRegexSplit urlParse urlJoin hello seq
        """.split { $0.isWhitespace }.map(String.init))
}
