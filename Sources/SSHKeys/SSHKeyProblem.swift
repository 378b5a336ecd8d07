/// Why a private key can't be used.
public enum SSHKeyProblem: Error, Equatable {
    case noPrivateKey
    case publicKey
    case passphrase
    /// `what` is the kind of key or of file.
    case unsupported(_ what: String)
    case damaged
    case tooLarge(limit: Int)
}

extension SSHKeyProblem: CustomStringConvertible {
    /// Continues a sentence that names the key: "The ssh key 'x' can't be used: …"
    public var description: String {
        switch self {
        case .noPrivateKey: "it is no private key in OpenSSH's or PEM's form. Make one with ssh-keygen -t ed25519"
        case .publicKey: "it is a public key. Give the private one, the file of the same name without .pub"
        case .passphrase:
            "it has a passphrase, and nobody is there to type it. Make a key without one for builds "
                + "(ssh-keygen -t ed25519 -N '' -f build_key), or take it off a copy (cp KEY COPY; ssh-keygen -p -N '' -f COPY)"
        case .unsupported(let what): "\(what) can't be used here. Make a key with ssh-keygen -t ed25519"
        case .damaged: "it is damaged. See whether ssh-keygen -y -f KEY prints its public half"
        case .tooLarge(let limit): "it is larger than \(limit) bytes, which no key is"
        }
    }
}
