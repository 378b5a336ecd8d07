/// A part of a template that shows or does something.
struct TemplateNode {
    indirect enum Kind {
        case text(Range<Int>)
        /// Shown, unless it sets variables.
        case action(TemplatePipeline)
        /// The first branch whose pipeline is true; `with` makes that value the dot.
        case branches([Branch], otherwise: [TemplateNode]?, setsDot: Bool)
        case range(TemplatePipeline, body: [TemplateNode], otherwise: [TemplateNode]?)
        case template(name: ByteString, TemplatePipeline?)
        case stop, skip
    }

    struct Branch {
        let pipeline: TemplatePipeline
        let body: [TemplateNode]
    }

    /// In the template, in bytes.
    let offset: Int
    let kind: Kind
}

/// `$x := first | second`
struct TemplatePipeline {
    let offset: Int
    /// Where in the frame the variables are that it sets.
    let variables: [Int]
    let commands: [TemplateCommand]
}

/// An operand, or a function with its arguments.
struct TemplateCommand {
    let offset: Int
    /// Never empty.
    let operands: [TemplateOperand]
}

struct TemplateOperand {
    indirect enum Kind {
        case dot
        case null
        case constant(GoValue)
        /// By its place in the frame; 0 is `$`.
        case variable(Int)
        case function(TemplateFunction)
        case pipeline(TemplatePipeline)
    }

    let offset: Int
    let kind: Kind
    /// What is asked of the value, as in `.Run.ID`.
    let fields: [ByteString]
}

/// A template with those that it defines.
struct TemplateTree {
    let text: ByteString
    let root: [TemplateNode]
    let definitions: [ByteString: [TemplateNode]]
}
