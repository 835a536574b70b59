/** Permissions of group requests, and the bits that say which operations a principal may do on a group. */
import type { AuthorizationContext, Authorizer, Operation } from '../authorizer.ts';

/** Operations on a group with Kafka's codes. */
const groupOperations: readonly (readonly [Operation, code: number])[] = [
  ['READ', 3],
  ['DELETE', 6],
  ['DESCRIBE', 8],
  ['DESCRIBE_CONFIGS', 10],
  ['ALTER_CONFIGS', 11],
];

/** What the field holds when nobody asked. */
export const notAsked = -2_147_483_648;

export function mayOnGroup(
  authorizer: Authorizer,
  context: AuthorizationContext,
  { operation, groupId }: { readonly operation: Operation; readonly groupId: string },
): boolean {
  return authorizer.allowsAll || authorizer.authorize(context, operation, { type: 'GROUP', name: groupId });
}

export function mayOnTopic(
  authorizer: Authorizer,
  context: AuthorizationContext,
  { operation, topic }: { readonly operation: Operation; readonly topic: string },
): boolean {
  return authorizer.allowsAll || authorizer.authorize(context, operation, { type: 'TOPIC', name: topic });
}

export function groupOperationBits(authorizer: Authorizer, context: AuthorizationContext, groupId: string): number {
  let bits = 0;
  for (const [operation, code] of groupOperations) {
    if (mayOnGroup(authorizer, context, { operation, groupId })) bits |= 1 << code;
  }
  return bits;
}
