/**
 * Keys of SASL OAUTHBEARER (Kafka: BrokerSecurityConfigs; KIP-768, KIP-1139).
 *
 * What fetches tokens belongs to clients and is accepted without a meaning.
 */
import { boolean, className, int, list, long, password, string } from '../config-spec.ts';

export const oauthbearerConfigs = {
  'sasl.oauthbearer.assertion.algorithm': string('RS256', {
    oneOf: ['ES256', 'RS256'],
    ignoreCase: true,
    ignored: true,
    doc: 'Part of fetching tokens by client assertion.',
  }),
  'sasl.oauthbearer.assertion.claim.aud': string(null, {
    ignored: true,
    doc: 'Part of fetching tokens by client assertion.',
  }),
  'sasl.oauthbearer.assertion.claim.exp.seconds': int(300, {
    min: 0,
    max: 86_400,
    importance: 'low',
    ignored: true,
    doc: 'Part of fetching tokens by client assertion.',
  }),
  'sasl.oauthbearer.assertion.claim.iss': string(null, {
    ignored: true,
    doc: 'Part of fetching tokens by client assertion.',
  }),
  'sasl.oauthbearer.assertion.claim.jti.include': boolean(false, {
    ignored: true,
    doc: 'Part of fetching tokens by client assertion.',
  }),
  'sasl.oauthbearer.assertion.claim.nbf.seconds': int(60, {
    min: 0,
    max: 3600,
    importance: 'low',
    ignored: true,
    doc: 'Part of fetching tokens by client assertion.',
  }),
  'sasl.oauthbearer.assertion.claim.sub': string(null, {
    ignored: true,
    doc: 'Part of fetching tokens by client assertion.',
  }),
  'sasl.oauthbearer.assertion.file': string(null, {
    ignored: true,
    doc: 'Part of fetching tokens by client assertion.',
  }),
  'sasl.oauthbearer.assertion.private.key.file': string(null, {
    ignored: true,
    doc: 'Part of fetching tokens by client assertion.',
  }),
  'sasl.oauthbearer.assertion.private.key.passphrase': password(null, {
    ignored: true,
    doc: 'Part of fetching tokens by client assertion.',
  }),
  'sasl.oauthbearer.assertion.template.file': string(null, {
    ignored: true,
    doc: 'Part of fetching tokens by client assertion.',
  }),
  'sasl.oauthbearer.client.credentials.client.id': string(null, {
    ignored: true,
    doc: 'Client id for fetching tokens.',
  }),
  'sasl.oauthbearer.client.credentials.client.secret': password(null, {
    ignored: true,
    doc: 'Client secret for fetching tokens.',
  }),
  'sasl.oauthbearer.clock.skew.seconds': int(30, {
    importance: 'low',
    doc: "How far the clock of the token's issuer may differ.",
  }),
  'sasl.oauthbearer.expected.audience': list([], {
    importance: 'high',
    doc: 'Audiences of which a token must name one.',
  }),
  'sasl.oauthbearer.expected.issuer': string(null, { importance: 'high', doc: 'The issuer that a token must name.' }),
  'sasl.oauthbearer.jwks.endpoint.refresh.ms': long(3_600_000, {
    importance: 'low',
    doc: "How often the issuer's keys are read again.",
  }),
  'sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms': long(10_000, {
    importance: 'low',
    doc: "The longest pause between tries to read the issuer's keys.",
  }),
  'sasl.oauthbearer.jwks.endpoint.retry.backoff.ms': long(100, {
    importance: 'low',
    doc: "The first pause between tries to read the issuer's keys.",
  }),
  'sasl.oauthbearer.jwks.endpoint.url': string(null, { doc: "Where the issuer's keys are: a URL or a file." }),
  'sasl.oauthbearer.jwt.retriever.class': className(
    'org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever',
    { ignored: true, doc: 'JVM class that fetches tokens.' },
  ),
  'sasl.oauthbearer.jwt.validator.class': className(
    'org.apache.kafka.common.security.oauthbearer.DefaultJwtValidator',
    { ignored: true, doc: 'JVM class that checks tokens.' },
  ),
  'sasl.oauthbearer.scope': string(null, { ignored: true, doc: 'Scope asked for when fetching tokens.' }),
  'sasl.oauthbearer.scope.claim.name': string('scope', {
    importance: 'low',
    doc: "The claim that holds a token's scope.",
  }),
  'sasl.oauthbearer.sub.claim.name': string('sub', { importance: 'low', doc: 'The claim that names the principal.' }),
  'sasl.oauthbearer.token.endpoint.url': string(null, { ignored: true, doc: 'Where tokens are fetched.' }),
};
