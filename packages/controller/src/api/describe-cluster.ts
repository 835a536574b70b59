/**
 * DescribeCluster v0-2 on a controller (KIP-919): the controllers, any of which answers. Brokers are not in it.
 */
import { handler, type RequestContext } from '@tidelog/net';
import { DescribeCluster, ErrorCode } from '@tidelog/protocol';
import { pipelined, type ControllerDeps } from './controller-deps.ts';

const EndpointType = { BROKER: 1, CONTROLLER: 2 } as const;

interface DescribedNode {
  readonly brokerId: number;
  readonly host: string;
  readonly port: number;
}

export const describeCluster = handler(
  DescribeCluster,
  [0, 2],
  (deps: ControllerDeps, { endpointType }, context) => {
    const { clusterId } = deps;
    if (endpointType !== EndpointType.CONTROLLER) {
      const errorCode =
        endpointType === EndpointType.BROKER ? ErrorCode.MISMATCHED_ENDPOINT_TYPE : ErrorCode.UNSUPPORTED_ENDPOINT_TYPE;
      const errorMessage = `A controller describes controllers only: endpoint type ${endpointType} is another.`;
      return { throttleTimeMs: 0, errorCode, errorMessage, endpointType, clusterId, controllerId: -1, brokers: [] };
    }
    const brokers = controllersOf(deps, context).map((node) => ({ ...node, rack: null, isFenced: false }));
    const controllerId = deps.quorum()?.leaderId ?? -1;
    return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, endpointType, clusterId, controllerId, brokers };
  },
  pipelined,
);

/** Those that registered, and the quorum's voters that have not. */
function controllersOf({ controller, quorum }: ControllerDeps, { listenerName }: RequestContext): DescribedNode[] {
  const nodes = new Map<number, DescribedNode>();
  for (const { id, endpoints } of quorum()?.voters ?? []) {
    const endpoint = endpoints.find(({ name }) => name === listenerName) ?? endpoints[0];
    if (endpoint !== undefined) nodes.set(id, { brokerId: id, host: endpoint.host, port: endpoint.port });
  }
  for (const { id, endpoints } of controller.image.cluster.controllers.values()) {
    const endpoint = endpoints.get(listenerName);
    if (endpoint !== undefined) nodes.set(id, { brokerId: id, host: endpoint.host, port: endpoint.port });
  }
  return [...nodes.values()];
}
