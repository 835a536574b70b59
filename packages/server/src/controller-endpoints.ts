/** How other nodes reach the controller of this one. */
import { localHostName } from './local-host-name.ts';
import type { NodeConfig } from './node-config.ts';

export interface ControllerEndpoint {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

/** None where this node is no controller. Where no listener names a host, the list of voters does, or the machine. */
export function controllerEndpoints(config: NodeConfig): ControllerEndpoint[] {
  const { isController, advertised, controllerListenerNames, quorum, nodeId } = config;
  if (!isController) return [];
  const ownVoter = quorum.kind === 'static' ? quorum.voters.find((voter) => voter.nodeId === nodeId) : undefined;
  const ownHost = ownVoter?.host ?? localHostName();
  return advertised
    .filter(({ listenerName }) => controllerListenerNames.includes(listenerName))
    .map(({ listenerName, host, port }) => ({ name: listenerName, host: host === '' ? ownHost : host, port }));
}
