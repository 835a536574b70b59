/**
 * JSON lines through pino. Loading pino takes 30 ms, which a starting broker has better use for: lines logged before it
 * is there wait in memory and come out first, with the time at which they were logged.
 */
import type { LogFields, Logger } from '@tidelog/core';
import type { Properties } from './properties.ts';

type Level = 'debug' | 'info' | 'warn' | 'error';

interface Line {
  readonly level: Level;
  readonly time: number;
  readonly fields: LogFields;
  readonly message: string;
}

type Sink = (line: Line) => void;

export interface LoggingOptions {
  readonly level: Level | 'silent';
  /** Fields of every line, such as the node's id. */
  readonly base: LogFields;
}

export interface ServerLogger extends Logger {
  /** Loads pino and writes what has waited. Call it when the broker is ready, or is about to exit. */
  open(): Promise<void>;
}

const ranks: Readonly<Record<Level | 'silent', number>> = { debug: 0, info: 1, warn: 2, error: 3, silent: 4 };

const levels = ['debug', 'info', 'warn', 'error'] as const;

/** log.level, for the lines from before the configuration is checked too; that refuses what is no level. */
export function logLevelOf(texts: Properties): Level {
  const asked = texts.get('log.level');
  return levels.find((level) => level === asked) ?? 'info';
}

/**
 * JSON leaves some characters as they are by which a terminal is told what to do, or shows text other than it is: C1
 * controls, line separators and marks of direction. They come off the wire, in client ids and names.
 */
function escapeForTerminals(line: string): string {
  return line.replaceAll(/[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

export function createLogger({ level, base }: LoggingOptions): ServerLogger {
  let waiting: Line[] | undefined = [];
  let sink: Sink = (line) => waiting?.push(line);
  const log =
    (at: Level) =>
    (fields: LogFields, message: string): void => {
      if (ranks[at] >= ranks[level]) sink({ level: at, time: Date.now(), fields, message });
    };
  let opened: Promise<void> | undefined;
  const open = async (): Promise<void> => {
    const { pino } = (await import('pino')).default;
    const { err } = pino.stdSerializers;
    const options = { level, base, timestamp: false, messageKey: 'message', serializers: { err } };
    const output = pino.destination({ sync: true });
    const logger = pino(options, { write: (line) => void output.write(escapeForTerminals(line)) });
    sink = ({ level: at, time, fields, message }) => logger[at]({ time, ...fields }, message);
    for (const line of waiting ?? []) sink(line);
    waiting = undefined;
  };
  return {
    debug: log('debug'),
    info: log('info'),
    warn: log('warn'),
    error: log('error'),
    open: () => (opened ??= open()),
  };
}
