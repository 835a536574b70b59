/**
 * Envelope v0 (KIP-590): a broker hands on what a client asked, with who the client is and where it came from. The
 * request inside goes through the same dispatch as one that came by itself, and its whole answer goes back inside.
 *
 * Refuses envelopes that no broker sent, requests that are not for forwarding, and principals that cannot be read.
 */
import { Chunks, type Clock } from '@tidelog/core';
import { bind, handler, type BoundHandler, type Dispatcher, type RequestContext } from '@tidelog/net';
import { apiByKey, DefaultPrincipalData, Envelope, ErrorCode, ProtocolError, type RequestOf } from '@tidelog/protocol';
import type { ControllerDeps } from './controller-deps.ts';
import { pipelined } from './controller-deps.ts';

export interface EnvelopeDeps {
  readonly controller: ControllerDeps['controller'];
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
}

interface Answer {
  readonly responseData: Buffer | null;
  readonly errorCode: ErrorCode;
}

/** What a broker listener takes and the controller decides. */
const forwardable: ReadonlySet<string> = new Set([
  'CreateTopics',
  'DeleteTopics',
  'CreatePartitions',
  'AlterConfigs',
  'IncrementalAlterConfigs',
  'AlterPartitionReassignments',
  'ListPartitionReassignments',
  'ElectLeaders',
  'UpdateFeatures',
  'UnregisterBroker',
  'AlterClientQuotas',
  'AlterUserScramCredentials',
  'CreateAcls',
  'DeleteAcls',
  'CreateDelegationToken',
  'RenewDelegationToken',
  'ExpireDelegationToken',
  'DescribeQuorum',
  'AddRaftVoter',
  'RemoveRaftVoter',
]);
/**
 * What the quorum does by itself, and answers when it is committed: a leader that removed itself answers, and leads no
 * more. To ask the next one would remove a voter twice, whom somebody may have added again meanwhile.
 */
const doneWithTheAnswer: ReadonlySet<string> = new Set(['AddRaftVoter', 'RemoveRaftVoter']);
const requestMinBytes = 8;
/** A response begins with its length, which the envelope says in its own way. */
const lengthBytes = 4;

const envelope = handler(
  Envelope,
  [0, 0],
  async (deps: EnvelopeDeps, request, context): Promise<Answer> => {
    const { controller } = deps;
    if (!context.isPrivileged) return refused(ErrorCode.CLUSTER_AUTHORIZATION_FAILED);
    const activation = controller.activation();
    if (activation !== undefined) await activation;
    const epoch = controller.activeEpoch;
    if (epoch === undefined) return refused(ErrorCode.NOT_CONTROLLER);
    const answer = await open(deps, request, context);
    if (controller.activeEpoch === epoch || doneWithTheAnswer.has(nameOf(request) ?? '')) return answer;
    // Whoever forwards tries again at the next controller rather than telling the client.
    return refused(ErrorCode.NOT_CONTROLLER);
  },
  pipelined,
);

export function envelopeHandler(deps: EnvelopeDeps): BoundHandler {
  return bind(envelope, deps);
}

function refused(errorCode: ErrorCode): Answer {
  return { responseData: null, errorCode };
}

type EnvelopeRequest = RequestOf<typeof Envelope>;

/** Of the request inside. */
function nameOf({ requestData }: EnvelopeRequest): string | undefined {
  return requestData.length < requestMinBytes ? undefined : apiByKey(requestData.readInt16BE(0))?.name;
}

async function open(deps: EnvelopeDeps, request: EnvelopeRequest, context: RequestContext): Promise<Answer> {
  const principal = principalOf(request.requestPrincipal);
  if (principal === undefined) return refused(ErrorCode.PRINCIPAL_DESERIALIZATION_FAILURE);
  const remoteAddress = addressOf(request.clientHostAddress);
  if (remoteAddress === undefined || !forwardable.has(nameOf(request) ?? '')) return refused(ErrorCode.INVALID_REQUEST);
  return dispatch(deps, request.requestData, { principal, remoteAddress, context });
}

interface Sender {
  readonly principal: string;
  readonly remoteAddress: string;
  /** Of the envelope. */
  readonly context: RequestContext;
}

function dispatch({ dispatcher, clock }: EnvelopeDeps, requestData: Buffer, sender: Sender): Promise<Answer> {
  const { principal, remoteAddress, context } = sender;
  const { connectionId, listenerName } = context;
  return new Promise((resolve) => {
    const owner = {
      peer: { connectionId, listenerName, remoteAddress, principal, isPrivileged: false },
      get closed() {
        return context.closed;
      },
      onDisconnect: (callback: () => void) => context.onDisconnect(callback),
      onCallDone: () => {
        const responseData = Buffer.concat(call.response).subarray(lengthBytes);
        resolve({ responseData, errorCode: ErrorCode.NONE });
      },
      onCallFailed: (_call: unknown, stage: string) =>
        resolve(refused(stage === 'decode' ? ErrorCode.INVALID_REQUEST : ErrorCode.UNKNOWN_SERVER_ERROR)),
    };
    let call: ReturnType<Dispatcher['open']>;
    try {
      call = dispatcher.open(Chunks.of(requestData), owner, context.receivedAt);
    } catch {
      // Its header is broken, or its version is not served here.
      resolve(refused(ErrorCode.UNSUPPORTED_VERSION));
      return;
    }
    context.onClose(() => {
      call.abandon();
      resolve(refused(ErrorCode.REQUEST_TIMED_OUT));
    });
    call.start(clock.monotonic());
  });
}

/** A version and Kafka's DefaultPrincipalData, as `User:alice`. */
function principalOf(bytes: Buffer | null): string | undefined {
  if (bytes === null || bytes.length < 2) return undefined;
  try {
    const { type, name } = DefaultPrincipalData.decode(Chunks.of(bytes), bytes.readInt16BE(0), 2);
    return `${type}:${name}`;
  } catch (error) {
    if (error instanceof ProtocolError || error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Four or sixteen bytes, as Java's InetAddress has them. */
function addressOf(bytes: Buffer): string | undefined {
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length !== 16) return undefined;
  const groups = Array.from({ length: 8 }, (_, group) => bytes.readUInt16BE(group * 2).toString(16));
  return groups.join(':');
}
