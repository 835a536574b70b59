/** ElectLeaders v0-2. */
import { handler } from '@tidelog/net';
import { ElectLeaders } from '@tidelog/protocol';
import { decideElectLeaders } from '../core/decisions/elect-leaders.ts';
import { pipelined, type ControllerDeps } from './controller-deps.ts';

export const electLeaders = handler(
  ElectLeaders,
  [0, 2],
  ({ controller }: ControllerDeps, request) =>
    controller.write(
      (context) => decideElectLeaders(context, request),
      (errorCode) => ({ throttleTimeMs: 0, errorCode, replicaElectionResults: [] }),
    ),
  pipelined,
);
