/** A program of ours in a process of its own that takes a message and answers with one. */
import { fork, type ChildProcess } from 'node:child_process';
import { resolve } from 'node:path';

export class Forked implements Disposable {
  readonly #child: ChildProcess;

  constructor(program: string, args: readonly string[] = []) {
    const file = resolve(import.meta.dirname, '../programs', program);
    this.#child = fork(file, args, {
      execArgv: ['--conditions=source'],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** What the program says next. */
  next<T>(): Promise<T> {
    return new Promise((resolve, reject) => {
      const onExit = (): void => reject(new Error('the program ended'));
      this.#child.once('exit', onExit);
      this.#child.once('message', (message) => {
        this.#child.off('exit', onExit);
        resolve(message as T);
      });
    });
  }

  ask<T>(message: object): Promise<T> {
    const answer = this.next<T>();
    this.#child.send(message);
    return answer;
  }

  [Symbol.dispose](): void {
    this.#child.kill('SIGKILL');
  }
}
