import Foundation

/// Chosen by the environment, so that one program has all targets.
private let target: FuzzTarget = {
    let name = ProcessInfo.processInfo.environment["SLIPWAY_FUZZ_TARGET"] ?? ""
    guard let target = FuzzTarget(rawValue: name) else { fatalError("SLIPWAY_FUZZ_TARGET names no target") }
    return target
}()

/// Called by libFuzzer with each input it thinks of.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    if let problem = target.problem(with: Array(UnsafeBufferPointer(start: bytes, count: count))) {
        fatalError(problem)
    }
    return 0
}
