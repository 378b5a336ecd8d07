import Foundation
import Glibc

/// What we write to, and whether somebody looks at it.
enum Terminal {
    static var isErrorInteractive: Bool { isatty(STDERR_FILENO) == 1 }
    static var isInputInteractive: Bool { isatty(STDIN_FILENO) == 1 }
    static var isOutputInteractive: Bool { isatty(STDOUT_FILENO) == 1 }

    /// How wide the terminal is that results go to; nil if they go to none.
    static var columns: Int? {
        var size = winsize()
        guard isOutputInteractive, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
            return nil
        }
        return Int(size.ws_col)
    }

    /// Whether results may be coloured: not when refused by option or `NO_COLOR`, not when they go to no terminal.
    static func isColorWanted(unless isRefused: Bool) -> Bool {
        let environment = ProcessInfo.processInfo.environment["NO_COLOR"] ?? ""
        return !isRefused && environment.isEmpty && isOutputInteractive
    }

    /// A line for people, on standard error.
    static func say(_ line: String) {
        write(Array((line + "\n").utf8), to: STDERR_FILENO)
    }

    /// Text without a line end on standard error, for prompts and progress.
    static func show(_ text: String) {
        write(Array(text.utf8), to: STDERR_FILENO)
    }

    /// Reads a line from the terminal without showing it.
    static func ask(_ prompt: String) -> [UInt8] {
        var settings = termios()
        tcgetattr(STDIN_FILENO, &settings)
        var silent = settings
        silent.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
        defer {
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings)
            say("")
        }
        show(prompt)
        return Array((readLine() ?? "").utf8)
    }

    static func print(_ line: String) {
        write(Array((line + "\n").utf8), to: STDOUT_FILENO)
    }

    /// Writes everything. When nobody reads any more, as behind `head`, the program ends quietly.
    static func write(_ bytes: [UInt8], to descriptor: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if written < 0, errno == EINTR || errno == EAGAIN { continue }
            if written < 0, errno == EPIPE { _exit(ExitStatus.failed.rawValue) }
            guard written > 0 else { return }
            rest = rest.dropFirst(written)
        }
    }
}
