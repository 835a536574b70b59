/**
 * One real broker with a well-behaved client beside it that works all the time, and the judgement at the end: the same
 * process lives, the neighbour saw nothing but right answers in good time, memory is bounded, the log tells of no bug
 * and fools no terminal, and nothing was written outside of the data directory.
 */
import { expect } from 'vitest';
import { Neighbour } from './neighbour.ts';
import { RawClient } from './raw-client.ts';
import { TidelogCluster, type TidelogProcess } from './tidelog-process.ts';
import { forgetPeak, longestTurnMs, peakMebibytes, strangeFiles, suspiciousLines } from './watch.ts';

/** Enough for a slow machine, and far below what anybody calls an outage. */
const neighbourP99Ms = 1000;

export interface Judgement {
  /** The most that the process may come to take above what it took at the start. */
  readonly growthMebibytes: number;
  /** Complaints of the log that the test provokes on purpose. */
  readonly expectedErrors?: RegExp;
}

export class Besieged {
  readonly cluster: TidelogCluster;
  readonly node: TidelogProcess;
  readonly neighbour: Neighbour;
  readonly #pid: number;
  #restingMebibytes = 0;
  #servedAt = 0;

  private constructor(cluster: TidelogCluster) {
    this.cluster = cluster;
    this.node = cluster.node(1);
    this.neighbour = new Neighbour(this.node.port);
    this.#pid = this.node.pid ?? 0;
  }

  static async start(settings: Readonly<Record<string, string | number>> = {}): Promise<Besieged> {
    const besieged = new Besieged(await TidelogCluster.start({ brokers: 1, settings, probe: true }));
    await besieged.neighbour.served();
    besieged.#servedAt = Date.now();
    forgetPeak(besieged.#pid);
    besieged.#restingMebibytes = peakMebibytes(besieged.#pid);
    return besieged;
  }

  connect(options: { readonly keep?: boolean } = {}): RawClient {
    return new RawClient(this.node.port, options);
  }

  growthMebibytes(): number {
    return peakMebibytes(this.#pid) - this.#restingMebibytes;
  }

  /** Judges and ends the broker. */
  async judge({ growthMebibytes, expectedErrors = /^$/ }: Judgement): Promise<void> {
    const growth = this.growthMebibytes();
    const report = await this.neighbour.end();
    const figures = `${report.rounds} rounds, p50 ${report.p50Ms} ms, p99 ${report.p99Ms} ms, max ${report.maxMs} ms`;
    const turnMs = longestTurnMs(this.node.output(), this.#servedAt);
    console.log(`neighbour: ${figures}; peak memory grew by ${Math.round(growth)} MiB; longest turn ${turnMs} ms`);
    const lines = suspiciousLines(this.node.output()).filter((line) => !expectedErrors.test(line));
    const strange = strangeFiles(this.node);
    const alive = this.node.isRunning;
    await this.cluster[Symbol.asyncDispose]();
    expect(alive).toBe(true);
    expect(report.failures).toEqual([]);
    expect(report.rounds).toBeGreaterThan(20);
    expect(report.p99Ms).toBeLessThan(neighbourP99Ms);
    expect(lines).toEqual([]);
    expect(strange).toEqual([]);
    expect(growth).toBeLessThan(growthMebibytes);
  }
}
