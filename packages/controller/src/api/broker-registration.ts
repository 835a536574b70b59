/** BrokerRegistration v0-4. */
import { handler } from '@tidelog/net';
import { BrokerRegistration, errorName } from '@tidelog/protocol';
import { decideRegisterBroker } from '../core/decisions/register-broker.ts';
import { pipelined, type ControllerDeps } from './controller-deps.ts';
import { watchConnection } from './watch-connection.ts';

export const brokerRegistration = handler(
  BrokerRegistration,
  [0, 4],
  ({ controller, logger }: ControllerDeps, request, context) => {
    const { brokerId, incarnationId } = request;
    return controller.write(
      (state) => {
        const { detail, ...decision } = decideRegisterBroker(state, request, context.connectionId);
        const { errorCode, brokerEpoch } = decision.response;
        if (detail === undefined) {
          watchConnection(controller, brokerId, context);
          logger.info({ brokerId, incarnationId, brokerEpoch }, 'a broker registers');
        } else {
          const fields = { brokerId, incarnationId, error: errorName(errorCode), detail };
          logger.warn(fields, 'a broker was refused registration');
        }
        return decision;
      },
      (errorCode) => ({ throttleTimeMs: 0, errorCode, brokerEpoch: -1 }),
    );
  },
  pipelined,
);
