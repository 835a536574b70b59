/**
 * Keys of listeners, connections and their limits (Kafka: SocketServerConfigs).
 *
 * Thread counts are accepted and have no meaning: a broker is one event loop.
 */
import { int, intMax, list, long, string } from '../config-spec.ts';

export const socketServerConfigs = {
  'advertised.listeners': list(null, {
    importance: 'high',
    doc: 'The addresses that clients are told, where they differ from listeners.',
  }),
  'connection.failed.authentication.delay.ms': int(100, {
    min: 0,
    importance: 'low',
    doc: 'How long a connection that failed to authenticate is kept waiting.',
  }),
  'connections.max.idle.ms': long(600_000, { doc: 'Connections idle for this long are closed.' }),
  'listener.security.protocol.map': string(
    'SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT',
    { importance: 'low', update: 'per-broker', doc: 'The security protocol of each listener name.' },
  ),
  listeners: list(['PLAINTEXT://:9092'], {
    importance: 'high',
    update: 'per-broker',
    doc: 'Where this node listens, as NAME://host:port.',
  }),
  'max.connection.creation.rate': int(intMax, {
    min: 0,
    update: 'cluster-wide',
    doc: 'The most connections accepted per second.',
  }),
  'max.connections': int(intMax, { min: 0, update: 'cluster-wide', doc: 'The most connections at a time.' }),
  'max.connections.per.ip': int(intMax, {
    min: 0,
    update: 'cluster-wide',
    doc: 'The most connections from one address.',
  }),
  'max.connections.per.ip.overrides': string('', {
    update: 'cluster-wide',
    doc: 'Other limits for single addresses, as address:count.',
  }),
  'num.network.threads': int(3, {
    min: 1,
    importance: 'high',
    update: 'cluster-wide',
    ignored: true,
    doc: 'Network threads; there is one event loop here.',
  }),
  'queued.max.request.bytes': long(-1, {
    doc: 'Bytes of requests in progress at which reading pauses; -1 is no limit.',
  }),
  'queued.max.requests': int(500, { min: 1, importance: 'high', doc: 'Requests in progress at which reading pauses.' }),
  'socket.listen.backlog.size': int(50, { min: 1, doc: 'Connections that may wait to be accepted.' }),
  'socket.receive.buffer.bytes': int(102_400, {
    importance: 'high',
    ignored: true,
    doc: "Socket buffer size; the system's default is used.",
  }),
  'socket.request.max.bytes': int(104_857_600, {
    min: 1,
    importance: 'high',
    doc: 'The largest request that is read.',
  }),
  'socket.send.buffer.bytes': int(102_400, {
    importance: 'high',
    ignored: true,
    doc: "Socket buffer size; the system's default is used.",
  }),
};
