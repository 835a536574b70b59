/** Effects as lines of a trace: what a scenario shows, in as few words as tell them apart. */
import { ErrorCode } from '@tidelog/protocol';
import type { RaftEffect } from '../core/events.ts';
import type { Answer } from '../core/messages.ts';

export function describeEffect(effect: RaftEffect): string {
  switch (effect.kind) {
    case 'persistQuorumState': {
      const { leaderEpoch, leaderId, voted } = effect.state;
      return `persist epoch=${leaderEpoch} leader=${leaderId} voted=${voted?.id ?? '-'}`;
    }
    case 'append': {
      const { baseOffset, epoch, controls, payload } = effect.batch;
      const values = payload.kind === 'values' ? payload.values.map(String) : controls.map(({ kind }) => kind);
      return `append ${baseOffset}@${epoch} ${values.join(' ')}`;
    }
    case 'truncate':
      return `truncate to ${effect.endOffset}`;
    case 'restartLog':
      return `restart the log at ${effect.id.offset}@${effect.id.epoch}`;
    case 'send':
      return `send ${describeRequest(effect.request)} to ${effect.to.host.slice(1)}`;
    case 'answer':
      return `answer ${describeAnswer(effect.answer)}`;
    case 'commit':
      return `commit ${effect.highWatermark}`;
    case 'announceLeader':
      return `leader is ${effect.leaderId} in ${effect.epoch}`;
    case 'note':
      return `note ${effect.message}`;
    default:
      return effect.kind;
  }
}

function describeRequest(request: Extract<RaftEffect, { kind: 'send' }>['request']): string {
  switch (request.kind) {
    case 'vote':
      return `${request.preVote ? 'preVote' : 'vote'} epoch=${request.epoch} log=${logEnd(request)}`;
    case 'fetch':
      return `fetch epoch=${request.currentLeaderEpoch} ${request.fetchOffset}@${request.lastFetchedEpoch}`;
    case 'fetchSnapshot':
      return `fetchSnapshot ${request.id.offset}@${request.id.epoch} from ${request.position}`;
    default:
      return request.kind;
  }
}

function describeAnswer(answer: Answer): string {
  const error = answer.error === ErrorCode.NONE ? '' : ` error=${answer.error}`;
  const who = `leader=${answer.leaderId}@${answer.leaderEpoch}`;
  if (answer.kind === 'vote') return `vote ${answer.granted ? 'granted' : 'refused'} ${who}${error}`;
  if (answer.kind !== 'fetch') return `${answer.kind} ${who}${error}`;
  const { read, diverging, snapshotId, highWatermark } = answer;
  const what = read
    ? ` records ${read.offset}..${read.upTo}`
    : diverging
      ? ` diverging ${diverging.offset}@${diverging.epoch}`
      : snapshotId
        ? ` snapshot ${snapshotId.offset}@${snapshotId.epoch}`
        : '';
  return `fetch hw=${highWatermark}${what}${error}`;
}

function logEnd({ lastOffset, lastEpoch }: { lastOffset: number; lastEpoch: number }): string {
  return `${lastOffset}@${lastEpoch}`;
}
