/**
 * Notices that a broker's connection broke, which a killed process' kernel says at once, long before its session ends.
 */
import type { RequestContext } from '@tidelog/net';
import type { DecisionMaker } from './controller-deps.ts';

/** Of each connection, the broker that it was last seen to be. */
const watched = new WeakMap<DecisionMaker, Map<number, number>>();

/** Tells the controller when the connection of this request closes. Cheap to call for each request of a connection. */
export function watchConnection(controller: DecisionMaker, brokerId: number, context: RequestContext): void {
  const { connectionId } = context;
  let connections = watched.get(controller);
  if (connections === undefined) watched.set(controller, (connections = new Map()));
  const known = connections.has(connectionId);
  connections.set(connectionId, brokerId);
  if (known) return;
  context.onDisconnect(() => {
    const broker = connections.get(connectionId);
    connections.delete(connectionId);
    if (broker !== undefined) controller.connectionLost(broker, connectionId);
  });
}
