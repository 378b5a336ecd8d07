/// The files of a git context by their index, out of the object database.
struct GitContents: RandomContents {
    let mounts: [[UInt8]: GitMount]
    let made: MadeGitDirectory?
    /// By the index of the item; nil for what is no file of a commit.
    let files: [GitFile?]
    /// By the index of the item.
    let paths: [EntryPath]

    func open() -> GitTree { GitTree(mounts: mounts) }

    func read(_ index: Int, from tree: GitTree, _ visit: (any EntryContent) throws -> Void) throws {
        if let file = files[index] { return try visit(try tree.read(file)) }
        guard let made else { return try visit(NoContent()) }
        try FolderTree(root: made.path, counter: .init(), onNotice: nil).read(paths[index], visit)
    }
}

/// What stands for the content of a file while a git context is listed.
struct DescribedGitFile: EntryContent {
    let file: GitFile
    let id: ContentID

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int { 0 }
}
