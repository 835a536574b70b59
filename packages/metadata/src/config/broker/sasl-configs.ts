/**
 * Keys of SASL and of delegation tokens (Kafka: BrokerSecurityConfigs, DelegationTokenManagerConfigs).
 *
 * Kerberos is not offered: its keys are accepted without a meaning.
 */
import { className, double, int, list, long, password, short, string } from '../config-spec.ts';

export const saslConfigs = {
  'connections.max.reauth.ms': long(0, { doc: 'A SASL session must authenticate again after this; 0 is never.' }),
  'sasl.client.callback.handler.class': className(null, { ignored: true, doc: 'JVM callback handler.' }),
  'sasl.enabled.mechanisms': list(['GSSAPI'], { update: 'per-broker', doc: 'The SASL mechanisms that are offered.' }),
  'sasl.jaas.config': password(null, {
    update: 'per-broker',
    doc: 'Credentials in JAAS form, per listener and mechanism.',
  }),
  'sasl.kerberos.kinit.cmd': string('/usr/bin/kinit', {
    update: 'per-broker',
    ignored: true,
    doc: 'Part of Kerberos, which is not offered.',
  }),
  'sasl.kerberos.min.time.before.relogin': long(60_000, {
    update: 'per-broker',
    ignored: true,
    doc: 'Part of Kerberos, which is not offered.',
  }),
  'sasl.kerberos.principal.to.local.rules': list(['DEFAULT'], {
    update: 'per-broker',
    ignored: true,
    doc: 'Part of Kerberos, which is not offered.',
  }),
  'sasl.kerberos.service.name': string(null, {
    update: 'per-broker',
    ignored: true,
    doc: 'Part of Kerberos, which is not offered.',
  }),
  'sasl.kerberos.ticket.renew.jitter': double(0.05, {
    update: 'per-broker',
    ignored: true,
    doc: 'Part of Kerberos, which is not offered.',
  }),
  'sasl.kerberos.ticket.renew.window.factor': double(0.8, {
    update: 'per-broker',
    ignored: true,
    doc: 'Part of Kerberos, which is not offered.',
  }),
  'sasl.login.callback.handler.class': className(null, { ignored: true, doc: 'JVM callback handler.' }),
  'sasl.login.class': className(null, { ignored: true, doc: 'JVM login class.' }),
  'sasl.login.connect.timeout.ms': int(null, {
    importance: 'low',
    doc: 'How long connecting to the identity provider may take.',
  }),
  'sasl.login.read.timeout.ms': int(null, {
    importance: 'low',
    doc: 'How long an answer of the identity provider may take.',
  }),
  'sasl.login.refresh.buffer.seconds': short(300, {
    update: 'per-broker',
    doc: "Spare time before a credential's end at which it is renewed.",
  }),
  'sasl.login.refresh.min.period.seconds': short(60, {
    update: 'per-broker',
    doc: 'The least time between two renewals of a credential.',
  }),
  'sasl.login.refresh.window.factor': double(0.8, {
    update: 'per-broker',
    doc: "Share of a credential's life after which it is renewed.",
  }),
  'sasl.login.refresh.window.jitter': double(0.05, { update: 'per-broker', doc: 'Random part of that share.' }),
  'sasl.login.retry.backoff.max.ms': long(10_000, {
    importance: 'low',
    doc: 'The longest pause between tries at the identity provider.',
  }),
  'sasl.login.retry.backoff.ms': long(100, {
    importance: 'low',
    doc: 'The first pause between tries at the identity provider.',
  }),
  'sasl.mechanism.inter.broker.protocol': string('GSSAPI', {
    update: 'per-broker',
    doc: 'The SASL mechanism among brokers.',
  }),
  'sasl.server.callback.handler.class': className(null, { ignored: true, doc: 'JVM callback handler.' }),
  'sasl.server.max.receive.size': int(524_288, { doc: 'The largest SASL message before a client is authenticated.' }),
  'delegation.token.expiry.check.interval.ms': long(3_600_000, {
    min: 1,
    importance: 'low',
    doc: 'How often expired delegation tokens are removed.',
  }),
  'delegation.token.expiry.time.ms': long(86_400_000, {
    min: 1,
    doc: 'How long a delegation token is valid unless renewed.',
  }),
  'delegation.token.max.lifetime.ms': long(604_800_000, {
    min: 1,
    doc: 'How long a delegation token can be renewed at most.',
  }),
  'delegation.token.secret.key': password(null, { doc: 'The secret that delegation tokens are made with.' }),
};
