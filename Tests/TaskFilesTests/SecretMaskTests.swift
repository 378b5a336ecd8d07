import TaskModel
import Testing

@testable import TaskFiles

struct SecretMaskTests {
    private let mask = SecretMask([Secret("hunter2"), Secret("hunter"), Secret("abc"), Secret("first\nsecond\r\nx")])

    @Test(arguments: [
        ("hunter2 hunter hunte", "*** *** hunte"), ("abc", "abc"), ("first", "***"), ("a second x", "a *** x"),
        ("first\nsecond\r\nx", "***"), ("hunter2hunter2", "******"), ("", ""), ("ähunter2ö", "ä***ö"),
    ])
    func `whole values and their lines become stars`(text: String, expected: String) {
        #expect(mask.masked(text) == expected)
    }

    @Test func `an error keeps its code and its place`() {
        let error = TaskFileError(.commandSyntax, at: TextPlace(line: 1, column: 2), "'hunter2' is wrong")

        #expect(
            mask.masked(error) == TaskFileError(.commandSyntax, at: TextPlace(line: 1, column: 2), "'***' is wrong"))
    }
}
