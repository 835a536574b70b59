/** One Tidelog node: configuration, storage, roles, HTTP, metrics and logs. */
export { parseEndpoints, parseVoters, type Endpoint, type Voter } from './endpoints.ts';
export { supportedFeatures } from './features.ts';
export { formatNode, type FirstVoters } from './first-voters.ts';
export { createLogger, logLevelOf, type LoggingOptions, type ServerLogger } from './logging.ts';
export { MetricsRegistry } from './metrics-registry.ts';
export { nodeConfigOf, type NodeConfig } from './node-config.ts';
export { collectProperties, type Properties, type PropertySources } from './properties.ts';
export { formatStorage, openStorage, readIdentity, StorageError, type DirectoryIdentity } from './storage.ts';
export { TidelogNode, type NodeOptions } from './tidelog-node.ts';
