extension TemplateFunctions {
    mutating func addVersions() {
        add("semver", takes: 1) { call in .version(try call.version(0)) }
        add("semverCompare", takes: 2) { call in
            guard let constraint = VersionConstraint(try call.string(0).text) else {
                throw call.failure("can't read '\(try call.string(0).text.prefix(50))', which should be like '^1.2'")
            }
            return .bool(constraint.holds(for: try call.version(1)))
        }
    }
}

extension TemplateCall {
    fileprivate func version(_ index: Int) throws -> SemanticVersion {
        guard let version = SemanticVersion(try string(index).text) else {
            throw failure("finds no version such as '1.2.3' in '\(try string(index).text.prefix(50))'")
        }
        return version
    }
}
