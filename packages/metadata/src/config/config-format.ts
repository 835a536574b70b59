/**
 * Config values as Kafka prints them: Java's texts of numbers, lists joined by commas.
 */
import type { ConfigType, ConfigValue } from './config-definition.ts';

const longMaxText = '9223372036854775807';

export function formatValue(type: ConfigType, value: ConfigValue): string | null {
  if (value === null) return null;
  if (typeof value === 'object') return value.join(',');
  if (typeof value !== 'number') return String(value);
  if (type === 'double') return javaDouble(value);
  return type === 'long' && value === Number.MAX_SAFE_INTEGER ? longMaxText : String(value);
}

/** As Double.toString: always a fraction, and an exponent outside 10^-3 to 10^7. */
function javaDouble(value: number): string {
  const size = Math.abs(value);
  if (value === 0 || (size >= 1e-3 && size < 1e7)) return Number.isInteger(value) ? `${value}.0` : String(value);
  const [digits = '', exponent = ''] = value.toExponential().split('e');
  return `${digits.includes('.') ? digits : `${digits}.0`}E${exponent.replace('+', '')}`;
}
