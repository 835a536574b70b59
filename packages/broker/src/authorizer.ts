/**
 * The seam where permission is asked for. A handler names what is about to be done to what; an authorizer answers.
 * Without one configured everything is allowed, as in Kafka. Resource and operation names are Kafka's.
 */
export type Operation =
  | 'READ'
  | 'WRITE'
  | 'CREATE'
  | 'DELETE'
  | 'ALTER'
  | 'DESCRIBE'
  | 'CLUSTER_ACTION'
  | 'DESCRIBE_CONFIGS'
  | 'ALTER_CONFIGS'
  | 'IDEMPOTENT_WRITE'
  | 'CREATE_TOKENS'
  | 'DESCRIBE_TOKENS'
  | 'TWO_PHASE_COMMIT';

export type ResourceType = 'TOPIC' | 'GROUP' | 'CLUSTER' | 'TRANSACTIONAL_ID' | 'DELEGATION_TOKEN' | 'USER';

export interface Resource {
  readonly type: ResourceType;
  readonly name: string;
}

/** What an authorizer may know of a request; net's RequestContext has all of it. */
export interface AuthorizationContext {
  readonly principal: unknown;
  readonly remoteAddress: string;
  readonly listenerName: string;
}

export interface Authorizer {
  /** True when everything is allowed to everyone: lets a hot path skip the questions. */
  readonly allowsAll: boolean;
  authorize(context: AuthorizationContext, operation: Operation, resource: Resource): boolean;
  /** Whether the operation is allowed on any resource of the type at all. */
  authorizeAny(context: AuthorizationContext, operation: Operation, type: ResourceType): boolean;
}

export const clusterResource: Resource = { type: 'CLUSTER', name: 'kafka-cluster' };

/** What a broker without `authorizer.class.name` uses. */
export const allowAll: Authorizer = { allowsAll: true, authorize: () => true, authorizeAny: () => true };
