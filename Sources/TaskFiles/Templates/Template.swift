/// Fills variables of a run, and values given for it, into image names, log templates and task files: `app:{{.Run.ID}}`.
///
/// The language is that of Go's `text/template` with the functions of Sprig, as in ACR Tasks, but for a few functions
/// that are refused by name. However a template is written, rendering it ends soon: it may take only so many steps.
public enum Template {
    /// The most that may come out of a template, in bytes: short ones can make long texts.
    static let maxBytes = 4 << 20

    /// Renders a template, with variables of the run alone.
    ///
    /// - Throws: ``TemplateError``; also when nothing comes out of a text that was not empty.
    public static func render(_ text: String, with run: RunVariables) throws(TemplateError) -> String {
        try render(text, with: TemplateData(run: run))
    }

    /// Renders a template.
    ///
    /// A name that does not exist renders as nothing, as in ACR Tasks; a field of it is an error.
    ///
    /// - Throws: ``TemplateError``; also when nothing comes out of a text that was not empty.
    public static func render(_ text: String, with data: TemplateData) throws(TemplateError) -> String {
        guard text.contains("{{") else { return text }
        let result: ByteString
        do {
            let work = TemplateWork()
            let tree = try TemplateParser.parse(ByteString(text), work)
            result = try TemplateEvaluator.run(tree, with: try data.value(work), work)
        } catch let failure as TemplateFailure {
            throw TemplateError(failure, template: text)
        } catch {
            throw .evaluation(template: text, at: nil, reason: "\(error)")
        }
        guard !result.isEmpty || text.isEmpty else { throw .empty(template: text) }
        return result.text
    }
}
