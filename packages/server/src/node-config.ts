/**
 * What `server.properties` comes to for one node: roles, listeners, directories, quorum. Checks what belongs together
 * the way Kafka does and says what to change. Pure: reads no file and no environment.
 */
import { ConfigError } from '@tidelog/metadata';
import { ConfigReader } from './config-reader.ts';
import { parseEndpoints, parseHostPorts, parseVoters, type Endpoint, type Voter } from './endpoints.ts';
import type { Properties } from './properties.ts';

export interface NodeConfig {
  readonly reader: ConfigReader;
  readonly nodeId: number;
  readonly isBroker: boolean;
  readonly isController: boolean;
  readonly rack: string | undefined;
  /** Listeners that brokers and clients use. */
  readonly brokerListeners: readonly Endpoint[];
  readonly controllerListeners: readonly Endpoint[];
  /** By listener name, as others reach this node. */
  readonly advertised: readonly Endpoint[];
  readonly interBrokerListenerName: string;
  /** Of the listeners by which controllers are reached; the first one is used. */
  readonly controllerListenerNames: readonly string[];
  readonly securityProtocols: ReadonlyMap<string, string>;
  readonly logDirs: readonly string[];
  readonly metadataLogDir: string;
  readonly quorum:
    | { readonly kind: 'static'; readonly voters: readonly Voter[] }
    | { readonly kind: 'bootstrap'; readonly servers: readonly { host: string; port: number }[] };
  readonly httpListener: { readonly host: string; readonly port: number } | undefined;
}

export function nodeConfigOf(texts: Properties): NodeConfig {
  const reader = new ConfigReader(texts);
  const roles = reader.list('process.roles');
  const isBroker = roles.includes('broker');
  const isController = roles.includes('controller');
  if (!isBroker && !isController)
    throw new ConfigError('process.roles', 'process.roles must name broker, controller or both');
  const controllerListenerNames = reader.list('controller.listener.names').map((name) => name.toUpperCase());
  const firstController = controllerListenerNames[0];
  if (firstController === undefined) {
    throw new ConfigError('controller.listener.names', 'controller.listener.names must name at least one listener');
  }
  const listeners = listenersOf(reader, isBroker);
  const controllerListeners = listeners.filter(({ listenerName }) => controllerListenerNames.includes(listenerName));
  const brokerListeners = listeners.filter(({ listenerName }) => !controllerListenerNames.includes(listenerName));
  if (isController && controllerListeners.length === 0) {
    throw new ConfigError('listeners', `listeners must have ${firstController}, because this node is a controller`);
  }
  if (!isController && controllerListeners.length > 0) {
    throw new ConfigError('listeners', `listeners must not have ${firstController}: this node is no controller`);
  }
  if (isBroker && brokerListeners.length === 0) {
    throw new ConfigError('listeners', 'listeners must have one for brokers and clients, such as PLAINTEXT://:9092');
  }
  const logDirs = reader.isSet('log.dirs') ? reader.list('log.dirs') : reader.list('log.dir');
  return {
    reader,
    nodeId: reader.number('node.id'),
    isBroker,
    isController,
    rack: reader.optionalString('broker.rack'),
    brokerListeners,
    controllerListeners,
    advertised: advertisedOf(reader, listeners),
    interBrokerListenerName: interBrokerListener(reader, brokerListeners),
    controllerListenerNames,
    securityProtocols: securityProtocolsOf(reader, listeners, controllerListenerNames),
    logDirs,
    metadataLogDir: reader.optionalString('metadata.log.dir') ?? logDirs[0] ?? '',
    quorum: quorumOf(reader),
    httpListener: httpListenerOf(reader),
  };
}

function listenersOf(reader: ConfigReader, isBroker: boolean): Endpoint[] {
  if (!reader.isSet('listeners') && !isBroker) {
    throw new ConfigError('listeners', 'listeners must be set on a node that is only a controller');
  }
  return parseEndpoints(reader.list('listeners').join(','), 'listeners');
}

