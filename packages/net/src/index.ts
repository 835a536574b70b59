export {
  bind,
  handler,
  noResponse,
  type BoundHandler,
  type Handle,
  type Handler,
  type HandlerOptions,
  type NoResponse,
  type Reply,
  type VersionRange,
} from './handler.ts';
export type { RequestContext } from './request-context.ts';
export { Dispatcher, RefusedRequestError, type DispatcherOptions } from './dispatcher.ts';
export type { AdvertisedFeatures, FeatureRange } from './api-versions.ts';
export {
  KafkaListener,
  NetworkBudgets,
  type KafkaListenerOptions,
  type Secured,
  type SecureStep,
} from './kafka-listener.ts';
export { defaultNetworkLimits, type NetworkLimits } from './limits.ts';
export { Connection, type ConnectionOptions, type SendOptions } from './connection.ts';
export type { PeerVersions, VersionOf } from './peer-link.ts';
export { Connections, type ConnectionsOptions, type Endpoint } from './connections.ts';
export { NetworkError, type NetworkErrorCode } from './network-error.ts';
