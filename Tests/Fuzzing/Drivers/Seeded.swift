import Foundation
import Glibc

/// Takes libFuzzer's place where the toolchain has none: changes the inputs of a folder at random, from a seed.
///
///     fuzz TARGET SECONDS SEED FOLDER
///
/// An input under which the process ends is left in `crash-TARGET`, beside where it was started.
@main
enum Seeded {
    static func main() throws {
        let words = CommandLine.arguments
        guard words.count == 5, let target = FuzzTarget(rawValue: words[1]), let seconds = Int64(words[2]),
            let seed = UInt64(words[3])
        else { fatalError("usage: fuzz TARGET SECONDS SEED FOLDER") }
        let folder = URL(filePath: words[4])
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path())
        let inputs = try names.sorted().map { Array(try Data(contentsOf: folder.appending(path: $0))) } + [[]]
        var random = SplitMix(state: seed)
        let clock = ContinuousClock()
        let end = clock.now + .seconds(seconds)
        var count = 0
        while clock.now < end {
            let input = changed(inputs, target.maxBytes, &random)
            try Data(input).write(to: URL(filePath: "crash-\(target.rawValue)"))
            let start = clock.now
            if let problem = target.problem(with: input) { fatalError(problem) }
            if clock.now - start > .seconds(1) { fatalError("it took \(clock.now - start)") }
            var usage = rusage()
            if getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0, usage.ru_maxrss > 512 * 1024 {
                fatalError("it took \(usage.ru_maxrss / 1024) MiB of memory")
            }
            count += 1
        }
        try FileManager.default.removeItem(atPath: "crash-\(target.rawValue)")
        print("\(target.rawValue): \(count) inputs, seed \(seed)")
    }

    /// One input, or the beginning of one and the end of another, with some bytes changed, put in, repeated or left out.
    private static func changed(_ inputs: [[UInt8]], _ maxBytes: Int, _ random: inout SplitMix) -> [UInt8] {
        func any() -> [UInt8] { inputs[Int.random(in: 0..<inputs.count, using: &random)] }
        var bytes = any()
        if Bool.random(using: &random) {
            bytes =
                Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &random))) + any().dropFirst(bytes.count / 2)
        }
        for _ in 0..<Int.random(in: 1...12, using: &random) {
            let place = Int.random(in: 0...bytes.count, using: &random)
            let length = min(Int.random(in: 1...16, using: &random), bytes.count - place)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
            case 1: bytes.insert(contentsOf: bytes[place..<(place + length)], at: place)
            case 2: bytes.removeSubrange(place..<(place + length))
            default: if place < bytes.count { bytes[place] = UInt8.random(in: 0...255, using: &random) }
            }
        }
        return Array(bytes.prefix(maxBytes))
    }
}

/// The same numbers from the same seed.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
        return value ^ value >> 31
    }
}
