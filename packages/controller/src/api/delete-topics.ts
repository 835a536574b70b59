/** DeleteTopics v1-6. */
import { handler } from '@tidelog/net';
import { DeleteTopics } from '@tidelog/protocol';
import { decideDeleteTopics, wantedTopics } from '../core/decisions/delete-topics.ts';
import { pipelined, type ControllerDeps } from './controller-deps.ts';

export const deleteTopics = handler(
  DeleteTopics,
  [1, 6],
  ({ controller }: ControllerDeps, request, { apiVersion }) =>
    controller.write(
      (context) => decideDeleteTopics(context, request, apiVersion),
      (errorCode, errorMessage) => ({
        throttleTimeMs: 0,
        responses: wantedTopics(request).map((topic) => ({ ...topic, errorCode, errorMessage })),
      }),
    ),
  pipelined,
);
