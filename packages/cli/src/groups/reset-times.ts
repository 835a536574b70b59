/** Times as Kafka's group tool takes them: `2026-11-29T12:00:00.000`, with a zone or without; ISO 8601 durations. */

const time = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:?\d{2})?$/;
const duration = /^(-)?P(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;

/** In milliseconds since 1970. A time without a zone is in UTC, as with Kafka. */
export function timeMs(text: string): number {
  const match = time.exec(text);
  const zone = match?.[3];
  const parsed = match === null ? NaN : Date.parse(zone === undefined ? `${text}Z` : text);
  if (Number.isNaN(parsed))
    throw new Error(`--to-datetime takes a time such as 2026-11-29T12:00:00.000, not "${text}"`);
  return parsed;
}

export function durationMs(text: string): number {
  const match = duration.exec(text);
  if (match === null || text === 'P' || text === '-P') {
    throw new Error(`--by-duration takes an ISO 8601 duration such as PT2H30M or P1D, not "${text}"`);
  }
  const [, sign, ...parts] = match;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = parts.map((part) => Number(part ?? 0));
  return Math.abs((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000) * (sign === undefined ? 1 : -1);
}
