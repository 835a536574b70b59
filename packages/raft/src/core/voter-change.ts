/**
 * Changing the voters as the leader (KIP-853): one change at a time, each a VotersRecord that takes effect when it is
 * appended. A new voter must be reachable, must speak the kraft.version in force and must have caught up as an
 * observer, so that the larger majority does not have to wait for it.
 */
import { ErrorCode } from '@tidelog/protocol';
import type { Call } from './calls.ts';
import { checkLeaderRequest } from './fetch.ts';
import { appendControl } from './leader.ts';
import { addProgress, isCaughtUp, isHighWatermarkKnown } from './leader-progress.ts';
import type { Member } from './member.ts';
import type {
  AddVoterRequest,
  ApiVersionsResponse,
  RemoveVoterRequest,
  UpdateVoterRequest,
  VoterChangeResponse,
} from './messages.ts';
import { mayBeReplica, replicaName } from './replica-key.ts';
import type { Leader, VoterChange } from './states.ts';
import { supportedKraftVersions, type VersionRange, type Voter, type VoterSet } from './voter-set.ts';

type ChangeKind = VoterChangeResponse['kind'];
type Refusal = { readonly error: ErrorCode; readonly detail: string } | undefined;

export function handleAddVoter(member: Member, token: number, request: AddVoterRequest): void {
  const { voter, endpoints, ackWhenCommitted } = request;
  const { role, log } = member;
  if (role.role !== 'leader') return refuseAsNoLeader(member, token, 'addVoter');
  const refusal = refuseChange(member, role);
  if (refusal !== undefined) return respond(member, token, 'addVoter', refusal);
  if (voter.id < 0 || endpoints.length === 0) {
    return respond(member, token, 'addVoter', invalid('a voter needs an id and an endpoint'));
  }
  if (log.voters.get(voter.id) !== undefined) {
    const detail = `node ${voter.id} is a voter already; remove its old directory id first`;
    return respond(member, token, 'addVoter', { error: ErrorCode.DUPLICATE_VOTER, detail });
  }
  const deadline = member.now + Math.max(0, request.timeoutMs);
  const change = { token, voter, endpoints, ackWhenCommitted, deadline, kraftVersions: undefined, offset: -1 };
  role.voterChange = { kind: 'addVoter', ...change };
  pollVoterChange(member, role);
}

export function handleRemoveVoter(member: Member, token: number, { voter }: RemoveVoterRequest): void {
  const { role, log } = member;
  if (role.role !== 'leader') return refuseAsNoLeader(member, token, 'removeVoter');
  const refusal = refuseChange(member, role);
  if (refusal !== undefined) return respond(member, token, 'removeVoter', refusal);
  const known = log.voters.get(voter.id);
  if (known === undefined || known.directoryId !== voter.directoryId) {
    const detail = `${replicaName(voter)} is not a voter`;
    return respond(member, token, 'removeVoter', { error: ErrorCode.VOTER_NOT_FOUND, detail });
  }
  if (log.voters.size === 1) return respond(member, token, 'removeVoter', invalid('the last voter can not be removed'));
  const offset = appendVoters(member, role, log.voters.without(voter));
  const deadline = member.now + member.config.requestTimeoutMs;
  const change = { token, voter, endpoints: [], ackWhenCommitted: true, deadline, kraftVersions: undefined, offset };
  role.voterChange = { kind: 'removeVoter', ...change };
}

