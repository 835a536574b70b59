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
export { Dispatcher, type AdvertisedFeatures, type DispatcherOptions, type FeatureRange } from './dispatcher.ts';
export { KafkaListener, type KafkaListenerOptions } from './kafka-listener.ts';
export { defaultNetworkLimits, type NetworkLimits } from './limits.ts';
export { Connection, type ConnectionOptions, type SendOptions, type VersionOf } from './connection.ts';
export { Connections, type ConnectionsOptions, type Endpoint } from './connections.ts';
export { NetworkError, type NetworkErrorCode } from './network-error.ts';
