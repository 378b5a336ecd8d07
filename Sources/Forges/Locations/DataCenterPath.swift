/// Where a repository of Bitbucket Data Center is: the key of its project (`~user` for a person's own) and its name.
///
/// `[/CONTEXT]/scm/KEY/NAME.git`, over ssh `/KEY/NAME.git`, as a page `/projects/KEY/repos/NAME` or `/users/USER/repos/NAME`.
struct DataCenterPath {
    /// What the server's own paths begin with.
    let context: [String]
    let key: String
    let name: String
    /// Whether the URL has a shape that no other forge's has.
    let isWhole: Bool

    init(_ url: GitURL) {
        let segments = url.segments
        if let mark = segments.lastIndex(where: { $0.lowercased() == "scm" }), segments.count == mark + 3 {
            (context, key, name) = (Array(segments[..<mark]), segments[mark + 1], segments[mark + 2])
            isWhole = true
        } else if let mark = segments.firstIndex(where: { ["projects", "users"].contains($0.lowercased()) }),
            segments.count >= mark + 4, segments[mark + 2].lowercased() == "repos"
        {
            let isPerson = segments[mark].lowercased() == "users"
            (context, key, name) = (
                Array(segments[..<mark]), (isPerson ? "~" : "") + segments[mark + 1], segments[mark + 3]
            )
            isWhole = true
        } else {
            (context, key, name) = ([], segments.dropLast().last ?? "", segments.last ?? "")
            isWhole = false
        }
    }

    var path: [String] { [key, name] }
}
