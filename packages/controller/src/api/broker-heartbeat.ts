/** BrokerHeartbeat v0-2. */
import { handler } from '@tidelog/net';
import { BrokerHeartbeat } from '@tidelog/protocol';
import { decideBrokerHeartbeat } from '../core/decisions/broker-heartbeat.ts';
import { pipelined, type ControllerDeps } from './controller-deps.ts';
import { watchConnection } from './watch-connection.ts';

export const brokerHeartbeat = handler(
  BrokerHeartbeat,
  [0, 2],
  ({ controller }: ControllerDeps, request, context) =>
    controller.write(
      (state) => {
        watchConnection(controller, request.brokerId, context);
        return decideBrokerHeartbeat(state, request, context.connectionId);
      },
      (errorCode) => ({ throttleTimeMs: 0, errorCode, isCaughtUp: false, isFenced: true, shouldShutDown: false }),
    ),
  pipelined,
);
