/** BrokerHeartbeat v0-2. */
import { handler } from '@tidelog/net';
import { BrokerHeartbeat } from '@tidelog/protocol';
import { decideBrokerHeartbeat } from '../core/decisions/broker-heartbeat.ts';
import { pipelined, type ControllerDeps } from './controller-deps.ts';
import { watchConnection } from './watch-connection.ts';

export const brokerHeartbeat = handler(
  BrokerHeartbeat,
  [0, 2],
  ({ controller, logger }: ControllerDeps, request, context) =>
    controller.write(
      (state) => {
        watchConnection(controller, request.brokerId, context);
        const { became, ...decision } = decideBrokerHeartbeat(state, request, context.connectionId);
        if (became !== undefined) {
          logger.info(
            { brokerId: request.brokerId, state: became, records: decision.records.length },
            'a broker changes',
          );
        }
        return decision;
      },
      (errorCode) => ({ throttleTimeMs: 0, errorCode, isCaughtUp: false, isFenced: true, shouldShutDown: false }),
    ),
  pipelined,
);
