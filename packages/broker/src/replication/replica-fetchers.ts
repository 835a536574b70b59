/** The fetchers of this broker, one per broker that leads something it follows; opened and closed as that changes. */
import type { PeerConnections } from '../channels.ts';
import { BrokerFetcher, type BrokerFetcherDeps } from './broker-fetcher.ts';
import type { Replica } from './replica.ts';

export class ReplicaFetchers {
  readonly #peers: PeerConnections;
  readonly #deps: BrokerFetcherDeps;
  readonly #byLeader = new Map<number, BrokerFetcher>();
  readonly #byReplica = new Map<Replica, BrokerFetcher>();

  constructor(peers: PeerConnections, deps: BrokerFetcherDeps) {
    this.#peers = peers;
    this.#deps = deps;
  }

  get followed(): number {
    return this.#byReplica.size;
  }

  follow(replica: Replica, leaderId: number): void {
    this.unfollow(replica);
    let fetcher = this.#byLeader.get(leaderId);
    if (fetcher === undefined) {
      fetcher = new BrokerFetcher(leaderId, this.#peers.open(leaderId, 'replication'), this.#deps);
      this.#byLeader.set(leaderId, fetcher);
    }
    fetcher.add(replica);
    this.#byReplica.set(replica, fetcher);
  }

  unfollow(replica: Replica): void {
    const fetcher = this.#byReplica.get(replica);
    if (fetcher === undefined) return;
    fetcher.remove(replica);
    this.#byReplica.delete(replica);
  }

  /** Closes the connections that nothing is fetched over any more; called when a metadata delta was applied. */
  closeIdle(): void {
    for (const [leaderId, fetcher] of this.#byLeader) {
      if (fetcher.size > 0) continue;
      fetcher.close();
      this.#byLeader.delete(leaderId);
    }
  }

  onReplicated(replica: Replica, logEndOffset: number): void {
    this.#byReplica.get(replica)?.onReplicated(replica, logEndOffset);
  }

  onLogFailed(replica: Replica): void {
    this.#byReplica.get(replica)?.onLogFailed(replica);
  }

  onBrokerChanged(brokerId: number): void {
    this.#byLeader.get(brokerId)?.retryNow();
  }

  close(): void {
    for (const fetcher of this.#byLeader.values()) fetcher.close();
    this.#byLeader.clear();
    this.#byReplica.clear();
  }
}
