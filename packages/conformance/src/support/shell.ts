/** Runs an outside program to its end, with its output kept, or fails with what it said. */
import { spawn } from 'node:child_process';
import { createWriteStream, openSync } from 'node:fs';
import { Readable } from 'node:stream';

export interface Run {
  readonly program: string;
  readonly args: readonly string[];
  /** A file for its standard input. */
  readonly stdin?: string;
  /** Its standard input, as it comes. */
  readonly input?: AsyncIterable<Buffer>;
  /** A file for its standard output; it is returned as text otherwise. */
  readonly stdout?: string;
  /** A file for what it says on standard error; the end of it is kept for the message of a failure otherwise. */
  readonly stderr?: string;
  /** It may end with an error: the caller looks at what it wrote. */
  readonly mayFail?: boolean;
  readonly timeoutMs?: number;
  readonly environment?: Readonly<Record<string, string>>;
}

export async function runProgram(run: Run): Promise<string> {
  const { program, args, stdin, input, stdout, stderr, timeoutMs = 240_000, environment = {} } = run;
  const child = spawn(program, args, {
    stdio: [
      input !== undefined ? 'pipe' : stdin === undefined ? 'ignore' : openSync(stdin, 'r'),
      'pipe',
      stderr === undefined ? 'pipe' : openSync(stderr, 'w'),
    ],
    env: { ...process.env, ...environment },
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  });
  // What is left when the program ends goes nowhere; its exit code tells whether that is right.
  if (input !== undefined && child.stdin !== null) Readable.from(input).pipe(child.stdin.on('error', () => undefined));
  let text = '';
  let errors = '';
  if (stdout === undefined) child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
  const file = stdout === undefined ? undefined : child.stdout?.pipe(createWriteStream(stdout));
  const written = file === undefined ? undefined : new Promise((done) => void file.once('close', done));
  child.stderr?.on('data', (chunk: Buffer) => (errors = (errors + chunk.toString('utf8')).slice(-4000)));
  const code = await new Promise<number | null>((done) => void child.once('close', (status) => done(status)));
  await written;
  if (code !== 0 && run.mayFail !== true)
    throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${errors}\n${text.slice(-2000)}`);
  return text;
}
