/** One point: its sensors with their newest readings, its open alerts, its last hours. */
import type { AlertJson, PointJson } from './api.ts';
import type { Selection } from './Desk.tsx';
import { dayTimeText, readingText } from './format.ts';
import { LevelBadge } from './LevelBadge.tsx';
import { useText } from './language.ts';
import { ReadingsChart } from './ReadingsChart.tsx';
import { chainNowMs, nameOfGrid, type State } from './store.ts';
import { POINT_KIND } from './texts.ts';

type Props = {
  readonly point: PointJson;
  readonly state: State;
  readonly zone: string;
  readonly open: readonly AlertJson[];
  readonly select: (selection: Selection) => void;
};
type Sensor = PointJson['sensors'][number];

const TO_TREND = { zh: '历史与趋势', en: 'History and trends' };

function Value({ sensor, nowMs }: { readonly sensor: Sensor; readonly nowMs: number }) {
  const { t } = useText();
  const { latest } = sensor;
  if (latest === null) return <em>{t('noReading')}</em>;
  const stale = nowMs - latest.measuredAtMs > sensor.staleAfterMs;
  return (
    <>
      <b className="number">{latest.quality === 'bad' ? t('bad') : readingText(latest)}</b>
      {latest.quality === 'suspect' && <span className="chip">{t('suspect')}</span>}
      {stale && <span className="chip dataLost">{t('stale')}</span>}
    </>
  );
}

export function PointDetail({ point, state, zone, open, select }: Props) {
  const { t, s } = useText();
  const nowMs = chainNowMs(state.clock);
  const alerts = open.filter((alert) => alert.subject.kind === 'point' && alert.subject.id === point.id);
  const charted = point.sensors[0];
  return (
    <section className="panel">
      <div className="panel-head">
        <button type="button" className="plain" onClick={() => select(null)}>
          ← {t('back')}
        </button>
      </div>
      <h2>{s(point.name)}</h2>
      <p className="place">
        {s(POINT_KIND[point.kind])} · {s(nameOfGrid(point.gridCode))} · {t('households')} {point.households}（
        {point.householdPeople} {t('people')}）
      </p>
      <p>
        <a href={`#/work/trend/${encodeURIComponent(point.id)}`} data-test="to-trend">
          {s(TO_TREND)} →
        </a>
      </p>
      {alerts.map((alert) => (
        <button
          type="button"
          className="to-alert"
          key={alert.id}
          onClick={() => select({ kind: 'alert', id: alert.id })}
        >
          <LevelBadge level={alert.level} /> {dayTimeText(alert.raisedAtMs, zone)} {t('raised')} →
        </button>
      ))}
      <h3>{t('sensors')}</h3>
      <table>
        <tbody>
          {point.sensors.map((sensor) => (
            <tr key={sensor.id}>
              <td>{s(sensor.name)}</td>
              <td>
                <Value sensor={sensor} nowMs={nowMs} />
              </td>
              <td className="number">{sensor.latest === null ? '' : dayTimeText(sensor.latest.measuredAtMs, zone)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {charted !== undefined && (
        <ReadingsChart
          title={t('recent')}
          zone={zone}
          sensorId={charted.id}
          quantity={charted.quantity}
          measure="value"
          windowMs={null}
          limits={[]}
          fromMs={nowMs - 6 * 3_600_000}
          toMs={null}
          newest={charted.latest}
          gapMs={charted.staleAfterMs}
        />
      )}
    </section>
  );
}
