/** The Kafka wire protocol: messages, record batches, compression and error codes. */
export { ErrorCode, errorName, isRetriable, ProtocolError, refreshesMetadata, type ErrorName } from './errors.ts';
export {
  api,
  type Api,
  type ApiDeclaration,
  type RequestInputOf,
  type RequestOf,
  type ResponseInputOf,
  type ResponseOf,
  type VersionRange,
} from './schema/api.ts';
export * from './schema/field.ts';
export {
  data,
  Message,
  type Decoded,
  type DecodeLimits,
  type EncodeOf,
  type MessageDeclaration,
  type ValueOf,
} from './schema/message.ts';
