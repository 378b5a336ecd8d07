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

extension Output {
    func write(_ pool: AgentPoolResource) throws {
        try write(columns: PoolRow.columns, rows: [PoolRow.cells(of: pool)], json: try JSONDocument(flattening: pool))
    }
}
