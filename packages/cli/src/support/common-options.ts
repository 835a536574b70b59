/** Options that every verb which talks to a cluster has. */
import { InvalidArgumentError, type Command } from 'commander';
import { Admin } from './admin.ts';

export interface CommonFlags {
  readonly bootstrapServer: string;
  readonly timeout: string;
  readonly json?: boolean;
}

export function withCommonOptions(command: Command): Command {
  return command
    .option('--bootstrap-server <host:port,...>', 'where the cluster is', 'localhost:9092')
    .option('--timeout <ms>', 'how long to wait for an answer', wholeNumber, '30000')
    .option('--json', 'print JSON');
}

/** Runs a verb with a connection that is closed at its end. */
export async function withAdmin<T>(flags: CommonFlags, run: (admin: Admin) => Promise<T>): Promise<T> {
  await using admin = new Admin(flags.bootstrapServer, Number(flags.timeout));
  return await run(admin);
}

/** For options that are numbers: refuses what is none before anything is done. */
export function wholeNumber(text: string): string {
  if (!/^[+-]?\d+$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return text;
}

/** For options that may be repeated. */
export function collect(value: string, all: readonly string[]): string[] {
  return [...all, value];
}

/** `key=value` texts as pairs. */
export function keyValues(texts: readonly string[], option: string): { name: string; value: string }[] {
  return texts.map((text) => {
    const at = text.indexOf('=');
    if (at <= 0) throw new Error(`${option} takes key=value, not "${text}"`);
    return { name: text.slice(0, at), value: text.slice(at + 1) };
  });
}
