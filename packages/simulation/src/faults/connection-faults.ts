/**
 * Faults of single connections, and of the ways between clients and brokers. TCP neither repeats nor reorders what it
 * delivers on a connection; what a server sees twice or too late comes over several: one breaks for its sender while
 * its bytes are still under way, the sender asks again over the next one, and the old request arrives behind the new.
 */
import { cutForAWhile } from './network-faults.ts';
import { duration, pick, type Fault, type FaultContext } from './fault.ts';
import { healthyLink } from '../world/sim-link.ts';
import type { Process } from '../world/sim-network.ts';
import type { SimSocket } from '../world/sim-socket.ts';

const longestHoldMs = 15_000;
const longestPatienceMs = 500;
const longestDelayMs = 2000;
const longestTroubleMs = 20_000;

function clients({ cluster }: FaultContext): Process[] {
  const machines = new Set(cluster.nodes.map(({ hostName }) => hostName));
  return cluster.fabric.processes().filter(({ host }) => !machines.has(host));
}

/** A broker as often as a client. */
function anyProcess(context: FaultContext): Process | undefined {
  const { cluster, random } = context;
  if (random.next() < 0.5) return pick(random, clients(context));
  const node = pick(random, cluster.upNodes);
  return node?.owner === undefined ? undefined : { host: node.hostName, owner: node.owner };
}

/** Later connections of the process overtake these; some it takes for broken when it has sent something over them. */
const stranding: Fault = {
  name: 'stranded requests',
  inject(context) {
    const { cluster, random, later, note } = context;
    const { fabric } = cluster;
    const process = anyProcess(context);
    if (process === undefined) return false;
    const share = random.next();
    const sockets = fabric.socketsOf(process.owner).filter(() => random.next() < share);
    // Long enough for most of them to be used.
    const ms = 1000 + longestHoldMs * random.next() ** 2;
    note(`${sockets.length} connections of ${process.host} do not get its bytes through for ${Math.round(ms)} ms`);
    fabric.hold(sockets);
    for (const socket of sockets) if (random.next() < 0.7) loseWhenSent(context, socket);
    later(ms, () => fabric.release(sockets));
    return true;
  },
};

function loseWhenSent(context: FaultContext, socket: SimSocket): void {
  const { random, later } = context;
  later(longestPatienceMs * random.next(), () => {
    if (socket.out.isUnderWay) socket.lose();
    else if (socket.out.isHeld) loseWhenSent(context, socket);
  });
}

/** Whoever asks again asks for what has been done. */
const lostAnswers: Fault = {
  name: 'lost answers',
  inject(context) {
    const { cluster, random, note } = context;
    const process = anyProcess(context);
    if (process === undefined) return false;
    const share = random.next();
    const dialed = cluster.fabric.socketsOf(process.owner).filter(({ isDialed }) => isDialed);
    const sockets = dialed.filter(() => random.next() < share);
    note(`${sockets.length} connections of ${process.host} break when the next answer comes`);
    for (const socket of sockets) socket.losesNextAnswer = true;
    return true;
  },
};

const tornSegments: Fault = {
  name: 'torn segments',
  inject({ cluster, random, later, note }) {
    const links = [...cluster.fabric.links()].filter(() => random.next() < 0.5);
    note(`segments are torn and merged on ${links.length} links`);
    for (const { settings } of links) settings.tears = true;
    later(duration(random, longestTroubleMs), () => {
      for (const { settings } of links) settings.tears = false;
    });
    return true;
  },
};

const clientCut: Fault = {
  name: 'client cut off',
  inject(context) {
    const { cluster, random } = context;
    const client = pick(random, clients(context));
    const node = pick(random, cluster.nodes);
    if (client === undefined || node === undefined) return false;
    const from = random.next() < 0.7 ? [node] : cluster.nodes;
    const direction = random.below(3);
    const cuts = from.flatMap(({ hostName }) => {
      const to = { from: client.host, to: hostName };
      const back = { from: hostName, to: client.host };
      return [[to], [back], [to, back]][direction] ?? [];
    });
    const way = direction === 2 ? '' : ', one way';
    const whom = from.length === 1 ? node.hostName : 'all nodes';
    return cutForAWhile(context, cuts, `client ${client.host} is cut off from ${whom}${way}`);
  },
};

const clientDelay: Fault = {
  name: 'slow way to a client',
  inject(context) {
    const { cluster, random, later, note } = context;
    const client = pick(random, clients(context));
    const node = pick(random, cluster.nodes);
    if (client === undefined || node === undefined) return false;
    const ways = [cluster.fabric.link(client.host, node.hostName), cluster.fabric.link(node.hostName, client.host)];
    const { latencyMs, jitterMs, bytesPerMs, loss } = healthyLink;
    const isClogged = random.next() < 0.5;
    const latency = 10 + longestDelayMs * random.next() ** 2;
    const worse = isClogged
      ? { bytesPerMs: 0.2 + 5 * random.next() }
      : { latencyMs: latency, jitterMs: latency, loss: 0.2 * random.next() };
    note(`what ${client.host} and ${node.hostName} say to one another ${isClogged ? 'is clogged' : 'takes its time'}`);
    for (const { settings } of ways) Object.assign(settings, worse);
    later(duration(random, longestTroubleMs), () => {
      for (const { settings } of ways) Object.assign(settings, { latencyMs, jitterMs, bytesPerMs, loss });
    });
    return true;
  },
};

export const connectionFaults: readonly Fault[] = [stranding, lostAnswers, tornSegments, clientCut, clientDelay];
