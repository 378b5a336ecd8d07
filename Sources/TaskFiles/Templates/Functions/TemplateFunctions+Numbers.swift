import Foundation

/// Whole numbers have 64 bits and no end: after the greatest comes the least, as in Go.
extension TemplateFunctions {
    mutating func addNumbers() {
        add("int", takes: 1) { call in .int(call.number(0)) }
        add("int64", takes: 1) { call in .int64(call.number(0)) }
        add("float64", takes: 1) { call in .double(GoNumber.double(from: call.arguments[0])) }
        add("atoi", takes: 1) { call in .int(GoNumber.int(try call.string(0), base: 10) ?? 0) }
        add("toDecimal", takes: 1) { call in .int64(GoNumber.int(try call.text(0), base: 8) ?? 0) }
        add("add1", takes: 1) { call in .int64(call.number(0) &+ 1) }
        add("add", takes: 0...) { call in .int64(call.numbers.reduce(0, &+)) }
        add("sub", takes: 2) { call in .int64(call.number(0) &- call.number(1)) }
        add("mul", takes: 1...) { call in .int64(call.numbers.reduce(1, &*)) }
        add("div", takes: 2) { call in
            let (one, two) = try call.divided()
            return .int64(one.dividedReportingOverflow(by: two).partialValue)
        }
        add("mod", takes: 2) { call in
            let (one, two) = try call.divided()
            return .int64(one.remainderReportingOverflow(dividingBy: two).partialValue)
        }
        add("max", "biggest", takes: 1...) { call in .int64(call.numbers.max() ?? 0) }
        add("min", takes: 1...) { call in .int64(call.numbers.min() ?? 0) }
        add("maxf", takes: 1...) { call in
            .double(call.doubles.reduce(-.infinity) { $0.isNaN || $1.isNaN ? .nan : max($0, $1) })
        }
        add("minf", takes: 1...) { call in
            .double(call.doubles.reduce(.infinity) { $0.isNaN || $1.isNaN ? .nan : min($0, $1) })
        }
        add("ceil", takes: 1) { call in .double(GoNumber.double(from: call.arguments[0]).rounded(.up)) }
        add("floor", takes: 1) { call in .double(GoNumber.double(from: call.arguments[0]).rounded(.down)) }
        add("round", takes: 2...) { call in
            let least = call.count > 2 ? try call.double(2) : 0.5
            let unit = pow(10, Double(try call.int(1)))
            let scaled = unit * GoNumber.double(from: call.arguments[0])
            let fraction = scaled - scaled.rounded(.towardZero)
            return .double(scaled.rounded(fraction >= least ? .up : .down) / unit)
        }
    }
}

extension TemplateCall {
    fileprivate func number(_ index: Int) -> Int { GoNumber.int(from: arguments[index]) }
    fileprivate var numbers: [Int] { arguments.map { GoNumber.int(from: $0) } }
    fileprivate var doubles: [Double] { arguments.map { GoNumber.double(from: $0) } }

    fileprivate func divided() throws -> (Int, Int) {
        guard number(1) != 0 else { throw failure("divides by zero") }
        return (number(0), number(1))
    }
}
