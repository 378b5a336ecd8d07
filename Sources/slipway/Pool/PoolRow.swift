import ResourceAPI

/// A pool in a table, with the columns of `az acr agentpool list`.
enum PoolRow {
    static let columns = ["NAME", "COUNT", "TIER", "STATE", "VNET", "OS"]

    static func cells(of pool: AgentPoolResource) -> [String] {
        let properties = pool.properties ?? AgentPoolProperties()
        return [
            pool.name, properties.count.map(String.init) ?? "", properties.tier ?? "",
            properties.provisioningState ?? "", properties.virtualNetworkSubnetResourceId ?? "", properties.os ?? "",
        ]
    }
}

extension AgentPoolResource {
    /// The pool with its properties at the top, as the Azure CLI shows it.
    func flattened() throws -> JSONDocument {
        guard case .object(var fields) = try JSONDocument(of: self) else { return .null }
        if case .object(let properties)? = fields.removeValue(forKey: "properties") {
            fields.merge(properties) { outer, _ in outer }
        }
        return .object(fields)
    }
}

extension Output {
    func write(_ pool: AgentPoolResource) throws {
        try write(columns: PoolRow.columns, rows: [PoolRow.cells(of: pool)], json: try pool.flattened())
    }
}
