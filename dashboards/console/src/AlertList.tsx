/** All open alerts, the gravest first; never hidden by a window of time. */
import type { AlertJson } from './api.ts';
import type { Selection } from './Desk.tsx';
import { dayTimeText } from './format.ts';
import { LevelBadge } from './LevelBadge.tsx';
import { useText } from './language.ts';
import { OriginMark } from './OriginMark.tsx';
import { CONDITION, HAZARD, LIFECYCLE } from './texts.ts';

type Props = {
  readonly alerts: readonly AlertJson[];
  readonly loaded: boolean;
  readonly zone: string;
  readonly selection: Selection;
  readonly select: (selection: Selection) => void;
};

/** More rows than this are counted, not drawn: the map and the counts in the header show them all. */
const MAX_ROWS = 300;

function Row({
  alert,
  zone,
  current,
  select,
}: {
  readonly alert: AlertJson;
  readonly zone: string;
  readonly current: boolean;
  readonly select: () => void;
}) {
  const { t, s } = useText();
  return (
    <li>
      <button
        type="button"
        className={`alert-row ${alert.level} ${current ? 'current' : ''}`}
        aria-current={current}
        onClick={select}
        data-alert={alert.id}
      >
        <span className="alert-row-head">
          <LevelBadge level={alert.level} />
          <OriginMark origin={alert.origin} />
          <b className="subject">{s(alert.subjectName)}</b>
          <span className="hazard">{s(HAZARD[alert.hazard])}</span>
        </span>
        <span className="alert-row-line">
          <span>{s(alert.gridName)}</span>
          <span className="number">
            {dayTimeText(alert.raisedAtMs, zone)} {t('raised')}
          </span>
        </span>
        <span className="alert-row-line">
          <span className={`chip ${alert.lifecycle}`}>{s(LIFECYCLE[alert.lifecycle])}</span>
          <span className={`chip ${alert.condition}`}>{s(CONDITION[alert.condition])}</span>
          <span className="by">
            {alert.acknowledged === null
              ? t('nobodyYet')
              : `${alert.acknowledged.name} ${dayTimeText(alert.acknowledged.atMs, zone).slice(6)}`}
          </span>
        </span>
      </button>
    </li>
  );
}

export function AlertList({ alerts, loaded, zone, selection, select }: Props) {
  const { t } = useText();
  return (
    <section className="list" aria-label={t('openAlerts')}>
      <h2>
        {t('openAlerts')} <b>{alerts.length}</b>
      </h2>
      {alerts.length === 0 && <p className="nothing">{t(loaded ? 'noAlerts' : 'loading')}</p>}
      <ul>
        {alerts.slice(0, MAX_ROWS).map((alert) => (
          <Row
            key={alert.id}
            alert={alert}
            zone={zone}
            current={selection?.kind === 'alert' && selection.id === alert.id}
            select={() => select({ kind: 'alert', id: alert.id })}
          />
        ))}
      </ul>
      {alerts.length > MAX_ROWS && <p className="nothing">+ {alerts.length - MAX_ROWS}</p>}
    </section>
  );
}
