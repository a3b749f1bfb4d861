/** Grids with their worst open level in words, those with alerts first; what the map says in colour. */
import { rankOf } from '#model/level.ts';
import type { AlertJson, GridJson } from './api.ts';
import { LevelBadge } from './LevelBadge.tsx';
import { useText } from './language.ts';
import { worstByGrid, worstOf } from './levels.ts';
import { TIER } from './texts.ts';

const MAX_ROWS = 120;

export function GridTable({
  grids,
  open,
}: {
  readonly grids: ReadonlyMap<string, GridJson>;
  readonly open: readonly AlertJson[];
}) {
  const { t, s } = useText();
  const worst = worstByGrid(open, grids);
  const levelOf = (grid: GridJson) => worstOf(worst.get(grid.code));
  const rows = [...grids.values()]
    .sort(
      (a, b) => rankOf(levelOf(b).level) - rankOf(levelOf(a).level) || a.tier - b.tier || (a.code < b.code ? -1 : 1),
    )
    .slice(0, MAX_ROWS);
  return (
    <section className="panel" aria-label={t('grids')}>
      <h2>{t('grids')}</h2>
      <p className="hint">{t('selectHint')}</p>
      <table>
        <thead>
          <tr>
            <th scope="col">{t('grid')}</th>
            <th scope="col">{t('tier')}</th>
            <th scope="col">{t('worst')}</th>
            <th scope="col" className="number">
              {t('count')}
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((grid) => (
            <tr key={grid.code}>
              <td>{s(grid.name)}</td>
              <td>{s(TIER[grid.tier])}</td>
              <td>
                <LevelBadge level={levelOf(grid).level} />
              </td>
              <td className="number">{levelOf(grid).count}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
