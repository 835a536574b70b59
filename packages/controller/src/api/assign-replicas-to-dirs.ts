/** AssignReplicasToDirs v0. */
import { handler } from '@tidelog/net';
import { AssignReplicasToDirs } from '@tidelog/protocol';
import { decideAssignReplicasToDirs } from '../core/decisions/assign-replicas-to-dirs.ts';
import { pipelined, type ControllerDeps } from './controller-deps.ts';

export const assignReplicasToDirs = handler(
  AssignReplicasToDirs,
  [0, 0],
  ({ controller }: ControllerDeps, request) =>
    controller.write(
      (context) => decideAssignReplicasToDirs(context, request),
      (errorCode) => ({ throttleTimeMs: 0, errorCode, directories: [] }),
    ),
  pipelined,
);
