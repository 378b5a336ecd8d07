import CurlHTTP
import Distribution
import Scheduling
import TaskModel

extension ServerConfiguration {
    /// A client of others, as the server is one: with its name, the certificates that it trusts and its proxy.
    ///
    /// - Parameter addresses: those that it may connect to.
    /// - Throws: ``FileError`` naming the file with certificates that can't be read.
    func client(for addresses: AddressPolicy) throws(FileError) -> HTTPClient {
        var settings = HTTPClient.Configuration()
        settings.userAgent = "slipway/" + SlipwayServer.version
        settings.trustedCertificates = try TrustedCertificates.bundle(extra: tls.extraCertificates)
        settings.addressPolicy = addresses
        settings.proxy = proxy
        return HTTPClient(settings)
    }

    /// A client of registries.
    func registryClient(over http: HTTPClient) -> RegistryClient {
        RegistryClient(
            http: http, realms: RealmPolicy(allowedOrigins: Set(tokenRealms)), endpoints: RegistryEndpoints(registries))
    }
}
