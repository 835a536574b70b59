import { Chunks, zeroUuid } from '@tidelog/core';
import { decodeRecord, encodeRecord } from '@tidelog/metadata';
import { bind, handler } from '@tidelog/net';
import {
  CreateTopics,
  DefaultPrincipalData,
  DescribeCluster,
  Envelope,
  ErrorCode,
  RemoveRaftVoter,
  RequestHeader,
  ResponseHeader,
  UpdateFeatures,
} from '@tidelog/protocol';
import { describe, expect, it } from 'vitest';
import { ShellHarness } from './testing/shell-harness.ts';

async function active(): Promise<ShellHarness> {
  const harness = new ShellHarness();
  harness.quorum.lead();
  await harness.bringUp(1);
  return harness;
}

/** Whether a promise is settled by now. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending');
  await Promise.resolve();
  await Promise.resolve();
  return (await Promise.race([promise, Promise.resolve(pending)])) !== pending;
}

describe('Controller', () => {
  it('begins a new cluster with the levels of its features', () => {
    const { controller, quorum } = new ShellHarness();
    quorum.lead();
    expect(controller.isActive).toBe(true);
    expect(Object.fromEntries(controller.image.features)).toEqual({
      'metadata.version': 30,
      'group.version': 1,
      'eligible.leader.replicas.version': 1,
    });
    expect(controller.image.configs.clusterDefault().get('min.insync.replicas')).toBe('1');
  });

  it('answers NOT_CONTROLLER on standby', async () => {
    const harness = new ShellHarness();
    expect((await harness.createTopic('t')).topics[0]?.errorCode).toBe(ErrorCode.NOT_CONTROLLER);
    expect((await harness.register(1)).errorCode).toBe(ErrorCode.NOT_CONTROLLER);
  });

  it('lets requests wait that come between its election and its activation', async () => {
    const harness = new ShellHarness();
    harness.quorum.win();
    const registered = harness.register(1);
    expect(await isSettled(registered)).toBe(false);
    harness.quorum.announce();
    await Promise.resolve();
    harness.quorum.commit();
    expect((await registered).errorCode).toBe(ErrorCode.NONE);
  });

  it('refuses requests that waited for an activation that does not come', async () => {
    const harness = new ShellHarness();
    harness.quorum.win();
    const registered = harness.register(1);
    harness.quorum.follow();
    expect((await registered).errorCode).toBe(ErrorCode.NOT_CONTROLLER);
  });

  it('answers when the records are committed, not before', async () => {
    const harness = await active();
    const created = harness.createTopic('t');
    expect(await isSettled(created)).toBe(false);
    expect(harness.controller.image.topics.get('t')).toBeUndefined();
    harness.quorum.commit();
    expect((await created).topics[0]?.errorCode).toBe(ErrorCode.NONE);
    expect(harness.controller.image.topics.get('t')).toBeDefined();
  });

  it('raises kraft.version through the quorum, and answers when that is committed', async () => {
    const harness = await active();
    harness.quorum.kraftVersion = 0;
    const update = (maxVersionLevel: number): ReturnType<typeof harness.ask<typeof UpdateFeatures>> => {
      const featureUpdates = [{ feature: 'kraft.version', maxVersionLevel, upgradeType: 1, allowDowngrade: false }];
      return harness.ask(UpdateFeatures, { timeoutMs: 1000, featureUpdates, validateOnly: false });
    };
    const raised = update(1);
    expect(await isSettled(raised)).toBe(false);
    harness.quorum.commit();
    expect(await raised).toMatchObject({ errorCode: ErrorCode.NONE });
    expect(harness.quorum.kraftVersion).toBe(1);
    expect(await update(0)).toMatchObject({ errorCode: ErrorCode.INVALID_UPDATE_VERSION });
  });

  it('lets later decisions see uncommitted ones, and holds back what they say of them', async () => {
    const harness = await active();
    const first = harness.createTopic('t');
    const second = harness.createTopic('t');
    expect(await isSettled(second)).toBe(false);
    harness.quorum.commit();
    expect((await first).topics[0]?.errorCode).toBe(ErrorCode.NONE);
    expect((await second).topics[0]?.errorCode).toBe(ErrorCode.TOPIC_ALREADY_EXISTS);
  });

  it('drops uncommitted decisions when it loses the leadership', async () => {
    const harness = await active();
    const created = harness.createTopic('t');
    harness.quorum.follow();
    expect((await created).topics[0]?.errorCode).toBe(ErrorCode.NOT_CONTROLLER);
    harness.quorum.lead();
    const again = harness.createTopic('t');
    harness.quorum.commit();
    expect((await again).topics[0]?.errorCode).toBe(ErrorCode.NONE);
  });

  it('steps down when an append is refused', async () => {
    const harness = await active();
    const created = harness.createTopic('t');
    harness.quorum.loseSilently();
    expect((await harness.createTopic('u')).topics[0]?.errorCode).toBe(ErrorCode.NOT_CONTROLLER);
    expect((await created).topics[0]?.errorCode).toBe(ErrorCode.NOT_CONTROLLER);
    expect(harness.controller.isActive).toBe(false);
  });

  it('follows what another controller commits and goes on from there', async () => {
    const harness = await active();
    harness.quorum.follow();
    const topicId = 'KAFKAKAFKAKAFKAKAFKAKA';
    harness.quorum.commitFromElsewhere([encodeRecord({ type: 'topic', name: 'theirs', topicId })]);
    expect(harness.controller.image.topics.get('theirs')?.id).toBe(topicId);
    harness.quorum.lead();
    const created = harness.createTopic('theirs');
    harness.quorum.commit();
    expect((await created).topics[0]?.errorCode).toBe(ErrorCode.TOPIC_ALREADY_EXISTS);
  });

  it('fences a broker that is silent for a session, on the monotonic clock', async () => {
    const harness = await active();
    harness.world.pass(8999);
    harness.quorum.commit();
    expect(harness.controller.image.cluster.broker(1)?.fenced).toBe(false);
    harness.world.pass(1);
    harness.quorum.commit();
    expect(harness.controller.image.cluster.broker(1)?.fenced).toBe(true);
  });

  it('gives brokers of a former controller time to report to it, and fences those that do not', async () => {
    const harness = await active();
    harness.world.pass(8000);
    harness.quorum.follow();
    harness.quorum.lead();
    harness.world.pass(900);
    harness.quorum.commit();
    expect(harness.controller.image.cluster.broker(1)?.fenced).toBe(false);
    harness.world.pass(200);
    harness.quorum.commit();
    expect(harness.controller.image.cluster.broker(1)?.fenced).toBe(true);
  });

  it('fences nobody for a pause of its own', async () => {
    const harness = await active();
    harness.world.pass(1000);
    harness.world.pause(30_000);
    harness.quorum.commit();
    expect(harness.controller.image.cluster.broker(1)?.fenced).toBe(false);
  });

  it('fences a broker whose connection broke and that does not come back', async () => {
    const harness = await active();
    harness.disconnect(1);
    harness.world.pass(1000);
    harness.quorum.commit();
    expect(harness.controller.image.cluster.broker(1)?.fenced).toBe(true);
  });

  it('leaves a broker alone that comes back on another connection', async () => {
    const harness = await active();
    const { cluster } = harness.controller.image;
    harness.disconnect(1);
    harness.world.pass(400);
    await harness.heartbeat(1, cluster.brokerEpoch(1));
    harness.world.pass(2000);
    harness.quorum.commit();
    expect(harness.controller.image.cluster.broker(1)?.fenced).toBe(false);
  });

  it('writes snapshots of what is committed', async () => {
    const harness = await active();
    const created = harness.createTopic('t');
    const end = harness.quorum.endOffset;
    harness.quorum.askForSnapshot();
    const [before] = harness.quorum.snapshots;
    expect(before?.values.map(decodeRecord).some(({ type }) => type === 'topic')).toBe(false);
    harness.quorum.commit();
    await created;
    harness.quorum.askForSnapshot();
    const after = harness.quorum.snapshots[1];
    expect(after?.offset).toBe(end);
    expect(after?.values.map(decodeRecord).some(({ type }) => type === 'topic')).toBe(true);
  });

  it('stops the node when a committed record cannot be replayed', () => {
    const harness = new ShellHarness();
    const change = { type: 'partitionChange', topicId: 'KAFKAKAFKAKAFKAKAFKAKA', partitionId: 0, isr: [] } as const;
    harness.quorum.commitFromElsewhere([encodeRecord(change)]);
    expect(harness.fatal).toHaveLength(1);
  });

  it('writes no-op records when it is told to and nothing else happens', () => {
    const harness = new ShellHarness({ maxIdleIntervalMs: 500 });
    harness.quorum.lead();
    const before = harness.quorum.endOffset;
    harness.world.pass(1600);
    expect(harness.quorum.endOffset).toBe(before + 3);
  });

  it('describes the controllers', async () => {
    const harness = await active();
    const request = { includeClusterAuthorizedOperations: false, endpointType: 2, includeFencedBrokers: false };
    const { controllerId, brokers } = await harness.ask(DescribeCluster, request);
    expect(controllerId).toBe(1);
    expect(brokers?.map(({ brokerId, host }) => [brokerId, host])).toEqual([
      [1, 'one'],
      [2, 'two'],
    ]);
    const wrong = await harness.ask(DescribeCluster, { ...request, endpointType: 1 });
    expect(wrong.errorCode).toBe(ErrorCode.MISMATCHED_ENDPOINT_TYPE);
  });
});

describe('Envelope', () => {
  function seal(name: string, apiKey = CreateTopics.key): Buffer {
    const header = { requestApiKey: apiKey, requestApiVersion: 7, correlationId: 77, clientId: 'c' };
    const topic = { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] };
    const body = CreateTopics.request.encode({ topics: [topic], timeoutMs: 1, validateOnly: false }, 7);
    return Chunks.join([RequestHeader.encode(header, 2), body]).toBuffer();
  }
  const principal = { type: 'User', name: 'alice', tokenAuthenticated: false };
  const requestPrincipal = Buffer.concat([Buffer.alloc(2), DefaultPrincipalData.encode(principal, 0).toBuffer()]);
  const clientHostAddress = Buffer.from([10, 0, 0, 1]);

  it('serves the request inside and returns its whole answer', async () => {
    const harness = await active();
    const answered = harness.ask(Envelope, { requestData: seal('t'), requestPrincipal, clientHostAddress });
    harness.quorum.commit();
    const { errorCode, responseData } = await answered;
    expect(errorCode).toBe(ErrorCode.NONE);
    const bytes = Chunks.of(responseData ?? Buffer.alloc(0));
    const { value, end } = ResponseHeader.decodePrefix(bytes, 1, 0);
    expect(value.correlationId).toBe(77);
    expect(CreateTopics.response.decode(bytes, 7, end).topics[0]).toMatchObject({ name: 't', errorCode: 0 });
  });

  it('says NOT_CONTROLLER itself when the leadership is lost meanwhile', async () => {
    const harness = await active();
    const answered = harness.ask(Envelope, { requestData: seal('t'), requestPrincipal, clientHostAddress });
    harness.quorum.follow();
    expect(await answered).toEqual({ errorCode: ErrorCode.NOT_CONTROLLER, responseData: null });
  });

  it('answers for a leader that has removed itself from the voters', async () => {
    const removal = handler(RemoveRaftVoter, [0, 0], () => {
      harness.quorum.follow();
      return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, errorMessage: null };
    });
    const harness = new ShellHarness({}, [bind(removal, undefined)]);
    harness.quorum.lead();
    const header = { requestApiKey: RemoveRaftVoter.key, requestApiVersion: 0, correlationId: 77, clientId: 'c' };
    const body = RemoveRaftVoter.request.encode({ clusterId: null, voterId: 1, voterDirectoryId: zeroUuid }, 0);
    const requestData = Chunks.join([RequestHeader.encode(header, 2), body]).toBuffer();
    const { errorCode, responseData } = await harness.ask(Envelope, {
      requestData,
      requestPrincipal,
      clientHostAddress,
    });
    expect(errorCode).toBe(ErrorCode.NONE);
    const bytes = Chunks.of(responseData ?? Buffer.alloc(0));
    const { end } = ResponseHeader.decodePrefix(bytes, 1, 0);
    expect(RemoveRaftVoter.response.decode(bytes, 0, end)).toMatchObject({ errorCode: ErrorCode.NONE });
  });

  it.each([
    ['requests that are not forwarded', { requestData: seal('t', 63) }, ErrorCode.INVALID_REQUEST],
    ['what is no request', { requestData: Buffer.alloc(3) }, ErrorCode.INVALID_REQUEST],
    ['a truncated request', { requestData: seal('t').subarray(0, 20) }, ErrorCode.INVALID_REQUEST],
    ['no principal', { requestPrincipal: null }, ErrorCode.PRINCIPAL_DESERIALIZATION_FAILURE],
    ['a broken principal', { requestPrincipal: Buffer.alloc(4) }, ErrorCode.PRINCIPAL_DESERIALIZATION_FAILURE],
    ['an address that is none', { clientHostAddress: Buffer.alloc(5) }, ErrorCode.INVALID_REQUEST],
  ])('refuses %s', async (_what, part, errorCode) => {
    const harness = await active();
    const whole = { requestData: seal('t'), requestPrincipal, clientHostAddress, ...part };
    expect(await harness.ask(Envelope, whole)).toEqual({ errorCode, responseData: null });
  });

  it('refuses envelopes that no broker sent', async () => {
    const harness = await active();
    const request = { requestData: seal('t'), requestPrincipal, clientHostAddress };
    const { errorCode } = await harness.ask(Envelope, request, { isPrivileged: false });
    expect(errorCode).toBe(ErrorCode.CLUSTER_AUTHORIZATION_FAILED);
  });
});
