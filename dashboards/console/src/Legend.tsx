/** What shapes and colours on the map mean, in words. */
import type { HazardPoint } from '#model/registry.ts';
import { useText } from './language.ts';
import { LEVEL_COLOUR, WORST_FIRST } from './levels.ts';
import { SHAPES } from './shapes.ts';
import { LEVEL_LABEL, POINT_KIND } from './texts.ts';

const KINDS = Object.keys(SHAPES) as readonly HazardPoint['kind'][];

function Mark({ kind }: { readonly kind: HazardPoint['kind'] }) {
  const corners = SHAPES[kind].map(([x, y]) => `${8 + x * 5},${8 + y * 5}`).join(' ');
  return (
    <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
      <polygon points={corners} fill="#52677a" />
    </svg>
  );
}

function Swatch({ colour }: { readonly colour: string }) {
  return (
    <svg width="14" height="12" viewBox="0 0 14 12" aria-hidden="true">
      <rect width="14" height="12" rx="2" fill={colour} />
    </svg>
  );
}

export function Legend() {
  const { t, s } = useText();
  return (
    <section className="legend" aria-label={t('legend')}>
      <ul>
        {WORST_FIRST.map((level) => (
          <li key={level}>
            <Swatch colour={LEVEL_COLOUR[level]} />
            {s(LEVEL_LABEL[level])}
          </li>
        ))}
      </ul>
      <ul>
        {KINDS.map((kind) => (
          <li key={kind}>
            <Mark kind={kind} />
            {s(POINT_KIND[kind])}
          </li>
        ))}
        <li>{t('offline')}</li>
      </ul>
    </section>
  );
}