/** Answered when appended: the voter will hear of it by fetching, and asks again when the record got lost. */
export function handleUpdateVoter(member: Member, token: number, request: UpdateVoterRequest): void {
  const { voter, endpoints, kraftVersions } = request;
  const { log } = member;
  const error = checkLeaderRequest(member, request.currentLeaderEpoch);
  const { role } = member;
  if (error !== ErrorCode.NONE || role.role !== 'leader') {
    return respond(member, token, 'updateVoter', { error, detail: 'this node does not lead in that epoch' });
  }
  if (endpoints.length === 0 || kraftVersions.min > kraftVersions.max) {
    return respond(member, token, 'updateVoter', invalid('a voter needs an endpoint and a range of versions'));
  }
  const known = log.voters.get(voter.id);
  if (known === undefined || !mayBeReplica(known, voter)) {
    const detail = `${replicaName(voter)} is not a voter`;
    return respond(member, token, 'updateVoter', { error: ErrorCode.VOTER_NOT_FOUND, detail });
  }
  if (log.kraftVersion === 0) {
    role.voterUpdates.set(voter.id, { ...voter, endpoints, kraftVersions });
    return respond(member, token, 'updateVoter');
  }
  const refusal = refuseChange(member, role) ?? refuseVersions(member, kraftVersions);
  if (refusal !== undefined) return respond(member, token, 'updateVoter', refusal);
  const updated: Voter = { ...voter, endpoints, kraftVersions };
  appendVoters(member, role, log.voters.with(updated));
  respond(member, token, 'updateVoter');
}

/** What the voters become with that kraft.version; a text when it can not be had. */
export function planKraftVersion({ log, local, options }: Member, role: Leader, version: number): Voter[] | string {
  const { max } = supportedKraftVersions;
  if (version < log.kraftVersion) return `kraft.version is ${log.kraftVersion} and can not be lowered to ${version}`;
  if (version > max) return `kraft.version ${version} is not known here: the highest is ${max}`;
  if (version === log.kraftVersion) return [...log.voters.voters];
  const own: Voter = { ...local, endpoints: options.endpoints, kraftVersions: supportedKraftVersions };
  const voters: Voter[] = [];
  for (const voter of log.voters.voters) {
    const told = voter.id === local.id ? own : role.voterUpdates.get(voter.id);
    if (told === undefined || told.kraftVersions.max < version) {
      return `voter ${voter.id} does not speak kraft.version ${version}, or has not said so yet: does it run?`;
    }
    voters.push(told);
  }
  return voters;
}

/** kraft.version 0 to 1: possible once every voter has told its directory id (UpdateRaftVoter). */
export function upgradeKraftVersion(member: Member, role: Leader, version: number): void {
  const { log } = member;
  const voters = planKraftVersion(member, role, version);
  if (typeof voters === 'string' || version === log.kraftVersion) return;
  const at = log.endOffset;
  const voterSet = log.voters.voters.reduce((set, voter) => set.without(voter), log.voters);
  const next = voters.reduce((set, voter) => set.with(voter), voterSet);
  renameProgress(role, voters);
  appendControl(member, role, [
    { kind: 'kraftVersion', offset: at, version },
    { kind: 'voters', offset: at + 1, voters: next },
  ]);
}

/** Progress that was kept under the id alone goes on under id and directory. */
function renameProgress(role: Leader, voters: readonly Voter[]): void {
  for (const voter of voters) {
    const unnamed = role.replicas.get(String(voter.id));
    if (unnamed === undefined) continue;
    role.replicas.delete(String(voter.id));
    const key = { id: voter.id, directoryId: voter.directoryId };
    role.replicas.set(replicaName(key), { ...unnamed, key });
  }
}

/** Moves the change that is under way on, and answers it when it is done. */
export function pollVoterChange(member: Member, role: Leader): void {
  const change = role.voterChange;
  if (change === undefined) return;
  if (change.offset >= 0) {
    if (member.log.highWatermark > change.offset) finish(member, role, change);
    else if (member.now >= change.deadline) {
      finish(member, role, change, timedOut('the change is not committed yet; it may still be'));
    }
    return;
  }
  if (change.kraftVersions !== undefined) tryAdd(member, role, { ...change, kraftVersions: change.kraftVersions });
  if (role.voterChange?.offset !== -1) return;
  if (member.now >= change.deadline) {
    const detail =
      change.kraftVersions === undefined
        ? 'the new voter could not be reached in time'
        : 'the new voter has not caught up with the log in time; is it running, and does it fetch from this leader?';
    finish(member, role, change, timedOut(detail));
    return;
  }
  const endpoint = change.endpoints[0];
  if (change.kraftVersions !== undefined || endpoint === undefined) return;
  const to = { nodeId: change.voter.id, host: endpoint.host, port: endpoint.port };
  member.send(to, { kind: 'apiVersions' });
}

