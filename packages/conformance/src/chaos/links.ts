/**
 * The network between the brokers of a chaos run, so that it can be cut. As root every broker gets a network namespace
 * of its own on a bridge, and a cut is a route that swallows packets (namespace-links.ts); elsewhere brokers reach each
 * other through proxies in this process that stand still (proxy-links.ts). Clients reach every broker at all times.
 */
export interface Links extends AsyncDisposable {
  readonly kind: 'namespaces' | 'proxies';
  /** Settings that depend on the network: listeners, voters. */
  settingsOf(nodeId: number): Readonly<Record<string, string>>;
  /** What to put before the command of that broker's process. */
  launcherOf(nodeId: number): readonly string[];
  bootstrapOf(nodeId: number): string;
  httpOf(nodeId: number): string;
  /** What `from` sends to `to` does not arrive until `heal`. */
  cut(from: number, to: number): void;
  heal(): void;
}

export const nodeIds: readonly number[] = [1, 2, 3];
