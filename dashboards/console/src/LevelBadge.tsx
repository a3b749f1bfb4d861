/** A level in colour and in words, never in colour alone. */
import type { LevelOrNone } from '#model/level.ts';
import { useText } from './language.ts';
import { LEVEL_LABEL } from './texts.ts';

export function LevelBadge({ level }: { readonly level: LevelOrNone }) {
  const { s } = useText();
  return <span className={`badge ${level}`}>{s(LEVEL_LABEL[level])}</span>;
}