export function onApiVersionsResponse(member: Member, call: Call, response: ApiVersionsResponse): void {
  const { role } = member;
  if (role.role !== 'leader') return;
  const change = role.voterChange;
  if (change === undefined || change.offset >= 0 || call.to.nodeId !== change.voter.id) return;
  if (response.error !== ErrorCode.NONE) {
    finish(member, role, change, invalid(`the new voter answered ApiVersions with error ${response.error}`));
    return;
  }
  change.kraftVersions = response.kraftVersions;
  pollVoterChange(member, role);
}

/** Appends the new voters once the new one has caught up as an observer; its fetches bring this here again. */
function tryAdd(member: Member, role: Leader, change: VoterChange & { readonly kraftVersions: VersionRange }): void {
  const { voter, endpoints, kraftVersions } = change;
  const pending = role.voterChange;
  if (pending === undefined) return;
  const unfit = refuseVersions(member, kraftVersions) ?? refuseChange(member, role, pending);
  if (unfit !== undefined) return finish(member, role, pending, unfit);
  if (!isCaughtUp(member, role, voter)) return;
  pending.offset = appendVoters(member, role, member.log.voters.with({ ...voter, endpoints, kraftVersions }));
  addProgress(role, voter);
  if (!change.ackWhenCommitted) finish(member, role, pending);
}

function finish(member: Member, role: Leader, change: VoterChange, refusal?: Refusal): void {
  role.voterChange = undefined;
  respond(member, change.token, change.kind, refusal);
}

function appendVoters(member: Member, role: Leader, voters: VoterSet): number {
  const offset = member.log.endOffset;
  member.note('info', 'changing the voters', { voters: voters.voters.map(replicaName).join(' ') });
  appendControl(member, role, [{ kind: 'voters', offset, voters }]);
  role.beginQuorumDeadline = member.now;
  // The new majority gets a full period to show that it is there.
  role.checkQuorumDeadline = member.now + member.config.fetchTimeoutMs * 1.5;
  return offset;
}

function refuseChange(member: Member, role: Leader, own?: VoterChange): Refusal {
  const { log } = member;
  if (!isHighWatermarkKnown(member, role)) return timedOut('the leader does not know yet what is committed');
  if (log.kraftVersion < 1) {
    const detail = `kraft.version is ${log.kraftVersion}; changing voters needs 1`;
    return { error: ErrorCode.UNSUPPORTED_VERSION, detail };
  }
  const pending = log.voterSets.latest.offset >= log.highWatermark;
  if (pending || (role.voterChange !== undefined && role.voterChange !== own)) {
    return timedOut('another change of voters is under way');
  }
  return undefined;
}

function refuseVersions({ log }: Member, { min, max }: { min: number; max: number }): Refusal {
  if (min <= log.kraftVersion && log.kraftVersion <= max) return undefined;
  return invalid(`the voter speaks kraft.version ${min} to ${max}, in force is ${log.kraftVersion}`);
}

function timedOut(detail: string): Refusal {
  return { error: ErrorCode.REQUEST_TIMED_OUT, detail };
}

function invalid(detail: string): Refusal {
  return { error: ErrorCode.INVALID_REQUEST, detail };
}

function refuseAsNoLeader(member: Member, token: number, kind: ChangeKind): void {
  respond(member, token, kind, {
    error: ErrorCode.NOT_LEADER_OR_FOLLOWER,
    detail: 'this node does not lead the quorum',
  });
}

function respond(member: Member, token: number, kind: ChangeKind, refusal?: Refusal): void {
  member.answer(token, { ...member.leaderInfo(refusal?.error), kind, detail: refusal?.detail });
}
