/** One plain page: the list, asked again every few seconds, and the forms of what may be done. */
import { useCallback, useEffect, useState } from 'react';
import { call, callAll } from '../api.ts';
import { dayTimeText } from '../format.ts';
import { useLang, useText } from '../language.ts';
import { ActionForm } from './ActionForm.tsx';
import { TrendChart } from './pages/trend-chart.tsx';
import type { Action, PageSpec, Row, Saying } from './spec.ts';

const EVERY_MS = 5_000;

type Loaded = { readonly body: unknown; readonly rows: readonly Row[]; readonly problem: string };

async function load(spec: PageSpec, path: string): Promise<Loaded> {
  if (spec.paged === true) {
    const answer = await callAll<Row>(path, 20);
    if (answer.ok) return { body: { items: answer.body }, rows: answer.body, problem: '' };
    return { body: null, rows: [], problem: answer.message };
  }
  const answer = await call<unknown>('GET', path);
  if (answer.ok) return { body: answer.body, rows: spec.rows(answer.body), problem: '' };
  return { body: null, rows: [], problem: answer.message };
}

type Doing = { readonly action: Action; readonly row: Row } | null;

export function WorkPage({ spec, id, zone }: { readonly spec: PageSpec; readonly id: string; readonly zone: string }) {
  const { t, s } = useText();
  const lang = useLang();
  const [loaded, setLoaded] = useState<Loaded | null>(null);
  const [doing, setDoing] = useState<Doing>(null);
  const path = spec.path.replace(':id', encodeURIComponent(id));
  const look = useCallback(async () => setLoaded(await load(spec, path)), [spec, path]);
  useEffect(() => {
    void look();
    const timer = setInterval(look, spec.everyMs ?? EVERY_MS);
    return () => clearInterval(timer);
  }, [look, spec.everyMs]);
  const time = (value: unknown): string => {
    const atMs = typeof value === 'number' ? value : typeof value === 'string' ? Date.parse(value) : Number.NaN;
    return Number.isFinite(atMs) ? dayTimeText(atMs, zone) : '—';
  };
  const saying: Saying = { lang, s, time };
  const done = () => {
    setDoing(null);
    void look();
  };
  return (
    <section className="work-page" data-page={spec.id}>
      <h2>{s(spec.title)}</h2>
      <p>{s(spec.hint)}</p>
      {spec.summary !== undefined && loaded?.body != null && (
        <p className="work-summary">{spec.summary(loaded.body, saying)}</p>
      )}
      <div className="work-create">
        {(spec.create ?? []).map((action) => (
          <button type="button" key={action.id} onClick={() => setDoing({ action, row: { id } })} data-do={action.id}>
            {s(action.label)}
          </button>
        ))}
      </div>
      {spec.links !== undefined && (
        <p className="work-links">
          {spec.links.map(({ label, href }) => (
            <a key={href} href={href} download>
              {s(label)}
            </a>
          ))}
        </p>
      )}
      {doing !== null && (
        <ActionForm
          key={`${doing.action.id} ${spec.keyOf(doing.row)}`}
          {...doing}
          done={done}
          leave={() => setDoing(null)}
        />
      )}
      {loaded !== null && loaded.problem !== '' && (
        <p className="problem" role="alert">
          {loaded.problem}
        </p>
      )}
      <div className="work-scroll">
        <table>
          <thead>
            <tr>
              {spec.columns.map((column) => (
                <th key={column.label.en} scope="col">
                  {s(column.label)}
                </th>
              ))}
              {(spec.actions.length > 0 || spec.open !== undefined) && <th scope="col">{t('doWhat')}</th>}
            </tr>
          </thead>
          <tbody>
            {(loaded?.rows ?? []).map((row) => (
              <tr key={spec.keyOf(row)} data-row={spec.keyOf(row)}>
                {spec.columns.map((column) => (
                  <td key={column.label.en} className={column.mark?.(row) ?? ''}>
                    {column.link === undefined ? (
                      column.show(row, saying)
                    ) : (
                      <a href={column.link(row)} target="_blank" rel="noreferrer">
                        {s(column.label)}
                      </a>
                    )}
                  </td>
                ))}
                {(spec.actions.length > 0 || spec.open !== undefined) && (
                  <td className="work-actions">
                    {spec.open?.(row) != null && <a href={spec.open(row) ?? ''}>{t('open')}</a>}
                    {spec.actions
                      .filter((action) => action.when?.(row) ?? true)
                      .map((action) => (
                        <button
                          type="button"
                          key={action.id}
                          onClick={() => setDoing({ action, row })}
                          data-do={action.id}
                        >
                          {s(action.label)}
                        </button>
                      ))}
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
        {loaded !== null && loaded.rows.length === 0 && loaded.problem === '' && <p>{t('nothingHere')}</p>}
        {loaded?.body != null &&
          spec.charts?.(loaded.body).map((chart) => <TrendChart key={chart.id} chart={chart} zone={zone} />)}
      </div>
    </section>
  );
}
