/** Listener lists as Kafka writes them: `PLAINTEXT://:9092,CONTROLLER://localhost:9093`, and voters `1@host:9093`. */
import { isUuid, zeroUuid, type Uuid } from '@tidelog/core';

export interface Endpoint {
  readonly listenerName: string;
  /** Empty: every interface. */
  readonly host: string;
  readonly port: number;
}

export interface Voter {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
  readonly directoryId: Uuid;
}

export function parseEndpoints(list: string, key: string): Endpoint[] {
  const endpoints = splitList(list).map((text) => {
    const match = /^([A-Za-z0-9_-]+):\/\/(\[[^\]]*\]|[^:]*):(-?\d+)$/.exec(text);
    if (match === null) throw new Error(`${key}: "${text}" is not NAME://host:port`);
    const [, listenerName = '', host = '', port = ''] = match;
    return { listenerName: listenerName.toUpperCase(), host: host.replace(/^\[|\]$/g, ''), port: parsePort(port, key) };
  });
  const names = endpoints.map(({ listenerName }) => listenerName);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new Error(`${key}: the listener ${twice} is there twice; give each its own name`);
  return endpoints;
}

/** `id@host:port` (controller.quorum.voters) or `id@host:port:directoryId` (--initial-controllers). */
export function parseVoters(list: string, key: string): Voter[] {
  return splitList(list).map((text) => {
    const match = /^(\d+)@(\[[^\]]*\]|[^:]+):(\d+)(?::([A-Za-z0-9_-]{22}))?$/.exec(text);
    if (match === null) throw new Error(`${key}: "${text}" is not id@host:port`);
    const [, id = '', host = '', port = '', directoryId = zeroUuid] = match;
    if (!isUuid(directoryId)) throw new Error(`${key}: "${directoryId}" is not a directory id`);
    return { nodeId: Number(id), host: host.replace(/^\[|\]$/g, ''), port: parsePort(port, key), directoryId };
  });
}

export function parseHostPorts(list: string, key: string): { host: string; port: number }[] {
  return splitList(list).map((text) => {
    const match = /^(\[[^\]]*\]|[^:]+):(\d+)$/.exec(text);
    if (match === null) throw new Error(`${key}: "${text}" is not host:port`);
    const [, host = '', port = ''] = match;
    return { host: host.replace(/^\[|\]$/g, ''), port: parsePort(port, key) };
  });
}

export function splitList(list: string): string[] {
  return list
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function parsePort(text: string, key: string): number {
  const port = Number(text);
  if (port < 0 || port > 65_535) throw new Error(`${key}: ${text} is not a port (0 to 65535)`);
  return port;
}
