/**
 * Keys of TLS (Kafka: BrokerSecurityConfigs).
 *
 * What selects a JVM provider is accepted without a meaning.
 */
import { boolean, className, list, password, string } from '../config-spec.ts';

export const sslConfigs = {
  'principal.builder.class': className('org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder', {
    update: 'per-broker',
    ignored: true,
    doc: 'Plug-in that names principals.',
  }),
  'security.providers': string(null, { importance: 'low', ignored: true, doc: 'JVM security providers.' }),
  'ssl.allow.dn.changes': boolean(false, {
    importance: 'low',
    doc: 'Whether a new certificate may have another name.',
  }),
  'ssl.allow.san.changes': boolean(false, {
    importance: 'low',
    doc: 'Whether a new certificate may lack alternative names of the old one.',
  }),
  'ssl.cipher.suites': list([], {
    update: 'per-broker',
    doc: 'The cipher suites that are allowed; empty is the default set.',
  }),
  'ssl.client.auth': string('none', {
    oneOf: ['required', 'requested', 'none'],
    update: 'per-broker',
    doc: 'Whether clients must, may or need not show a certificate.',
  }),
  'ssl.enabled.protocols': list(['TLSv1.2', 'TLSv1.3'], {
    update: 'per-broker',
    doc: 'The TLS versions that are allowed.',
  }),
  'ssl.endpoint.identification.algorithm': string('https', {
    importance: 'low',
    update: 'per-broker',
    doc: 'How server names are checked; empty switches it off.',
  }),
  'ssl.engine.factory.class': className(null, {
    importance: 'low',
    update: 'per-broker',
    ignored: true,
    doc: 'JVM TLS engine.',
  }),
  'ssl.key.password': password(null, { update: 'per-broker', doc: 'Password of the private key.' }),
  'ssl.keymanager.algorithm': string('SunX509', { update: 'per-broker', ignored: true, doc: 'JVM key manager.' }),
  'ssl.keystore.certificate.chain': password(null, {
    update: 'per-broker',
    doc: 'The certificate chain, as PEM text.',
  }),
  'ssl.keystore.key': password(null, { update: 'per-broker', doc: 'The private key, as PEM text.' }),
  'ssl.keystore.location': string(null, { update: 'per-broker', doc: 'The file with certificate and key.' }),
  'ssl.keystore.password': password(null, { update: 'per-broker', doc: 'Password of that file.' }),
  'ssl.keystore.type': string('JKS', { update: 'per-broker', doc: 'Its format: PEM or PKCS12.' }),
  'ssl.principal.mapping.rules': string('DEFAULT', {
    importance: 'low',
    doc: "How a certificate's name becomes a principal.",
  }),
  'ssl.protocol': string('TLSv1.3', { update: 'per-broker', doc: 'The TLS version of outgoing connections.' }),
  'ssl.provider': string(null, { update: 'per-broker', ignored: true, doc: 'JVM security provider.' }),
  'ssl.secure.random.implementation': string(null, {
    importance: 'low',
    update: 'per-broker',
    ignored: true,
    doc: 'JVM random numbers.',
  }),
  'ssl.trustmanager.algorithm': string('PKIX', { update: 'per-broker', ignored: true, doc: 'JVM trust manager.' }),
  'ssl.truststore.certificates': password(null, { update: 'per-broker', doc: 'Trusted certificates, as PEM text.' }),
  'ssl.truststore.location': string(null, { update: 'per-broker', doc: 'The file with trusted certificates.' }),
  'ssl.truststore.password': password(null, { update: 'per-broker', doc: 'Password of that file.' }),
  'ssl.truststore.type': string('JKS', { update: 'per-broker', doc: 'Its format: PEM or PKCS12.' }),
};
