import { hostname } from 'node:os';

/** How others reach this machine when `listeners` names no host: by the machine's own name, as Kafka does. */
export function localHostName(): string {
  return hostname();
}
