import TaskModel
import Testing

struct RunIDTests {
    @Test(arguments: [
        (Int64(1), "ca1"), (9, "ca9"), (10, "caa"), (35, "caz"), (36, "ca10"), (1296, "ca100"),
        (Int64.max, "ca1y2p0ij32e8e7"),
    ])
    func `an id is the run's number in base 36`(sequence: Int64, text: String) {
        #expect(RunID(sequence: sequence).text == text)
        #expect(RunID(text) == RunID(sequence: sequence))
    }

    @Test func `every id is a tag`() {
        for sequence in [Int64(1), 35, 36, 99_999, .max] {
            #expect(ImageReference.isTag(RunID(sequence: sequence).text))
        }
    }

    @Test(arguments: ["", "CA1", "ca-1", "ca/1", "../x", "ca1\n", "caé", String(repeating: "a", count: 33)])
    func `S12 what is no id is none`(text: String) {
        #expect(RunID(text) == nil)
    }
}
