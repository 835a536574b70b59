/**
 * A record without what only its bytes need: the state that it stands for.
 */
import type { RecordExtras } from '../metadata-record.ts';

type State<R> = Omit<R, 'type' | keyof RecordExtras>;

export function withoutExtras<R extends RecordExtras & { readonly type: string }>(record: R): State<R> {
  const { type: _type, requiredLevel: _level, unknownFields: _fields, unknownEnvelopeFields: _more, ...state } = record;
  return state;
}
