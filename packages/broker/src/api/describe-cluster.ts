/** DescribeCluster v0-2 on a broker listener: the brokers as this listener's clients reach them. */
import type { MetadataImage } from '@tidelog/metadata';
import { handler } from '@tidelog/net';
import { DescribeCluster, ErrorCode } from '@tidelog/protocol';
import { addressOf, reachableBrokers } from '../cluster-view.ts';

export interface DescribeClusterDeps {
  readonly clusterId: string;
  readonly image: () => MetadataImage;
  readonly pick: (count: number) => number;
}

const brokerEndpoints = 1;

export const describeCluster = handler(DescribeCluster, [0, 2], (deps: DescribeClusterDeps, request, context) => {
  const { clusterId } = deps;
  const empty = { throttleTimeMs: 0, clusterId, brokers: [] };
  if (request.endpointType !== brokerEndpoints) {
    const errorCode = ErrorCode.MISMATCHED_ENDPOINT_TYPE;
    return {
      ...empty,
      errorCode,
      errorMessage: 'This is a broker listener: ask a controller listener for controllers.',
    };
  }
  const image = deps.image();
  const reachable = reachableBrokers(image, context.listenerName);
  const brokers = reachable.map(({ nodeId, host, port, rack }) => ({
    brokerId: nodeId,
    host,
    port,
    rack,
    isFenced: false,
  }));
  if (request.includeFencedBrokers) {
    for (const broker of image.cluster.brokers.values()) {
      const address = addressOf(broker, context.listenerName);
      if (!broker.fenced || address === undefined) continue;
      brokers.push({ brokerId: broker.id, host: address.host, port: address.port, rack: broker.rack, isFenced: true });
    }
  }
  const controllerId = reachable[deps.pick(reachable.length)]?.nodeId ?? -1;
  return { ...empty, errorCode: ErrorCode.NONE, controllerId, brokers };
});
