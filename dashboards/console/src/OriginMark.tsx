/** The mark of an alert that is not live; a live one has none. */
import type { Origin } from '#model/reading.ts';
import { useText } from './language.ts';
import { ORIGIN_MARK } from './texts.ts';

export function OriginMark({ origin }: { readonly origin: Origin }) {
  const { s } = useText();
  return origin === 'live' ? null : <span className="chip origin">{s(ORIGIN_MARK[origin])}</span>;
}
