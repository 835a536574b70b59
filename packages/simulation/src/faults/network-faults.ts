/** Links that are cut, in one direction or both, slow, lossy or clogged; connections that are reset. */
import { duration, pick, type Fault, type FaultContext } from './fault.ts';

interface Cut {
  readonly from: string;
  readonly to: string;
}

const longestCutMs = 25_000;

function hostsOf({ cluster }: FaultContext): string[] {
  return cluster.nodes.map(({ hostName }) => hostName);
}

export function cutForAWhile(context: FaultContext, cuts: readonly Cut[], what: string): boolean {
  const { cluster, random, later, note } = context;
  const ms = duration(random, longestCutMs);
  note(`${what} for ${Math.round(ms)} ms`);
  for (const { from, to } of cuts) cluster.fabric.link(from, to).cut();
  later(ms, () => {
    for (const { from, to } of cuts) cluster.fabric.link(from, to).heal();
  });
  return true;
}

const isolate: Fault = {
  name: 'isolation',
  inject(context) {
    const hosts = hostsOf(context);
    const one = pick(context.random, hosts) ?? '';
    const others = hosts.filter((host) => host !== one);
    const cuts = others.flatMap((other) => [
      { from: one, to: other },
      { from: other, to: one },
    ]);
    return cutForAWhile(context, cuts, `${one} is cut off from the other nodes`);
  },
};

const oneWay: Fault = {
  name: 'one-way cut',
  inject(context) {
    const hosts = hostsOf(context);
    const one = pick(context.random, hosts) ?? '';
    const others = hosts.filter((host) => host !== one);
    const inward = context.random.next() < 0.5;
    const cuts = others.map((other) => (inward ? { from: other, to: one } : { from: one, to: other }));
    return cutForAWhile(context, cuts, `nothing gets ${inward ? 'to' : 'out of'} ${one} from or to other nodes`);
  },
};

const pairCut: Fault = {
  name: 'cut between two',
  inject(context) {
    const hosts = hostsOf(context);
    const one = pick(context.random, hosts) ?? '';
    const other = pick(
      context.random,
      hosts.filter((host) => host !== one),
    );
    if (other === undefined) return false;
    const both = context.random.next() < 0.5;
    const cuts = [{ from: one, to: other }, ...(both ? [{ from: other, to: one }] : [])];
    return cutForAWhile(context, cuts, `${one} and ${other} are cut ${both ? 'both ways' : 'one way'}`);
  },
};

const slowLink: Fault = {
  name: 'slow and lossy link',
  inject({ cluster, random, later, note }) {
    const links = [...cluster.fabric.links()];
    const chosen = links.filter(() => random.next() < 0.3);
    const latencyMs = 1 + 300 * random.next() ** 2;
    const loss = random.next() < 0.5 ? 0 : 0.2 * random.next();
    note(`${chosen.length} links take ${Math.round(latencyMs)} ms and lose ${Math.round(loss * 100)} %`);
    const before = chosen.map((link) => ({ ...link.settings }));
    for (const { settings } of chosen) Object.assign(settings, { latencyMs, jitterMs: latencyMs, loss });
    later(duration(random, 20_000), () => {
      for (const [i, { settings }] of chosen.entries()) {
        const { latencyMs: ms = 0.15, jitterMs = 0.2 } = before[i] ?? {};
        Object.assign(settings, { latencyMs: ms, jitterMs, loss: 0 });
      }
    });
    return true;
  },
};

const clog: Fault = {
  name: 'clog',
  inject({ cluster, random, later, note }) {
    const link = pick(random, [...cluster.fabric.links()]);
    if (link === undefined) return false;
    note('a link is clogged');
    const { bytesPerMs } = link.settings;
    link.settings.bytesPerMs = 0.5 + 20 * random.next();
    later(duration(random, 10_000), () => (link.settings.bytesPerMs = bytesPerMs));
    return true;
  },
};

const resets: Fault = {
  name: 'connection resets',
  inject({ cluster, random, note }) {
    const node = pick(random, cluster.upNodes);
    if (node?.owner === undefined) return false;
    const count = cluster.fabric.resetSome(node.owner, random.next());
    note(`${count} connections of node ${node.id} are reset`);
    return true;
  },
};

export const networkFaults: readonly Fault[] = [isolate, oneWay, pairCut, slowLink, clog, resets];
