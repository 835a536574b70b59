/** The controller role: decides while its node leads the quorum, and serves the controller listener. */
import { Controller } from '@tidelog/controller';
import { Dispatcher, KafkaListener } from '@tidelog/net';
import { advertisedFeatures } from '../features.ts';
import { controllerConfig, networkLimits } from '../settings.ts';
import type { NodeParts } from '../tidelog-node.ts';
import { quorumHandlers } from './quorum-member.ts';

export interface RunningController {
  notReady(): string | undefined;
}

export async function startController(parts: NodeParts): Promise<RunningController> {
  const { world, logger, metrics, raft, config, loader, onFatal } = parts;
  const controller = new Controller({
    world,
    logger,
    metrics,
    raft,
    onFatal,
    nodeId: config.nodeId,
    clusterId: parts.realClusterId,
    config: controllerConfig(config),
  });
  const quorum = quorumHandlers(raft);
  const dispatcher = new Dispatcher({
    world,
    logger,
    metrics,
    listenerKind: 'controller',
    handlers: [...controller.handlers(quorum), ...quorum],
    features: () => advertisedFeatures(loader.image, raft.kraftVersion),
  });
  for (const { listenerName, host, port } of config.controllerListeners) {
    const listener = new KafkaListener({
      world,
      logger,
      metrics,
      dispatcher,
      host,
      port,
      name: listenerName,
      limits: networkLimits(config),
      budgets: parts.budgets,
      isPrivileged: true,
    });
    await listener.start();
    parts.onStop(() => listener.stop());
  }
  controller.start();
  parts.onStop(() => controller.stop());
  return { notReady: () => (raft.state().leaderId < 0 ? 'no controller is active' : undefined) };
}