/** advertised.listeners, completed by the listeners that it does not name; a host of "" means this machine's name. */
function advertisedOf(reader: ConfigReader, listeners: readonly Endpoint[]): Endpoint[] {
  const advertised = parseEndpoints(reader.list('advertised.listeners').join(','), 'advertised.listeners');
  for (const { listenerName, host } of advertised) {
    if (!listeners.some((listener) => listener.listenerName === listenerName)) {
      throw new ConfigError('advertised.listeners', `advertised.listeners has ${listenerName}, which listeners lacks`);
    }
    if (host === '0.0.0.0' || host === '::') {
      throw new ConfigError('advertised.listeners', `advertised.listeners: clients cannot connect to ${host}`);
    }
  }
  return listeners.map((listener) => {
    const named = advertised.find(({ listenerName }) => listenerName === listener.listenerName);
    if (named === undefined && listener.host === '0.0.0.0') {
      throw new ConfigError('advertised.listeners', 'clients cannot connect to 0.0.0.0: set advertised.listeners');
    }
    return named ?? listener;
  });
}

function interBrokerListener(reader: ConfigReader, brokerListeners: readonly Endpoint[]): string {
  const named = reader.optionalString('inter.broker.listener.name')?.toUpperCase();
  if (named === undefined) return brokerListeners[0]?.listenerName ?? '';
  if (brokerListeners.length > 0 && !brokerListeners.some(({ listenerName }) => listenerName === named)) {
    throw new ConfigError(
      'inter.broker.listener.name',
      `inter.broker.listener.name is ${named}, which listeners lacks`,
    );
  }
  return named;
}

function securityProtocolsOf(
  reader: ConfigReader,
  listeners: readonly Endpoint[],
  controllerNames: readonly string[],
): ReadonlyMap<string, string> {
  const key = 'listener.security.protocol.map';
  const map = new Map<string, string>();
  for (const entry of reader.string(key).split(',')) {
    const [name = '', protocol = ''] = entry.trim().split(':');
    map.set(name.toUpperCase(), protocol.toUpperCase());
  }
  for (const { listenerName } of listeners) {
    // As in Kafka, a controller listener that the map does not name is plaintext while the map is left at its default.
    const isDefault = !reader.isSet(key) && controllerNames.includes(listenerName);
    const protocol = map.get(listenerName) ?? (isDefault ? 'PLAINTEXT' : undefined);
    if (protocol === undefined) throw new ConfigError(key, `${key} has no protocol for the listener ${listenerName}`);
    if (protocol !== 'PLAINTEXT') {
      throw new ConfigError(
        key,
        `the listener ${listenerName} is ${protocol}: only PLAINTEXT is served by this version`,
      );
    }
    map.set(listenerName, protocol);
  }
  return map;
}

function quorumOf(reader: ConfigReader): NodeConfig['quorum'] {
  const voters = parseVoters(reader.list('controller.quorum.voters').join(','), 'controller.quorum.voters');
  if (voters.length > 0) return { kind: 'static', voters };
  const key = 'controller.quorum.bootstrap.servers';
  const servers = parseHostPorts(reader.list(key).join(','), key);
  if (servers.length > 0) return { kind: 'bootstrap', servers };
  throw new ConfigError('controller.quorum.voters', `set controller.quorum.voters, or ${key} for a dynamic quorum`);
}

function httpListenerOf(reader: ConfigReader): NodeConfig['httpListener'] {
  const first = reader.list('http.listeners')[0];
  if (first === undefined) return undefined;
  const match = /^http:\/\/(\[[^\]]*\]|[^:]*):(\d+)$/.exec(first.trim());
  if (match === null) throw new ConfigError('http.listeners', `http.listeners: "${first}" is not http://host:port`);
  return { host: (match[1] ?? '').replace(/^\[|\]$/g, ''), port: Number(match[2]) };
}
