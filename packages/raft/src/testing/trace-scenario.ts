/**
 * Scenarios as text: blocks of commands, a line `----`, and what came of them. A scenario file is rewritten from the
 * run when TIDELOG_REWRITE_TRACES=1 is set; otherwise it must match.
 *
 *   cluster <members> <voters>      makes the quorum; everything is down
 *   static <members> <voters>       as cluster, of voters whose directories are not known (kraft.version 0)
 *   start <id>... | crash <id>... | shutdown <id>...
 *   run <ms>                        virtual time passes
 *   replace <id>...                 crash, and come back with an empty disk
 *   propose <id> <value>
 *   isolate <id>... | heal          nothing gets to or from these members | everything gets through again
 *   snapshot <id>                   writes one of what is committed and drops the log below
 *   add <leader> <id> | remove <leader> <id>      voters
 *   state                           one line per member
 *   quiet <ms>                      as run, without the trace
 */
import { raftInvariants } from '../core/invariants/all.ts';
import type { CoreConfig } from '../core/member.ts';
import { SimCluster } from './sim-cluster.ts';

export function runScenario(text: string, config: CoreConfig): string {
  const runner = new ScenarioRunner(config);
  const out: string[] = [];
  let inOutput = false;
  let commands: string[] = [];
  for (const line of text.trimEnd().split('\n')) {
    if (line === '----') {
      out.push(line, ...runner.run(commands));
      commands = [];
      inOutput = true;
    } else if (inOutput) {
      if (line !== '') continue;
      inOutput = false;
      out.push(line);
    } else {
      if (line !== '' && !line.startsWith('#')) commands.push(line);
      out.push(line);
    }
  }
  return `${out.join('\n')}\n`;
}

class ScenarioRunner {
  readonly #config: CoreConfig;
  #cluster: SimCluster | undefined;
  #lines: string[] = [];
  #isQuiet = false;

  constructor(config: CoreConfig) {
    this.#config = config;
  }

  run(commands: readonly string[]): string[] {
    this.#lines = [];
    for (const command of commands) this.#execute(command);
    return this.#lines.length > 0 ? this.#lines : ['ok'];
  }

  #execute(command: string): void {
    const [verb = '', ...args] = command.split(' ');
    const numbers = args.map(Number);
    const [first = 0, second = 0] = numbers;
    if (verb === 'cluster' || verb === 'static') {
      this.#cluster = this.#make({ members: first, voters: second, isStatic: verb === 'static' });
      return;
    }
    const cluster = this.#cluster;
    if (cluster === undefined) throw new Error('a scenario begins with `cluster` or `static`');
    switch (verb) {
      case 'start':
        return numbers.forEach((id) => cluster.start(id));
      case 'crash':
        return numbers.forEach((id) => cluster.crash(id));
      case 'replace':
        return numbers.forEach((id) => replaceDisk(cluster, id));
      case 'shutdown':
        return numbers.forEach((id) => cluster.step(cluster.member(id), { kind: 'shutdownRequested' }));
      case 'run':
        return cluster.runUntil(cluster.now + first);
      case 'quiet':
        this.#isQuiet = true;
        cluster.runUntil(cluster.now + first);
        this.#isQuiet = false;
        return;
      case 'propose':
        if (cluster.propose(cluster.member(first), args[1]) === undefined) this.#lines.push(`${first} does not lead`);
        return;
      case 'isolate':
        return numbers.forEach((id) => isolate(cluster, id));
      case 'heal':
        return cluster.cuts.clear();
      case 'snapshot':
        return cluster.snapshot(cluster.member(first), true);
      case 'add':
      case 'remove':
        return this.#changeVoters(cluster, verb, first, second);
      case 'state':
        return this.#describe(cluster);
      default:
        throw new Error(`unknown command: ${command}`);
    }
  }

  #make(shape: { members: number; voters: number; isStatic: boolean }): SimCluster {
    const trace = (line: string): void => {
      if (!this.#isQuiet && !isRoutine(line)) this.#lines.push(line);
    };
    return new SimCluster({ seed: 1, ...shape, config: this.#config, invariants: raftInvariants(), trace });
  }

  #changeVoters(cluster: SimCluster, verb: 'add' | 'remove', leaderId: number, id: number): void {
    const voter = cluster.member(id).key;
    const endpoints = [{ name: 'CONTROLLER', host: `n${id}`, port: 9093 }];
    const onAnswer = ({ error }: { error: number }): void =>
      void this.#lines.push(`      ${verb} ${id}: error ${error}`);
    const leader = cluster.member(leaderId);
    if (verb === 'remove') cluster.request(leader, { kind: 'removeVoter', voter }, onAnswer);
    else {
      const asked = { voter, endpoints, timeoutMs: 1000, ackWhenCommitted: true };
      cluster.request(leader, { kind: 'addVoter', ...asked }, onAnswer);
    }
  }

  #describe({ members }: SimCluster): void {
    for (const { id, core } of members) {
      if (core === undefined) this.#lines.push(`${id} down`);
      else {
        const { role, log, leaderId } = core;
        const voters = log.voters.voters.map((voter) => voter.id).join(',');
        const range = `${log.startOffset}..${log.endOffset}@${log.lastEpoch}`;
        const line = `${id} ${role.role} epoch=${role.epoch} leader=${leaderId} log=${range} hw=${log.highWatermark}`;
        this.#lines.push(`${line} voters=${voters}`);
      }
    }
  }
}

/** Fetches that bring nothing would drown everything else. */
function isRoutine(line: string): boolean {
  return / (?:send fetch epoch|answer fetch hw=-?\d+$)/.test(line);
}

function replaceDisk(cluster: SimCluster, id: number): void {
  const member = cluster.member(id);
  cluster.crash(id);
  member.replaceDisk(member.key.directoryId);
  cluster.start(id);
}

function isolate({ members, cuts }: SimCluster, id: number): void {
  for (const other of members) {
    cuts.add(`${id}>${other.id}`);
    cuts.add(`${other.id}>${id}`);
  }
}
